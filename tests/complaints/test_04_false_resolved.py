"""Complaint 4, "Missing data sends false RESOLVED": prometheus#17482, #14085."""

from pathlib import Path

from tests.alerts.world import World


async def test_an_outage_whose_probe_has_gone_stale_stays_open_and_says_since_when_it_is_not_known(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.all()
    world.put("mcu", "down")
    await world.go(60)
    world.put("mcu", "unknown")
    await world.go(24 * 3600)
    assert "closed" not in world.inbox.kinds
    assert world.incident(1)["status"] == "open"
    world.put("mcu", "up")
    await world.go(1)
    assert world.inbox.kinds[-1] == "closed"
    await world.stop()
