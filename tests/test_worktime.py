"""Working hours: sessions, edges and dates, to the exact second."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.worktime import WorkCalendar
from tests.calendars import calendars as any_calendars
from tests.calendars import moments

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


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-11-24 07:30", "2026-11-24 17:00", 7.5),
        ("2026-11-24 08:00", "2026-11-24 09:00", 1),
        ("2026-11-24 11:00", "2026-11-24 14:00", 1),
        ("2026-11-24 17:00", "2026-11-25 07:30", 0),
        ("2026-11-27 16:00", "2026-11-30 08:30", 2),
        ("2026-08-28 16:00", "2026-09-03 08:30", 1 + 7.5 + 1),  # 31 August and 2 September are off
        ("2026-11-24 09:00", "2026-11-24 08:00", -1),
        ("2025-12-31 16:00", "2026-01-01 08:30", 2),
        ("2025-01-01 00:00", "2026-01-01 00:00", 261 * 7.5),
    ],
)
def test_worked(begin: str, end: str, hours: float) -> None:
    assert CALENDAR.worked(at(begin), at(end)) == hours * 3600


@pytest.mark.parametrize(
    ("moment", "hours", "after", "before"),
    [
        ("2026-11-24 08:00", 0, "2026-11-24 08:00", "2026-11-24 08:00"),
        ("2026-11-24 08:00", 1, "2026-11-24 09:00", "2026-11-23 16:30"),
        ("2026-11-24 07:30", 4, "2026-11-24 11:30", "2026-11-23 11:00"),  # a session's end after, none before
        ("2026-11-24 17:00", 7.5, "2026-11-25 17:00", "2026-11-24 07:30"),
        ("2026-11-28 12:00", 0.5, "2026-11-30 08:00", "2026-11-27 16:30"),
        ("2026-12-31 16:30", 1, "2027-01-01 08:00", "2026-12-31 15:30"),
        ("2027-01-01 07:30", 1, "2027-01-01 08:30", "2026-12-31 16:00"),
    ],
)
def test_after_and_before(moment: str, hours: float, after: str, before: str) -> None:
    assert CALENDAR.after(at(moment), hours * 3600) == at(after)
    assert CALENDAR.before(at(moment), hours * 3600) == at(before)


@pytest.mark.parametrize(
    ("moment", "open", "due"),
    [
        ("2026-11-24 08:00", "2026-11-24 08:00", "2026-11-24 08:00"),
        ("2026-11-24 11:30", "2026-11-24 13:30", "2026-11-24 11:30"),
        ("2026-11-24 12:00", "2026-11-24 13:30", "2026-11-24 13:30"),
        ("2026-08-28 17:00", "2026-09-01 07:30", "2026-08-28 17:00"),
        ("2027-01-01 00:00", "2027-01-01 07:30", "2027-01-01 07:30"),
    ],
)
def test_next_moment_worked_and_next_moment_something_is_due(moment: str, open: str, due: str) -> None:
    assert CALENDAR.next_open(at(moment)) == at(open)
    assert CALENDAR.next_due(at(moment)) == at(due)


@pytest.mark.parametrize(
    ("day", "nth", "worked"),
    [
        ("2026-11-24", 0, "2026-11-24"),
        ("2026-11-28", 0, "2026-11-30"),
        ("2026-11-24", 1, "2026-11-25"),
        ("2026-11-27", 1, "2026-11-30"),
        ("2026-11-28", 1, "2026-11-30"),
        ("2026-11-24", -1, "2026-11-23"),
        ("2026-11-29", -1, "2026-11-27"),
        ("2026-08-21", 1, "2026-08-22"),
        ("2026-08-28", 2, "2026-09-03"),
        ("2026-12-31", 1, "2027-01-01"),
        ("2027-01-01", -1, "2026-12-31"),
        ("2026-11-24", 1000, "2030-09-24"),
        ("2030-09-24", -1000, "2026-11-24"),
    ],
)
def test_workday(day: str, nth: int, worked: str) -> None:
    assert CALENDAR.workday(date.fromisoformat(day), nth) == date.fromisoformat(worked)


def test_the_end_of_a_date_and_the_dates_of_a_month() -> None:
    assert CALENDAR.last_end(date(2026, 8, 22)) == at("2026-08-22 17:00")
    assert CALENDAR.last_end(date(2026, 8, 23)) is None
    august = CALENDAR.workdays(2026, 8)
    assert len(august) == 21
    assert date(2026, 8, 22) in august
    assert date(2026, 8, 31) not in august
    assert len(CALENDAR.workdays(2026, 12)) == 23


def test_what_no_known_year_has_is_none_and_other_years_are_refused() -> None:
    assert CALENDAR.after(at("2100-12-01 08:00"), 10**7) is None
    assert CALENDAR.before(at("1990-02-01 08:00"), 10**7) is None
    assert CALENDAR.workday(date(2100, 12, 1), 100) is None
    assert CALENDAR.workday(date(1990, 1, 10), -100) is None
    with pytest.raises(ValueError, match="year 2101: working time is counted from 1990 to 2100"):
        CALENDAR.workdays(2101, 1)
    with pytest.raises(ValueError, match="working time is counted from 1990 to 2100"):
        CALENDAR.worked(at("1980-01-01 00:00"), at("2026-01-01 00:00"))
    with pytest.raises(ValueError, match="forwards"):
        CALENDAR.after(at("2026-11-24 08:00"), -1)


def _passed(calendar: WorkCalendar, begin: float, end: float) -> float:
    """Seconds worked, walked from edge to edge."""
    total, moment = 0.0, begin
    while moment < end:
        edge = calendar.next_edge(moment)
        until = end if edge is None else min(edge, end)
        total += until - moment if calendar.open_at(moment) else 0.0
        moment = until
    return total


@settings(deadline=None)
@given(any_calendars, moments, st.integers(0, 10 * 86_400))
def test_worked_is_what_a_walk_over_the_edges_adds_up(
    calendar: WorkCalendar, begin: float, length: int
) -> None:
    assert calendar.worked(begin, begin + length) == _passed(calendar, begin, begin + length)


@settings(deadline=None)
@given(any_calendars, moments, st.integers(1, 500_000))
def test_added_and_measured_is_given_back(calendar: WorkCalendar, moment: float, seconds: int) -> None:
    later, sooner = calendar.after(moment, seconds), calendar.before(moment, seconds)
    assert later is not None
    assert sooner is not None
    assert calendar.worked(moment, later) == calendar.worked(sooner, moment) == seconds
    assert calendar.worked(moment, later - 1) < seconds, "there is no earlier one"
    assert calendar.worked(sooner + 1, moment) < seconds, "there is no later one"


@settings(deadline=None)
@given(any_calendars, moments, moments, moments)
def test_spans_add_up(calendar: WorkCalendar, one: float, two: float, three: float) -> None:
    assert calendar.worked(one, two) + calendar.worked(two, three) == calendar.worked(one, three)
    assert calendar.worked(one, two) == -calendar.worked(two, one)


@settings(deadline=None)
@given(any_calendars, moments)
def test_the_next_moment_worked_is_open_and_none_is_before(calendar: WorkCalendar, moment: float) -> None:
    opens, due = calendar.next_open(moment), calendar.next_due(moment)
    assert opens is not None
    assert calendar.open_at(opens)
    assert calendar.open_at(moment) == (opens == moment)
    assert calendar.worked(moment, opens) == 0
    assert due == opens or (due == moment and not calendar.open_at(moment) and calendar.open_at(moment - 1))


@settings(deadline=None)
@given(any_calendars, st.dates(date(2025, 12, 1), date(2027, 2, 1)), st.integers(1, 400))
def test_working_days_are_counted_one_by_one(calendar: WorkCalendar, day: date, nth: int) -> None:
    found = calendar.workday(day, nth)
    assert found is not None
    between = [date.fromordinal(each) for each in range(day.toordinal() + 1, found.toordinal() + 1)]
    assert sum(map(calendar.works, between)) == nth
    assert calendar.works(found)
    assert calendar.workday(found, 0) == found
    assert found in calendar.workdays(found.year, found.month)


@settings(deadline=None)
@given(any_calendars, st.dates(date(2025, 12, 1), date(2027, 2, 1)), st.integers(1, 400))
def test_working_days_forth_and_back(calendar: WorkCalendar, day: date, nth: int) -> None:
    begin = calendar.workday(day, 0)
    assert begin is not None
    there = calendar.workday(begin, nth)
    assert there is not None
    assert calendar.workday(there, -nth) == begin


def test_a_calendar_that_was_asked_is_equal_to_one_that_was_not() -> None:
    asked, fresh = (WorkCalendar(HANOI, WEEK, OFFICE) for _ in range(2))
    asked.worked(at("2026-01-01 00:00"), at("2026-12-01 00:00"))
    assert asked == fresh
    assert (
        replace(asked, dates={date(2026, 11, 24): False}).worked(
            at("2026-11-24 00:00"), at("2026-11-25 00:00")
        )
        == 0
    ), "another table of dates has years of its own"
