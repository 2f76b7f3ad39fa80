"""Complaint 6, "Notifications repeat unchanged group members": alertmanager#2686, #1195."""

from pathlib import Path

from tests.alerts.world import World


async def test_members_that_join_are_silent_and_growth_by_half_is_one_message(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("up-a", "down")
    world.put("room-a1", "unreachable")
    await world.go(300)
    assert [(each.kind, each.annotations["members"]) for each in world.inbox.got] == [("opened", "2")]
    world.put("room-a2", "unreachable")
    world.put("room-a3", "unreachable")
    await world.go(300)
    assert [(each.kind, each.annotations["members"]) for each in world.inbox.got[1:]] == [("grew", "4")]
    await world.go(12 * 3600)
    told = [each.kind for each in world.inbox.got]
    assert told.count("grew") == 1
    await world.stop()
