"""What becomes of an incident when its cause is over, gone or no longer known, and its members are not well."""

from dataclasses import replace
from pathlib import Path

import pytest

from alerts.channels.base import Receiver
from alerts.rules import shipped
from ioc.inventory import Inventory
from tests.alerts.world import START, Inbox, World
from tests.fakes import HandClock

ROOMS_A = ("room-a1", "room-a2", "room-a3")


def told(world: World) -> list[tuple[str, str]]:
    return [(each.kind, each.labels["subject"]) for each in world.inbox.got]


async def cut_after_a_room(tmp_path: Path, state: str = "down", wait: float = 31) -> World:
    """A room's incident, told, then absorbed by its uplink's."""
    world = World(tmp_path)
    world.all()
    world.put("room-a1", state)
    await world.go(wait)
    world.put("up-a", "down")
    for room in ROOMS_A:
        world.put(room, "unreachable")
    await world.go(31)
    assert world.open() == [2]
    world.inbox.got.clear()
    return world


async def test_an_outage_soon_after_poor_quality_is_told_with_its_own_severity(tmp_path: Path) -> None:
    desk, night = Inbox(), Inbox()
    receivers = {
        "desk": Receiver("desk", desk),
        "night": Receiver("night", night, frozenset({"critical"})),
    }
    world = World(tmp_path, receivers=receivers, inbox=desk)
    world.all()
    world.put("up-a", "degraded")
    await world.go(121)
    world.put("up-a")
    await world.go(121)
    assert (desk.kinds, night.kinds) == (["opened", "closed"], [])
    world.put("up-a", "down")
    await world.go(31)
    assert world.incident(1)["severity"] == "critical"
    assert [(each.kind, each.severity) for each in night.got] == [("reopened", "critical")]
    world.put("up-a")
    await world.go(121)
    assert night.kinds == ["reopened", "closed"]
    await world.stop()


async def test_a_restart_tells_nobody_what_a_known_outage_explains(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("core", "down")
    world.put("mcu", "unreachable")
    await world.go(31)
    assert told(world) == [("opened", "core")]
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 60))
    again.put("core", "unknown")
    again.put("mcu", "unknown")
    again.put("mcu", "down")  # it happens to be asked before what is in front of it
    await again.go(2)
    again.put("core", "down")
    again.put("mcu", "unreachable")
    await again.go(60)
    assert told(again) == []
    for each in ("core", "mcu"):
        again.put(each)
    await again.go(60)
    assert told(again) == [("closed", "core")]
    await again.stop()


async def test_a_room_held_at_a_crash_is_not_told_before_it_is_known_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(20)
    world.put("up-a", "down")
    await world.go(15)
    assert told(world) == []
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 60))
    for each in ("up-a", "room-a1"):
        again.put(each, "unknown")
    again.put("up-a", "up")
    await again.go(1)
    again.put("room-a1", "up")
    await again.go(60)
    assert told(again) == []
    await again.stop()


async def test_a_room_still_poor_does_not_keep_its_uplinks_outage_open(tmp_path: Path) -> None:
    world = await cut_after_a_room(tmp_path, "degraded", 121)
    world.put("up-a")
    for room in ROOMS_A:
        world.put(room)
    world.put("room-a1", "degraded")
    await world.go(121)
    assert world.incident(2)["status"] == "closed"
    assert sorted(told(world)) == [("closed", "up-a"), ("opened", "room-a1")]
    await world.stop()


async def test_a_room_that_recovers_with_its_uplink_is_told_nothing(tmp_path: Path) -> None:
    world = await cut_after_a_room(tmp_path, "degraded", 121)
    world.put("up-a")
    for room in ROOMS_A:
        world.put(room)
    await world.go(300)
    assert told(world) == [("closed", "up-a")]
    await world.stop()


async def test_the_members_of_a_thing_taken_out_get_an_incident_of_their_own(tmp_path: Path) -> None:
    world = await cut_after_a_room(tmp_path)
    kept = [each for id, each in world.inventory.endpoints.items() if id != "up-a"]
    kept = [each for each in kept if each.parent != "up-a" or each.id == "room-a1"]

    kept = [replace(each, parent="") if each.id == "room-a1" else each for each in kept]
    smaller = Inventory(world.inventory.units, world.inventory.sites.values(), kept)
    world.engine.apply(smaller, shipped(), world.engine.directory.receivers)
    for gone in ("up-a", "room-a2", "room-a3"):
        world.picture.remove(f"endpoint/{gone}")
    world.put("room-a1", "down")
    await world.go(90)
    assert sorted(told(world)) == [("closed", "up-a"), ("opened", "room-a1")]
    await world.stop()


async def test_a_member_moved_behind_another_parent_is_told_by_itself(tmp_path: Path) -> None:

    world = await cut_after_a_room(tmp_path)
    moved = [
        replace(each, parent="up-b") if each.id == "room-a1" else each
        for each in world.inventory.endpoints.values()
    ]
    other = Inventory(world.inventory.units, world.inventory.sites.values(), moved)
    world.engine.apply(other, shipped(), world.engine.directory.receivers)
    world.put("room-a1", "down")
    await world.go(60)
    assert told(world) == [("opened", "room-a1")]
    assert world.open() == [2, 3]
    await world.stop()


@pytest.mark.parametrize("answering_until", [29.0, 40.0])
async def test_a_member_that_answered_once_after_the_cut_is_still_told(
    tmp_path: Path, answering_until: float
) -> None:
    world = await cut_after_a_room(tmp_path)
    world.put("up-a")
    world.put("room-a1", "down", answering=True)
    await world.go(answering_until)
    world.put("room-a1", "down", answering=False)
    await world.go(121)
    assert sorted(told(world)) == [("closed", "up-a"), ("opened", "room-a1")]
    await world.stop()


async def test_members_are_told_though_the_line_is_still_poor_after_its_outage(tmp_path: Path) -> None:
    world = await cut_after_a_room(tmp_path)
    world.put("up-a", "degraded")
    world.put("room-a1", "down")
    for room in ROOMS_A[1:]:
        world.put(room)
    await world.go(10)
    await world.go(150)
    assert ("opened", "room-a1") in told(world)
    await world.stop()
