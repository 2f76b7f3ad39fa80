"""Complaint 5, "NoData/Error alerts ignore hold time, mislabel, page wrong people": grafana#89982, #101936, #82845."""

from pathlib import Path

from tests.alerts.world import World


async def test_what_is_not_known_stops_the_hold_and_makes_no_alert_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(20)
    world.put("room-a1", "unknown")
    await world.go(3600)
    assert world.inbox.got == []
    world.put("room-a1", "down")
    await world.go(9)
    assert world.inbox.got == []
    await world.go(1)
    assert world.inbox.kinds == ["opened"]
    await world.stop()


async def test_what_is_told_before_and_after_has_the_same_labels(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(31)
    world.put("room-a1", "unknown")
    await world.go(3600)
    world.put("room-a1", "up")
    await world.go(1)
    opened, closed = world.inbox.got
    assert opened.labels == closed.labels
    assert opened.labels["alertname"] == "endpoint-down"
    await world.stop()
