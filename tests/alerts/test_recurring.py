"""Maintenance that comes again: each time a maintenance of its own, once; ended, skipped, and after a restart."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.recurrences import AHEAD, Almanac
from ioc.errors import Refused
from ioc.recurrence import Days, Every
from ioc.worktime import WorkCalendar
from tests.alerts.world import World
from tests.fakes import HandClock

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR, DAY = 3600.0, 86400.0
OFFICE = WorkCalendar(HANOI, frozenset({1, 2, 3, 4, 5}), ((450, 1020),), {date(2026, 11, 25): False})
ALMANAC = Almanac(HANOI, {"office": OFFICE})
NIGHTLY = Every(Days.WORKING, 22 * 60, HOUR)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI).timestamp()


def said(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(HANOI).strftime("%d %H:%M")


class Place:
    """Worlds on one path, one after another; Monday 23 November 2026, 08:00."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = HandClock(at("2026-11-23 08:00"))
        self.world = self.start()

    def start(self) -> World:
        self.world = World(self.path, clock=self.clock)
        self.world.engine.plans.recurring.apply(ALMANAC)
        return self.world

    async def again(self, every: Every = NIGHTLY, scope: str = "site", target: str = "s-a") -> int:
        id = await self.world.engine.plans.recurring.begin(scope, target, every, "sao lưu đêm", "Hạnh")
        await self.world.settle()
        return int(id)

    def planned(self) -> list[str]:
        """The maintenances there are, in order: from until."""
        found = [self.world.picture.get(key) or {} for key in self.world.picture.keys("maintenance/")]
        return [
            f"{said(each['start'])} - {said(each['end'])}"
            for each in sorted(found, key=lambda each: each["start"])
        ]

    def next(self, id: int) -> str:
        value = self.world.picture.get(f"recurrence/{id}")
        assert value is not None
        return said(value["next"]["start"]) if value["next"] else value["fault"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_each_time_is_a_maintenance_of_its_own_a_day_ahead(place: Place) -> None:
    id = await place.again()
    assert place.planned() == ["23 22:00 - 23 23:00"]
    assert place.next(id) == "24 22:00"
    await place.world.go(at("2026-11-23 22:30") - place.clock.at)
    assert place.planned() == ["23 22:00 - 23 23:00", "24 22:00 - 24 23:00"]
    assert place.world.engine.is_maintained("room-a1", place.clock.at)
    assert not place.world.engine.is_maintained("room-b1", place.clock.at)
    assert place.next(id) == "26 22:00"  # the 25th is off
    await place.world.go(at("2026-11-24 23:30") - place.clock.at)
    assert place.planned() == []
    await place.world.go(at("2026-11-25 22:00") - place.clock.at)
    assert place.planned() == ["26 22:00 - 26 23:00"]
    await place.world.stop()


async def test_one_that_runs_just_now_begins_late(place: Place) -> None:
    await place.again(Every(Days.ANY, 7 * 60 + 30, HOUR))
    assert place.planned() == ["23 07:30 - 23 08:30", "24 07:30 - 24 08:30"]
    assert place.world.engine.is_maintained("room-a1", place.clock.at)
    await place.world.stop()


@pytest.mark.parametrize("away", [60.0, 3 * HOUR, 20 * DAY])
async def test_a_restart_neither_repeats_nor_forgets_one(place: Place, away: float) -> None:
    id = await place.again()
    await place.world.stop()
    place.clock.at += away
    world = place.start()
    if away < DAY:
        assert place.planned() == ["23 22:00 - 23 23:00"]
        assert place.next(id) == "24 22:00"
    else:  # Sunday, 13 December
        assert place.planned() == []
        assert place.next(id) == "14 22:00"
    await world.settle()
    rows = world.ledger.read("SELECT count(*), count(DISTINCT start) FROM maintenance")
    assert rows == [(1, 1)]
    await world.stop()


async def test_skipped_once_it_comes_the_next_time(place: Place) -> None:
    id = await place.again()
    await place.world.engine.plans.recurring.skip(id, "Bình")
    assert place.planned() == []
    await place.world.engine.plans.recurring.skip(id, "Bình")  # not planned yet: the 24th
    assert place.next(id) == "26 22:00"
    await place.world.stop()
    world = place.start()
    assert place.next(id) == "26 22:00"
    await world.go(at("2026-11-26 22:01") - place.clock.at)
    assert place.planned() == ["26 22:00 - 26 23:00", "27 22:00 - 27 23:00"]
    await world.stop()


async def test_one_of_them_may_be_ended_like_any_other(place: Place) -> None:
    id = await place.again()
    (key,) = place.world.picture.keys("maintenance/")
    await place.world.engine.end_maintenance(key.removeprefix("maintenance/"), "Bình")
    assert place.planned() == []
    await place.world.go(DAY)
    assert place.planned() == ["24 22:00 - 24 23:00"]
    assert place.next(id) == "26 22:00"
    await place.world.stop()


async def test_ended_it_comes_no_more_but_what_runs_goes_on(place: Place) -> None:
    id = await place.again()
    await place.world.go(at("2026-11-23 22:30") - place.clock.at)
    await place.world.engine.plans.recurring.end(id, "Bình")
    assert place.planned() == ["23 22:00 - 23 23:00"]
    assert place.world.picture.get(f"recurrence/{id}") is None
    await place.world.stop()
    world = place.start()
    await world.go(5 * DAY)
    assert place.planned() == []
    with pytest.raises(Refused, match=f"there is no recurring maintenance {id}"):
        await world.engine.plans.recurring.end(id, "Bình")
    assert await place.again() == id + 1  # a number is never given twice
    await world.stop()


async def test_it_ends_by_itself_after_its_last_date(place: Place) -> None:
    id = await place.again(Every(Days.ANY, 22 * 60, HOUR, last=date(2026, 11, 24)))
    await place.world.go(3 * DAY)
    assert place.planned() == []
    assert place.world.picture.get(f"recurrence/{id}") is None
    starts = place.world.ledger.read("SELECT count(*) FROM maintenance")
    assert starts == [(2,)]
    await place.world.stop()


async def test_a_calendar_that_is_gone_is_said_and_it_goes_on_when_it_is_back(place: Place) -> None:
    id = await place.again()
    recurring = place.world.engine.plans.recurring
    recurring.apply(Almanac(HANOI, {}))
    assert place.next(id) == "calendar 'office' is not configured any more; name another one"
    await place.world.go(2 * DAY)
    recurring.apply(ALMANAC)
    assert place.next(id) == "26 22:00"
    await place.world.stop()


@pytest.mark.parametrize(
    ("every", "scope", "target", "error"),
    [
        (NIGHTLY, "planet", "x", "scope kind 'planet' is not known; it is endpoint, site, unit"),
        (NIGHTLY, "site", "nowhere", "no endpoint belongs to site 'nowhere'"),
        (
            Every(Days.WORKING, 0, HOUR, calendar="hall"),
            "site",
            "s-a",
            "calendar 'hall' is not configured; known: office",
        ),
        (Every(Days.ANY, 0, 8 * DAY), "site", "s-a", "lasts from a minute to 7 days"),
        (
            Every(Days.ANY, 0, HOUR, last=date(2026, 1, 1)),
            "site",
            "s-a",
            "it never comes within the next 14 months",
        ),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    place: Place, every: Every, scope: str, target: str, error: str
) -> None:
    with pytest.raises(Refused, match=error):
        await place.again(every, scope, target)
    assert not list(place.world.picture.keys("recurrence/"))
    await place.world.stop()


async def test_without_a_calendar_working_days_are_asked_which(place: Place) -> None:
    place.world.engine.plans.recurring.apply(Almanac(HANOI, {}))
    with pytest.raises(Refused, match="working days by which calendar"):
        await place.again()
    await place.world.stop()


async def test_the_clock_of_the_center_counts_when_it_jumps(place: Place) -> None:
    id = await place.again(Every(Days.ANY, 22 * 60, HOUR, first=date(2026, 11, 25)))
    assert place.planned() == []
    place.clock.ahead = 2 * DAY
    await place.world.go(HOUR)  # looked at again every hour at least
    (value,) = (place.world.picture.get(key) or {} for key in place.world.picture.keys("maintenance/"))
    assert value["start"] + 2 * DAY == at("2026-11-25 22:00")
    assert value["recurrence"] == id
    assert value["start"] - place.clock.at <= AHEAD
    await place.world.stop()
