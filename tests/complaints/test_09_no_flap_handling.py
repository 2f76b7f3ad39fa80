"""Complaint 9, "No flap handling; firing→resolved→firing": alertmanager#204, #952."""

from pathlib import Path

from tests.alerts.world import World


async def test_flapping_is_a_state_of_the_incident_that_is_told_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    for _ in range(30):
        world.put("mcu", "down")
        await world.go(60)
        world.put("mcu", "up")
        await world.go(60)
    assert world.inbox.kinds == ["opened", "closed", "reopened", "closed", "flapping"]
    assert world.incident(1)["flapping"] is True
    assert world.incident(1)["next"] == "awaits_calm"
    await world.go(15 * 60)
    assert world.inbox.kinds[5:] == ["closed"]
    await world.stop()
