"""Complaint 20, "UI collapses at our scale": uptime-kuma#7079 (700 monitors, 45 s an action), #6181, #2889.

Here: what a screen is sent. With a real service and thousands of screens: benchmarks/ and docs/benchmarks.md.
"""

from pathlib import Path

from ioc.inventory import Endpoint, Inventory, Probe
from ioc.units import Span, Unit, Units
from tests.alerts.world import World

ROOMS = 3_000


def large() -> Inventory:
    probe = (Probe("sip", 10.0, 2.0, None),)
    rooms = [
        Endpoint(f"room-{n}", f"Phòng {n}", "room", "vc", "th", "127.0.0.1", probe) for n in range(ROOMS)
    ]
    return Inventory(Units([Unit("th", (Span("Tỉnh"),))]), [], rooms)


async def test_one_change_among_thousands_sends_a_screen_what_changed_and_nothing_else(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, inventory=large())
    world.all()
    seen = world.picture.since(world.picture.epoch, 0)
    assert len([key for key in seen.put if key.startswith("endpoint/")]) == ROOMS
    world.put("room-7", "down")
    delta = world.picture.since(seen.epoch, seen.offset)
    assert not delta.full
    assert set(delta.put) == {"endpoint/room-7"}
    await world.go(31)
    told = world.picture.since(delta.epoch, delta.offset)
    assert "incident/1" in told.put
    assert len(told.put) <= 4
    await world.engine.acknowledge(1, "an", "đang xem")
    answer = world.picture.since(told.epoch, told.offset)
    assert set(answer.put) <= {"incident/1", "self/deliveries"}
    assert answer.put["incident/1"]["acknowledged"]["by"] == "an"
    await world.stop()
