"""What comes again by the calendar: every working day, the last Saturday of the month, the first working day of it.

An occurrence begins at a local time and lasts so many seconds; where clocks are put forward over its beginning, it
begins at the moment that time would have been. Times are *civil* seconds since the epoch, dates local ones.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ioc.worktime import MINUTES_A_DAY, WorkCalendar

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON_MONTHS = 14
"""how far ahead an occurrence is looked for"""


class Days(StrEnum):
    """Which days are meant, when they are not weekdays by name."""

    ANY = "any"
    WORKING = "working"
    OFF = "off"
    WEEKDAYS = "weekdays"


@dataclass(frozen=True, slots=True)
class Every:
    """Which days of which months, from when, for how long.

    `weekdays` are ISO weekdays (1 is Monday), for Days.WEEKDAYS alone. `nth` takes one of each month's days: 1 the
    first of those that are meant, -1 the last, 0 all of them. `minute` is of the local day. `calendar` says which days
    are worked; `first` and `last` are the dates between which it comes again, both of them included.
    """

    days: Days
    minute: int
    length: float
    weekdays: frozenset[int] = frozenset()
    nth: int = 0
    calendar: str = ""
    first: date = date.min
    last: date = date.max


class Occurrence(NamedTuple):
    """Once of it, in civil time; the end is not part of it."""

    start: float
    end: float


def next_occurrence(
    every: Every, after: float, zone: ZoneInfo, calendar: WorkCalendar | None = None
) -> Occurrence | None:
    """The first occurrence that begins after a civil time; None within HORIZON_MONTHS.

    `calendar` is needed for working days and days off.
    """
    # a beginning that clocks were put forward over may be a day later than its date says
    begin = max(_day(after, zone) - timedelta(days=1), every.first)
    if begin > every.last:
        return None
    for day in _days(every, begin, calendar):
        if day > every.last:
            return None
        start = _moment(day, every.minute, zone)
        if start > after:
            return Occurrence(start, start + every.length)
    return None


def _days(every: Every, begin: date, calendar: WorkCalendar | None) -> Iterator[date]:
    """The days that are meant, from a date on, month by month."""
    year, month = begin.year, begin.month
    for _ in range(HORIZON_MONTHS):
        if year > MAXYEAR:
            return
        yield from (day for day in _of_month(every, year, month, calendar) if day >= begin)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _of_month(every: Every, year: int, month: int, calendar: WorkCalendar | None) -> list[date]:
    days = [date(year, month, number + 1) for number in range(monthrange(year, month)[1])]
    meant = [day for day in days if _means(every, day, calendar)]
    if every.nth == 0:
        return meant
    place = every.nth - 1 if every.nth > 0 else every.nth
    return [meant[place]] if -len(meant) <= place < len(meant) else []


def _means(every: Every, day: date, calendar: WorkCalendar | None) -> bool:
    if every.days is Days.WEEKDAYS:
        return day.isoweekday() in every.weekdays
    if every.days is Days.ANY:
        return True
    if calendar is None:
        raise ValueError(f"{every.days} days without a calendar")
    return calendar.works(day) == (every.days is Days.WORKING)


def _day(civil: float, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(civil, zone).date()


def _moment(day: date, minute: int, zone: ZoneInfo) -> float:
    hour, minute = divmod(minute % MINUTES_A_DAY, 60)
    return datetime.combine(day, time(hour, minute), zone).timestamp()


def form_of(every: Every) -> dict[str, Any]:
    """As it is written in the state file and shown in the picture; `every_of` reads it back."""
    named = every.days is Days.WEEKDAYS
    return {
        "days": [WEEK[day - 1] for day in sorted(every.weekdays)] if named else every.days.value,
        "nth": every.nth,
        "at": f"{every.minute // 60:02}:{every.minute % 60:02}",
        "seconds": every.length,
        "calendar": every.calendar,
        "from": "" if every.first == date.min else every.first.isoformat(),
        "until": "" if every.last == date.max else every.last.isoformat(),
    }


def every_of(form: Mapping[str, Any]) -> Every:
    """From its written form, checked already; raises ValueError or KeyError when it is none."""
    days = form["days"]
    hour, _, minute = form["at"].partition(":")
    return Every(
        Days(days) if isinstance(days, str) else Days.WEEKDAYS,
        int(hour) * 60 + int(minute),
        float(form["seconds"]),
        frozenset() if isinstance(days, str) else frozenset(WEEK.index(each) + 1 for each in days),
        int(form["nth"]),
        form["calendar"],
        date.fromisoformat(form["from"]) if form["from"] else date.min,
        date.fromisoformat(form["until"]) if form["until"] else date.max,
    )
