"""Who is expected to answer: calendars and their edges, in civil time, on steady timers."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ioc.expectation import Expectation
from ioc.inventory import Endpoint, Inventory
from ioc.units import Units
from ioc.worktime import WorkCalendar
from tests.fakes import HandClock

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = WorkCalendar(ZONE, frozenset(range(1, 6)), ((7 * 60, 11 * 60 + 30), (13 * 60 + 30, 17 * 60)))
CLOSING = datetime(2026, 11, 24, 17, 0, tzinfo=ZONE).timestamp()


def endpoint(id: str, expected: str) -> Endpoint:
    return Endpoint(id, id, "room", "vc", "xa", "127.0.0.1", (), expected=expected)


class House:
    def __init__(self, at: float, ahead: float = 0.0) -> None:
        self.clock = HandClock(at, ahead)
        self.asked: list[tuple[list[str], float]] = []
        self.expectation = Expectation(self.clock, lambda ids, now: self.asked.append((list(ids), now)))
        self.room, self.core = endpoint("room", "office"), endpoint("core", "always")
        self.expectation.apply(Inventory(Units(), (), [self.room, self.core]), {"office": OFFICE})


@pytest.mark.parametrize(("before", "expected"), [(1.0, True), (0.0, False), (-1.0, False)])
async def test_the_closing_second_itself_is_no_longer_expected(before: float, expected: bool) -> None:
    house = House(CLOSING - before)
    assert house.expectation.expected(house.room, house.clock.at) is expected
    assert house.expectation.expected(house.core, house.clock.at)
    house.expectation.stop()


async def test_calendars_are_read_by_the_civil_clock() -> None:
    house = House(CLOSING - 3_600, ahead=3_601.0)
    assert not house.expectation.expected(house.room, house.clock.at)
    house.expectation.stop()


async def test_at_an_edge_everybody_of_the_calendar_is_looked_at_again() -> None:
    house = House(CLOSING)
    house.expectation.ring("office", CLOSING)
    assert house.asked == [(["room"], CLOSING)]
    house.expectation.stop()


async def test_an_invited_room_nobody_invites_is_not_expected() -> None:
    house = House(CLOSING - 60)
    assert not house.expectation.expected(endpoint("m", "meeting"), house.clock.at)
    house.expectation.stop()
