"""What comes again: by examples of a real year, and against an oracle that asks every minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.recurrence import Days, Every, Occurrence, next_occurrence
from ioc.worktime import WorkCalendar

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR = 3600.0
# 2026-09-02 is National Day, the day before it is off too; Saturday the 5th is worked instead.
OFFICE = WorkCalendar(
    HANOI,
    frozenset({1, 2, 3, 4, 5}),
    ((450, 690), (810, 1020)),
    {date(2026, 9, 1): False, date(2026, 9, 2): False, date(2026, 9, 5): True},
)


def at(text: str, zone: ZoneInfo = HANOI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def starts(every: Every, after: str, count: int, zone: ZoneInfo = HANOI) -> list[str]:
    out, moment = [], at(after, zone)
    for _ in range(count):
        found = next_occurrence(every, moment, zone, OFFICE)
        if found is None:
            break
        out.append(datetime.fromtimestamp(found.start, zone).strftime("%Y-%m-%d %H:%M"))
        moment = found.start
    return out


def test_every_working_day_knows_holidays_and_days_worked_instead() -> None:
    every = Every(Days.WORKING, 22 * 60, HOUR, calendar="office")
    assert starts(every, "2026-08-31 21:00", 6) == [
        "2026-08-31 22:00",
        "2026-09-03 22:00",
        "2026-09-04 22:00",
        "2026-09-05 22:00",
        "2026-09-07 22:00",
        "2026-09-08 22:00",
    ]


def test_the_last_saturday_of_the_month() -> None:
    every = Every(Days.WEEKDAYS, 20 * 60, 4 * HOUR, frozenset({6}), nth=-1)
    assert starts(every, "2026-11-28 20:00", 3) == [
        "2026-12-26 20:00",
        "2027-01-30 20:00",
        "2027-02-27 20:00",
    ]


def test_the_first_working_day_of_the_month() -> None:
    every = Every(Days.WORKING, 6 * 60, HOUR, nth=1, calendar="office")
    assert starts(every, "2026-08-03 06:00", 2) == ["2026-09-03 06:00", "2026-10-01 06:00"]


def test_a_day_off_may_be_meant() -> None:
    every = Every(Days.OFF, 9 * 60, HOUR, nth=1, calendar="office")
    assert starts(every, "2026-08-20 09:00", 2) == ["2026-09-01 09:00", "2026-10-03 09:00"]


def test_a_month_without_a_fifth_one_is_passed_over() -> None:
    every = Every(Days.WEEKDAYS, 0, HOUR, frozenset({1}), nth=5)
    assert starts(every, "2026-09-01 00:00", 2) == ["2026-11-30 00:00", "2027-03-29 00:00"]


def test_it_begins_and_ends_with_its_dates() -> None:
    every = Every(Days.ANY, 60, HOUR, first=date(2026, 12, 30), last=date(2026, 12, 31))
    assert starts(every, "2026-01-01 00:00", 9) == ["2026-12-30 01:00", "2026-12-31 01:00"]


def test_what_never_comes_is_none() -> None:
    assert starts(Every(Days.ANY, 60, HOUR, nth=31, last=date(2026, 11, 30)), "2026-11-01 00:00", 9) == []
    assert starts(Every(Days.WORKING, 60, HOUR, nth=28, calendar="office"), "2026-11-01 00:00", 9) == []


def test_after_the_last_year_of_calendars_nothing_comes() -> None:
    assert starts(Every(Days.ANY, 0, HOUR, first=date(9999, 12, 31)), "2026-01-01 00:00", 2) == [
        "9999-12-31 00:00"
    ]
    assert (
        starts(
            Every(Days.WEEKDAYS, 0, HOUR, frozenset({1}), 5, first=date(9999, 12, 30)), "2026-01-01 00:00", 1
        )
        == []
    )


def test_clocks_that_are_put_forward_do_not_lose_a_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    every = Every(Days.ANY, 2 * 60 + 30, HOUR)
    found = starts(every, "2026-03-28 00:00", 3, berlin)
    assert found == ["2026-03-28 02:30", "2026-03-29 03:30", "2026-03-30 02:30"]


def test_working_days_want_a_calendar() -> None:
    with pytest.raises(ValueError, match="without a calendar"):
        next_occurrence(Every(Days.WORKING, 0, HOUR), 0.0, HANOI)


def oracle(every: Every, after: float, zone: ZoneInfo, calendar: WorkCalendar) -> Occurrence | None:
    """Goes over every day of 13 months, and asks of each what the words say."""
    begin = datetime.fromtimestamp(after, zone).date() - timedelta(days=2)
    moments = []
    for ahead in range(400):
        day = begin + timedelta(days=ahead)
        if every.first <= day <= every.last and day in meant(every, day, calendar):
            naive = datetime(day.year, day.month, day.day) + timedelta(minutes=every.minute)  # noqa: DTZ001
            moments.append(naive.replace(tzinfo=zone).timestamp())
    start = min((each for each in moments if each > after), default=None)
    return None if start is None else Occurrence(start, start + every.length)


def meant(every: Every, day: date, calendar: WorkCalendar) -> list[date]:
    month = list(days_of(day))
    if every.days is Days.WEEKDAYS:
        month = [each for each in month if each.isoweekday() in every.weekdays]
    if every.days in (Days.WORKING, Days.OFF):
        month = [each for each in month if calendar.works(each) is (every.days is Days.WORKING)]
    if every.nth == 0:
        return month
    if every.nth < 0:
        month.reverse()
    return month[abs(every.nth) - 1 : abs(every.nth)]


def days_of(day: date) -> Iterator[date]:
    each = day.replace(day=1)
    while each.month == day.month:
        yield each
        each += timedelta(days=1)


dates = st.dates(date(2026, 1, 1), date(2027, 12, 31))
recurrences = st.builds(
    Every,
    st.sampled_from(Days),
    st.integers(0, 1439),
    st.floats(60.0, 86400.0),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.integers(-6, 23),
    st.just("office"),
    dates | st.just(date.min),
    dates | st.just(date.max),
)
calendars = st.builds(
    WorkCalendar,
    st.just(HANOI),
    st.frozensets(st.integers(1, 7)),
    st.just(((450, 690),)),
    st.dictionaries(dates, st.booleans(), max_size=30),
)
zones = st.sampled_from(
    [HANOI, ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia")]
)


@settings(max_examples=150, deadline=None)
@given(recurrences, st.floats(at("2026-01-01"), at("2027-06-01")), zones, calendars)
def test_it_is_what_the_words_say(every: Every, after: float, zone: ZoneInfo, calendar: WorkCalendar) -> None:
    expected = oracle(every, after, zone, calendar)
    found = next_occurrence(every, after, zone, calendar)
    if expected is not None:
        assert found == expected
    else:
        assert found is None or found.start > after + 380 * 86400
