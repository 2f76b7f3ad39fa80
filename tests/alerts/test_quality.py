"""What counts as poor quality: each measurement once, and none of an outage's own losses."""

from dataclasses import replace
from pathlib import Path

from ioc.inventory import Inventory
from tests.alerts.world import World, province

ROOM = "room-a1"


def seldom_probed() -> Inventory:
    """The province, each thing probed once a minute."""
    usual = province()
    things = [
        replace(each, probes=tuple(replace(probe, every=60.0) for probe in each.probes))
        for each in usual.endpoints.values()
    ]
    return Inventory(usual.units, usual.sites.values(), things)


async def minutes_up(world: World, seconds: int, every: int) -> None:
    """A room that answers every probe."""
    for _ in range(seconds // every):
        world.put(ROOM, "up", rtt=30.0, loss=0.0, measured=world.clock.at)
        await world.go(every)


async def test_an_outage_seldom_probed_is_not_told_again_as_poor_quality(tmp_path: Path) -> None:
    world = World(tmp_path, inventory=seldom_probed())
    await minutes_up(world, 900, 60)
    world.put(ROOM, "up", rtt=30.0, loss=100.0, answering=False, measured=world.clock.at)
    await world.go(2)
    world.put(ROOM, "down", rtt=30.0, loss=100.0, answering=False, measured=world.clock.at - 2)
    await world.go(298)
    await minutes_up(world, 1200, 60)
    assert [(each.kind, each.labels["alertname"]) for each in world.inbox.got] == [
        ("opened", "endpoint-down"),
        ("closed", "endpoint-down"),
    ]
    await world.stop()


async def test_a_number_shown_again_counts_no_second_time(tmp_path: Path) -> None:
    """Seven lost of a hundred: what answers to the burst after each shows the same loss again."""
    world = World(tmp_path)
    for n in range(360):
        measured = world.clock.at
        if n % 14 == 0:
            world.put(ROOM, "up", rtt=30.0, loss=100.0, answering=False, measured=measured)
            await world.go(1)
            world.put(ROOM, "up", rtt=30.0, loss=100.0, answering=True, measured=measured)
            await world.go(9)
            continue
        world.put(ROOM, "up", rtt=30.0, loss=0.0, measured=measured)
        await world.go(10)
    assert world.inbox.got == []
    await world.stop()


async def test_losses_while_our_own_link_is_lost_are_nobodys_quality(tmp_path: Path) -> None:
    world = World(tmp_path)
    await minutes_up(world, 900, 10)
    for _ in range(4):
        lost = world.clock.at
        world.put(ROOM, "up", rtt=30.0, loss=100.0, answering=False, measured=lost)
        await world.go(2)
        world.put(ROOM, "unknown", rtt=30.0, loss=100.0, answering=False, measured=lost)
        await world.go(58)
        world.put(ROOM, "up", rtt=30.0, loss=100.0, answering=False, measured=lost)
        await world.go(1)
        world.put(ROOM, "up", rtt=30.0, loss=100.0, answering=True, measured=lost)
        await world.go(1)
        await minutes_up(world, 60, 10)
    await minutes_up(world, 600, 10)
    assert world.inbox.got == []
    await world.stop()


async def test_a_line_that_loses_every_fifth_packet_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    for n in range(120):
        world.put(
            ROOM, "up", rtt=30.0, loss=100.0 * (n % 5 == 0), answering=n % 5 > 0, measured=world.clock.at
        )
        await world.go(10)
    assert world.inbox.kinds == ["opened"]
    await world.stop()
