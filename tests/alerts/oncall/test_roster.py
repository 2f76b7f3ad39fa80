"""Who is on call as the picture has it: handed over by a timer, changed on screen, kept over restarts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest

from alerts.oncall.roster import Ring, Roster
from ioc.clock import Clock
from ioc.duty import Contact, Duty, Layer, Person, Schedule
from ioc.errors import NotCommitted, Refused
from ioc.picture import Picture
from ioc.state.ledger import Ledger
from ioc.telemetry import Telemetry
from ioc.timers import Heap
from tests.alerts.oncall.test_schedule import CALENDARS, HANOI, at, local, weekly
from tests.fakes import HandClock

SEVERITIES = {"mail": frozenset({"critical", "warning"}), "info": frozenset({"info"})}
HOUR, DAY = 3600.0, 86_400.0
START = at("2026-11-24T09:00")


def person(id: str, name: str, by: str = "mail", **more: Any) -> Person:
    return Person(id, name, (Contact(by, f"{id}@example.vn"),), **more)


PEOPLE = {
    each.id: each
    for each in (
        person("an", "Nguyễn Văn An", phone="0912000101"),
        person("binh", "Trần Thị Bình"),
        person("chi", "Lê Thị Chi", by="info"),
        Person("dung", "Phạm Văn Dũng", ()),
    )
}


def duty(*layers: Layer, **more: Any) -> Duty:
    """One schedule of these layers; An and Bình week by week where none is given."""
    made = Schedule("truc", "Trực kỹ thuật", HANOI, layers or (weekly(("an",), ("binh",)),), **more)
    return Duty(people=PEOPLE, schedules={"truc": made})


class HandTimers:
    """Timers that ring when the test moves time."""

    def __init__(self, clock: Clock, ring: Ring) -> None:
        assert isinstance(clock, HandClock)
        self._clock, self._ring, self._heap = clock, ring, Heap[str]()

    def set(self, key: str, at: float) -> None:
        self._heap.set(key, at)

    def cancel(self, key: str) -> None:
        self._heap.cancel(key)

    def stop(self) -> None:
        self._heap = Heap()

    def move(self, to: float) -> int:
        """How often they rang until then."""
        rung = 0
        while (first := self._heap.next()) is not None and first <= to:
            self._clock.at = first
            for key in self._heap.due(first):
                self._ring(key, first)
                rung += 1
        self._clock.at = to
        return rung


class House:
    def __init__(self, path: Path, ahead: float = 0.0) -> None:
        self.clock = HandClock(START - ahead, ahead)
        self.picture = Picture("test", lambda see, error: None)
        self.ledger = Ledger.open(path / "state.db", telemetry=Telemetry(), synchronous="OFF")
        self.timers: HandTimers
        self.roster = Roster(self.clock, self.picture, self.ledger, self._hand)

    def _hand(self, clock: Clock, ring: Ring) -> HandTimers:
        self.timers = HandTimers(clock, ring)
        return self.timers

    def begin(self, duty: Duty) -> House:
        self.roster.restore(duty, CALENDARS, SEVERITIES)
        return self

    @property
    def shown(self) -> Any:
        return self.picture.get("oncall/truc")

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.shown["people"]]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    yield made
    await made.ledger.close()


async def test_the_picture_shows_who_is_on_call_and_who_is_next(house: House) -> None:
    house.begin(duty())
    handover = at("2026-11-30T08:00")
    assert house.shown == {
        "name": "Trực kỹ thuật",
        "people": [{"id": "binh", "name": "Trần Thị Bình", "phone": ""}],
        "because": "layer 1",
        "until": at("2026-11-30T08:00"),
        "next": [
            {"start": handover, "end": at("2026-12-07T08:00"), "people": [
                {"id": "an", "name": "Nguyễn Văn An", "phone": "0912000101"}]},
            {"start": at("2026-12-07T08:00"), "end": START + 14 * DAY, "people": [
                {"id": "binh", "name": "Trần Thị Bình", "phone": ""}]},
        ],
    }  # fmt: skip
    assert house.roster.on_call("truc", house.clock.now()) == ("binh",)
    assert house.roster.on_call("khac", house.clock.now()) == ()


async def test_a_handover_is_shown_by_one_timer(house: House) -> None:
    house.begin(duty())
    rung = house.timers.move(at("2026-11-30T08:00") - 1)
    assert house.ids == ["binh"]
    assert rung == 5, "once a day for gaps, and nothing for the schedule"
    house.timers.move(at("2026-11-30T08:00"))
    assert house.ids == ["an"]


async def test_whoever_waits_for_it_is_told_when_somebody_else_takes_over(house: House) -> None:
    house.begin(duty())
    told: list[float] = []
    house.roster.on_change = lambda: told.append(house.clock.at)
    number = await house.roster.override("truc", START, START + HOUR, ["an"], "hai", "")
    await house.roster.withdraw("truc", number, "hai")
    house.timers.move(at("2026-11-30T08:00"))
    assert told == [START, START, at("2026-11-30T08:00")]


async def test_times_are_steady_whatever_the_civil_clock_says(tmp_path: Path) -> None:
    house = House(tmp_path, ahead=HOUR).begin(duty())
    assert house.shown["until"] == at("2026-11-30T08:00") - HOUR
    house.clock.ahead = 0.0
    house.roster.rearm()
    assert house.shown["until"] == at("2026-11-30T08:00")
    await house.ledger.close()


async def test_an_override_is_kept_shown_and_over(house: House, tmp_path: Path) -> None:
    house.begin(duty())
    start, end = START + HOUR, START + 3 * HOUR
    number = await house.roster.override("truc", start, end, ["an"], "hai", "đi họp")
    assert house.shown["until"] == start
    house.timers.move(start)
    assert (house.ids, house.shown["because"], house.shown["until"]) == (["an"], "override", end)
    await house.ledger.close()

    again = House(tmp_path)
    again.clock.at = start + 1
    again.begin(duty())
    assert again.ids == ["an"]
    told = again.roster.told("truc")["changes"]
    assert told == [{"id": number, "kind": "override", "start": start, "end": end, "by": "hai",
                     "reason": "đi họp", "people": ["an"]}]  # fmt: skip
    again.timers.move(end)
    assert again.ids == ["binh"]
    assert again.roster.told("truc")["changes"] == []
    await again.ledger.close()


async def test_a_swap_can_be_taken_back(house: House, tmp_path: Path) -> None:
    house.begin(duty())
    number = await house.roster.swap("truc", START, START + DAY, "an", "binh", "binh", "")
    assert (house.ids, house.shown["because"]) == (["an"], "layer 1, swap")
    await house.roster.withdraw("truc", number, "an")
    assert house.ids == ["binh"]
    with pytest.raises(Refused, match="has no change"):
        await house.roster.withdraw("truc", number, "an")
    assert house.ledger.read("SELECT verb, subject, by FROM decisions ORDER BY id") == [
        ("swap", "schedule/truc", "binh"), ("swap withdrawn", "schedule/truc", "an"),
    ]  # fmt: skip
    await house.ledger.close()
    again = House(tmp_path).begin(duty())
    assert again.ids == ["binh"]
    assert await again.roster.swap("truc", START, START + DAY, "an", "binh", "binh", "") == number + 1
    await again.ledger.close()


@pytest.mark.parametrize(
    ("schedule", "start", "end", "people", "wrong"),
    [
        ("khac", 0, HOUR, ["an"], "schedule 'khac' is not known; see /api/v1/oncall"),
        ("truc", HOUR, HOUR, ["an"], "is not after start"),
        ("truc", -2 * HOUR, -HOUR, ["an"], "is in the past"),
        ("truc", 0, 400 * DAY, ["an"], "end: 400 days are more than the 366 allowed"),
        ("truc", 400 * DAY, 401 * DAY, ["an"], "start: 400 days are more than the 366 allowed"),
        ("truc", 0, HOUR, [], "nobody is named"),
        ("truc", 0, HOUR, ["em"], "person 'em' is not known"),
        ("truc", 0, HOUR, ["an", "dung"], "person 'dung' has no contacts"),
    ],
)
async def test_a_change_that_cannot_be_meant_is_refused(
    house: House, schedule: str, start: float, end: float, people: list[str], wrong: str
) -> None:
    house.begin(duty())
    with pytest.raises(Refused, match=wrong):
        await house.roster.override(schedule, START + start, START + end, people, "hai", "")
    assert house.ledger.read("SELECT * FROM duty_changes") == []


async def test_a_swap_of_one_person_is_refused(house: House) -> None:
    house.begin(duty())
    with pytest.raises(Refused, match="a swap is of two"):
        await house.roster.swap("truc", START, START + DAY, "an", "an", "hai", "")


async def test_a_change_that_is_not_kept_does_not_hold(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.begin(duty())

    def refuse(*writes: Any) -> asyncio.Future[int]:
        refused: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        refused.set_exception(NotCommitted("disk full"))
        return refused

    monkeypatch.setattr(house.ledger, "commit", refuse)
    with pytest.raises(Refused, match="the state file refuses it: disk full; send it again"):
        await house.roster.override("truc", START, START + DAY, ["an"], "hai", "")
    assert house.ids == ["binh"]


async def test_changes_are_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.oncall.changes.MOST", 2)
    house.begin(duty())
    for hours in (1, 2):
        await house.roster.override("truc", START, START + hours * HOUR, ["an"], "hai", "")
    with pytest.raises(Refused, match="2 changes stand already"):
        await house.roster.override("truc", START, START + HOUR, ["an"], "hai", "")
    house.timers.move(START + HOUR)
    assert await house.roster.override("truc", START + HOUR, START + 3 * HOUR, ["an"], "hai", "") == 3


async def test_a_gap_of_the_coming_week_is_a_verdict(house: House) -> None:
    house.begin(duty(weekly(("an",), start="2026-11-24T08:00", calendar="office")))
    value = house.picture.get("self/duty")
    assert value is not None
    assert (value["state"], value["detail"]) == ("gap", "Trực kỹ thuật: 11:30 24/11 – 13:30 24/11 (+9)")
    assert value["gaps"][0] == {
        "schedule": "truc", "name": "Trực kỹ thuật", "start": at("2026-11-24T11:30"), "end": at("2026-11-24T13:30"),
    }  # fmt: skip
    house.roster.apply(duty(weekly(("an",), calendar="office"), cover="office"), CALENDARS, SEVERITIES)
    value = house.picture.get("self/duty")
    assert value is not None
    assert (value["state"], value["detail"], value["gaps"]) == ("ok", "", [])


async def test_a_gap_comes_into_view_a_week_before_it(house: House) -> None:
    house.begin(duty(Layer((("an",), ()), local("2026-11-24T08:00"), days=10)))
    states = []
    for day in range(1, 5):
        house.timers.move(START + day * DAY)
        states.append((house.picture.get("self/duty") or {})["state"])
    assert states == ["ok", "ok", "gap", "gap"]


async def test_who_cannot_be_told_of_critical_incidents_is_a_verdict(house: House) -> None:
    house.begin(duty(weekly(("chi",))))
    value = house.picture.get("self/duty")
    assert value is not None
    assert (value["state"], value["detail"], value["unreachable"]) == ("unreached", "Lê Thị Chi", ["chi"])


async def test_a_schedule_that_is_taken_out_is_gone_from_the_picture(house: House) -> None:
    house.begin(duty())
    house.roster.apply(Duty(people=PEOPLE), CALENDARS, SEVERITIES)
    assert house.shown is None
    with pytest.raises(Refused, match="is not known"):
        house.roster.told("truc")


async def test_a_change_that_names_somebody_who_is_gone_does_not_hold(house: House) -> None:
    house.begin(duty())
    await house.roster.override("truc", START, START + DAY, ["an"], "hai", "")
    without = {id: each for id, each in PEOPLE.items() if id != "an"}
    house.roster.apply(
        Duty(without, {"truc": duty(weekly(("binh",))).schedules["truc"]}), CALENDARS, SEVERITIES
    )
    assert house.ids == ["binh"]


async def test_the_overview_tells_shifts_and_gaps(house: House) -> None:
    house.begin(duty(Layer((("an",), ("binh",), ()), local("2026-11-24T00:00"), days=5)))
    (told,) = house.roster.overview()
    assert [[each["id"] for each in shift["people"]] for shift in told["shifts"]] == [["an"], ["binh"], []]
    assert told["shifts"][-1]["end"] == START + 14 * DAY
    assert told["gaps"] == [
        {"start": at("2026-12-04T00:00"), "end": at("2026-12-09T00:00")},
        {"start": at("2026-12-19T00:00"), "end": at("2026-12-24T00:00")},
    ]


async def test_a_change_that_the_state_file_does_not_take_yet_is_said_to_be_late_and_holds_once_it_is_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.begin(duty())
    monkeypatch.setattr("alerts.keeping.KEEP_SECONDS", 0.01)
    with closing(sqlite3.connect(house.ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # as a backup that does not end
        with pytest.raises(
            Refused, match="not in the state file after 0 s; it holds as soon as it is"
        ) as late:
            await house.roster.override("truc", START, START + HOUR, ["an"], "hai", "")
        assert late.value.status == 503
        assert house.ids == ["binh"], "what may be lost is not acted on"
    await house.ledger.drained()
    await asyncio.sleep(0)
    assert house.ids == ["an"]
    await house.roster.withdraw("truc", 1, "hai")
    assert house.ids == ["binh"]


async def test_a_calendar_that_is_fetched_again_has_the_same_events(house: House) -> None:
    house.begin(duty())
    first = _events(house.roster.calendar("truc"))
    house.clock.at += 2
    assert _events(house.roster.calendar("truc")) == first
    assert first[0][1] == datetime.fromtimestamp(
        at("2026-11-23T08:00"), UTC
    )  # when the shift that runs began


def _events(calendar: bytes) -> list[tuple[str, datetime, datetime]]:
    events: list[Any] = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    return [(str(each["UID"]), each["DTSTART"].dt, each["DTEND"].dt) for each in events]
