"""Silences in the service: what an incident owes while one holds, when it ends, and after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from alerts.rules import parse_rules
from ioc.errors import NotCommitted, Refused
from ioc.matchers import parse_all
from ioc.state.ledger import Then, Write
from tests.alerts.duty import Office
from tests.alerts.world import World

ROOM = "room-a1"
UNIT = 'unit="x-a"'
HOUR = 3600.0
WORSENING = parse_rules(
    [
        {"id": "poor", "if": "loss > 5.0", "for": "30s", "severity": "warning", "title": "{name} kém"},
        {
            "id": "out", "if": "state == 'down'", "for": "30s", "severity": "critical", "title": "{name} mất",
            "next_action": "gọi",
        },
    ]
)  # fmt: skip


async def silence(world: World, text: str = UNIT, lasts: float = HOUR, start: float | None = None) -> str:
    """Silence what the matchers hold of, from now or from a time; its id."""
    end = (world.clock.at if start is None else start) + lasts
    id = await world.engine.plans.silencing.begin(parse_all(text), start, end, "thay nguồn", "Hạnh")
    await world.settle()
    return id


async def restarted(world: World, path: Path) -> World:
    """The service killed and started again, seeing everything as it was."""
    states = {
        each: (world.picture.get(f"endpoint/{each}") or {}).get("state", "up")
        for each in world.inventory.endpoints
    }
    await world.stop()
    again = World(path, clock=world.clock, inbox=world.inbox)
    see(again, states)
    return again


def see(world: World, states: Mapping[str, str]) -> None:
    """Show each thing once, as after a restart: those that are not named are up."""
    for each in world.inventory.endpoints:
        world.put(each, states.get(each, "up"))


async def test_it_is_kept_and_shown_until_it_is_over(tmp_path: Path) -> None:
    world = World(tmp_path)
    begins = world.clock.at + 60
    id = await silence(world, 'unit=~"x-.*", severity!="info"', HOUR, begins)
    shown = world.picture.get(f"silence/{id}")
    assert shown is not None
    assert shown["matchers"][0] == {"name": "severity", "value": "info", "isRegex": False, "isEqual": False}
    assert (shown["state"], shown["by"], shown["reason"]) == ("pending", "Hạnh", "thay nguồn")
    await world.go(61)
    assert world.picture.get(f"silence/{id}")["state"] == "active"  # type: ignore[index]
    again = await restarted(world, tmp_path)
    assert again.picture.get(f"silence/{id}") == {**shown, "state": "active"}
    await again.go(HOUR)
    assert again.picture.get(f"silence/{id}")["state"] == "expired"  # type: ignore[index]
    await again.go(5 * 86400.0 + HOUR)
    assert again.picture.get(f"silence/{id}") is None
    await again.stop()


async def test_silenced_from_beginning_to_end_nobody_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    await silence(world)
    world.put(ROOM, "down")
    await world.go(600)
    assert world.incident(1)["status"] == "open"
    assert world.incident(1)["silenced"]
    world.put(ROOM, "up")
    await world.go(600)
    assert world.inbox.kinds == []
    await world.stop()


@pytest.mark.parametrize("again", [False, True])
async def test_what_nobody_heard_of_is_told_as_opened_when_it_begins_again(
    tmp_path: Path, again: bool
) -> None:
    world = World(tmp_path)
    world.all()
    await silence(world, lasts=600)
    world.put(ROOM, "down")
    await world.go(120)
    world.put(ROOM, "up")
    await world.go(490)
    assert world.inbox.kinds == []
    if again:
        world = await restarted(world, tmp_path)
    world.put(ROOM, "down")
    await world.go(60)
    world.put(ROOM, "up")
    await world.go(60)
    assert world.inbox.kinds == ["opened", "closed"]
    assert {each.incident for each in world.inbox.got} == {1}
    await world.stop()


async def test_still_open_when_it_ends_it_is_told_as_opened_then(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    id = await silence(world, lasts=600)
    world.put(ROOM, "down")
    await world.go(599)
    assert world.inbox.kinds == []
    await world.go(60)
    assert world.inbox.kinds == ["opened"]
    assert not world.incident(1)["silenced"]
    world.put(ROOM, "up")
    await world.go(600)
    assert world.inbox.kinds == ["opened", "closed"]
    assert world.picture.get(f"silence/{id}")["state"] == "expired"  # type: ignore[index]
    await world.stop()


async def test_ended_early_it_is_told_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    id = await silence(world)
    world.put(ROOM, "down")
    await world.go(120)
    await world.engine.plans.silencing.expire(id, "Bình")
    await world.go(1)
    assert world.inbox.kinds == ["opened"]
    await world.stop()


async def test_told_before_it_is_told_closed_whatever_is_silenced(tmp_path: Path) -> None:
    """Alertmanager withholds this one (alertmanager#226): a ticket that nobody closes."""
    world = World(tmp_path)
    world.all()
    world.put(ROOM, "down")
    await world.go(60)
    await silence(world)
    await world.go(60)
    world.put(ROOM, "up")
    await world.go(600)
    assert world.inbox.kinds == ["opened", "closed"]
    await world.stop()


async def test_others_are_told_as_ever(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    await silence(world)
    world.put("room-b1", "down")
    await world.go(60)
    assert [each.labels["subject"] for each in world.inbox.got] == ["room-b1"]
    await world.stop()


@pytest.mark.parametrize("ends", ["during", "after"])
async def test_it_is_read_before_anything_is_told_after_a_restart(tmp_path: Path, ends: str) -> None:
    """Alertmanager tells what is silenced while it starts (alertmanager#4064)."""
    world = World(tmp_path)
    world.all()
    await silence(world, lasts=900)
    world.put(ROOM, "down")
    await world.go(300)
    await world.stop()
    if ends == "during":
        world.clock.at += 900
    again = World(tmp_path, clock=world.clock, inbox=world.inbox)
    see(again, {ROOM: "down"})
    await again.go(120)
    assert again.inbox.kinds == (["opened"] if ends == "during" else [])
    await again.go(600)
    assert again.inbox.kinds == ["opened"]
    await again.stop()


async def test_extended_it_goes_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    id = await silence(world, lasts=300)
    world.put(ROOM, "down")
    await world.go(200)
    await world.engine.plans.silencing.extend(id, world.clock.at + 900, "Bình")
    await world.go(600)
    assert world.inbox.kinds == []
    await world.go(400)
    assert world.inbox.kinds == ["opened"]
    await world.stop()


async def test_two_that_overlap_hold_until_the_later_one_is_over(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    await silence(world, lasts=300)
    await silence(world, 'severity="warning"', lasts=600)
    world.put(ROOM, "down")
    await world.go(500)
    assert world.inbox.kinds == []
    await world.go(160)
    assert world.inbox.kinds == ["opened"]
    await world.stop()


async def test_what_is_asked_wrongly_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(Refused, match="holds of everything that lacks the label"):
        await silence(world, 'site=""')
    with pytest.raises(Refused, match="the end is in the past"):
        await silence(world, UNIT, 10, world.clock.at - 60)
    assert not list(world.picture.keys("silence/"))
    assert world.ledger.read("SELECT count(*) FROM silences") == [(0,)]
    await world.stop()


async def test_every_act_is_in_the_audit(tmp_path: Path) -> None:
    world = World(tmp_path)
    id = await silence(world)
    await world.engine.plans.silencing.extend(id, world.clock.at + 2 * HOUR, "Bình")
    await world.engine.plans.silencing.expire(id, "An")
    await world.settle()
    acts = world.ledger.read("SELECT verb, by, subject FROM decisions ORDER BY id")
    said = f'silence/{id}: unit="x-a"'
    assert acts == [
        ("silence planned", "Hạnh", said), ("silence extended", "Bình", said), ("silence ended", "An", said)
    ]  # fmt: skip
    await world.stop()


async def test_times_are_civil_in_the_file(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.clock.ahead = 500.0
    id = await silence(world)
    assert world.ledger.read("SELECT start FROM silences") == [(world.clock.at + 500.0,)]
    await world.stop()
    world.clock.ahead = 0.0
    world.clock.at += 500.0
    again = World(tmp_path, clock=world.clock)
    assert again.picture.get(f"silence/{id}")["start"] == again.clock.at  # type: ignore[index]
    await again.stop()


async def test_one_that_begins_later_stops_steps_and_reminders_and_they_go_on_after_it(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    world = office.world
    world.all()
    world.put("mcu", "down")
    await world.go(60)
    assert office.news() == [("opened", "desk"), ("opened", "an")]
    await silence(world, 'subject="mcu"', 3 * HOUR)
    assert world.incident(1)["silenced"]
    assert world.incident(1)["next_at"] is None
    await world.go(3 * HOUR - 60)
    assert office.news() == []
    await world.go(120)
    assert [kind for kind, _ in office.news()] == ["escalated"]
    world.put("mcu", "up")
    await world.go(600)
    assert {kind for kind, _ in office.news()} == {"closed"}
    await world.stop()


async def test_its_chain_starts_when_the_silence_ends(tmp_path: Path) -> None:
    office = Office(tmp_path)
    world = office.world
    world.all()
    await silence(world, 'severity="critical"', HOUR)
    world.put("mcu", "down")
    await world.go(HOUR - 1)
    assert office.news() == []
    await world.go(2)
    assert office.news() == [("opened", "desk"), ("opened", "an")]
    await world.go(600)
    assert [kind for kind, _ in office.news()] == ["escalated"]
    await world.stop()


async def test_what_grows_worse_than_what_is_silenced_is_told(tmp_path: Path) -> None:
    world = World(tmp_path, rules=WORSENING)
    world.all()
    await silence(world, 'severity="warning"', HOUR)
    world.put(ROOM, "up", loss=30.0)
    await world.go(60)
    assert world.inbox.kinds == []
    world.put(ROOM, "down")
    await world.go(60)
    assert [(str(each.kind), str(each.severity)) for each in world.inbox.got] == [("opened", "critical")]
    await world.stop()


async def test_one_that_the_state_file_does_not_take_holds_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    world.all()

    def refuse(writes: Sequence[Write], then: Then) -> None:
        asyncio.get_running_loop().call_soon(then, 0, NotCommitted("database or disk is full"))

    monkeypatch.setattr(world.ledger, "write", refuse)
    with pytest.raises(Refused, match="holds, but the state file has not taken it") as caught:
        await silence(world)
    assert caught.value.status == 503
    (key,) = world.picture.keys("silence/")
    monkeypatch.undo()
    await world.go(10)  # everything is written afresh
    again = await restarted(world, tmp_path)
    assert list(again.picture.keys("silence/")) == [key]
    await again.stop()


async def test_one_that_cannot_be_read_any_more_costs_no_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    id = await silence(world)
    end = world.clock.at + HOUR
    body = (
        '{"matchers":[{"name":"a","value":"(","isRegex":true}],"reason":"r","by":"b","made":0,"ended_by":""}'
    )
    await world.ledger.commit(Write("INSERT INTO silences VALUES ('7', 0, ?, ?)", (end, body)))
    again = await restarted(world, tmp_path)
    assert list(again.picture.keys("silence/")) == [f"silence/{id}"]
    await again.stop()
