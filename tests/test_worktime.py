"""Working hours: sessions, edges and dates, to the exact second."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.worktime import WorkCalendar

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = ((7 * 60 + 30, 11 * 60 + 30), (13 * 60 + 30, 17 * 60))
WEEK = frozenset({1, 2, 3, 4, 5})
CALENDAR = WorkCalendar(
    HANOI, WEEK, OFFICE, {date(2026, 9, 2): False, date(2026, 8, 22): True, date(2026, 8, 31): False}
)


def at(text: str, zone: ZoneInfo = HANOI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("moment", "open"),
    [
        ("2026-11-24 07:29:59.999", False),
        ("2026-11-24 07:30:00", True),
        ("2026-11-24 11:29:59.999", True),
        ("2026-11-24 11:30:00", False),
        ("2026-11-24 13:30:00", True),
        ("2026-11-24 16:59:59.999", True),
        ("2026-11-24 17:00:00", False),
        ("2026-11-28 09:00:00", False),  # a Saturday
        ("2026-08-22 09:00:00", True),  # a Saturday worked for 31 August
        ("2026-08-31 09:00:00", False),
        ("2026-09-02 09:00:00", False),
    ],
)
def test_open_to_the_second(moment: str, open: bool) -> None:
    assert CALENDAR.open_at(at(moment)) is open


@pytest.mark.parametrize(
    ("moment", "edge"),
    [
        ("2026-11-24 07:29:59", "2026-11-24 07:30"),
        ("2026-11-24 07:30:00", "2026-11-24 11:30"),
        ("2026-11-24 11:30:00", "2026-11-24 13:30"),
        ("2026-11-27 17:00:00", "2026-11-30 07:30"),
        ("2026-08-21 17:00:00", "2026-08-22 07:30"),
        ("2026-08-28 17:00:00", "2026-09-01 07:30"),
    ],
)
def test_next_edge(moment: str, edge: str) -> None:
    assert CALENDAR.next_edge(at(moment)) == at(edge)


def test_days_that_touch_at_midnight_have_no_edge_there() -> None:
    nights = WorkCalendar(HANOI, frozenset({1, 2}), ((0, 6 * 60), (22 * 60, 24 * 60)))
    monday_evening = at("2026-11-23 23:00")
    assert nights.open_at(at("2026-11-24 00:00"))
    assert nights.next_edge(monday_evening) == at("2026-11-24 06:00")


def test_always_or_never_open_has_no_edge() -> None:
    always = WorkCalendar(HANOI, frozenset(range(1, 8)), ((0, 24 * 60),))
    never = WorkCalendar(HANOI, frozenset(), OFFICE)
    assert always.open_at(at("2026-11-24 00:00")) and always.next_edge(at("2026-11-24 00:00")) is None
    assert not never.open_at(at("2026-11-24 09:00")) and never.next_edge(at("2026-11-24 09:00")) is None


def test_a_session_over_a_change_of_summer_time_keeps_its_wall_clock() -> None:
    paris = ZoneInfo("Europe/Paris")
    night = WorkCalendar(paris, frozenset({7}), ((60, 4 * 60),))
    assert night.next_edge(at("2026-03-29 01:00", paris)) == at("2026-03-29 04:00", paris)
    assert at("2026-03-29 04:00", paris) - at("2026-03-29 01:00", paris) == 2 * 3600


minutes = st.integers(0, 24 * 60)
calendars = st.builds(
    lambda days, cuts, dates: WorkCalendar(
        HANOI, days, tuple(zip(cuts[::2], cuts[1::2], strict=False)), dates
    ),
    st.frozensets(st.integers(1, 7)),
    st.lists(minutes, unique=True, max_size=6).map(sorted),
    st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 2, 28)), st.booleans(), max_size=4),
)


@settings(deadline=None)
@given(calendars, st.floats(at("2026-01-01 00:00"), at("2026-03-01 00:00")))
def test_nothing_changes_before_the_next_edge(calendar: WorkCalendar, now: float) -> None:
    edge = calendar.next_edge(now)
    was = calendar.open_at(now)
    if edge is None:
        assert calendar.open_at(now + 86_400 * 3) == was
        return
    assert edge > now
    assert calendar.open_at(edge) != was
    assert calendar.open_at((now + edge) / 2) == was or edge - now < 1e-3
