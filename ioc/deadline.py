"""When something falls due: a procedure's limit, working time, and the pauses that stop the clock.

Hours and working days run in working time. Days and months run in the calendar: the day of reception is not counted,
a month ends on the day of the same number or, where it has none, on its last, and a last day that is off becomes the
next day worked. What comes after hours counts from the next working day. Moments are civil seconds since the Unix
epoch; one is None where the calendar is never worked. ValueError is raised for moments outside the years that
`ioc.worktime` knows.

Source: Bộ luật Dân sự 2015 (91/2015/QH13), articles 147 and 148; docs/decisions/0021-what-a-case-is.md.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ioc.worktime import WorkCalendar


class Unit(StrEnum):
    """What a limit is counted in."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


class Result(StrEnum):
    """How something was closed: on a date before the due one, after that but in time, late, or without a due."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    NONE = "none"


_MOST = {Unit.HOURS: 9_999, Unit.DAYS: 9_999, Unit.WORKING_DAYS: 9_999, Unit.MONTHS: 600}
_IN_PARTS = (Unit.HOURS, Unit.WORKING_DAYS)
_NAMES = {Unit.HOURS: "giờ", Unit.DAYS: "ngày", Unit.WORKING_DAYS: "ngày làm việc", Unit.MONTHS: "tháng"}
_WORDS = {
    **dict.fromkeys(("gio", "gio lam viec", "hour", "hours", "h"), Unit.HOURS),
    **dict.fromkeys(("ngay", "day", "days", "d"), Unit.DAYS),
    **dict.fromkeys(
        ("ngay lam viec", "working day", "working days", "working_days", "wd"), Unit.WORKING_DAYS
    ),
    **dict.fromkeys(("thang", "month", "months", "mo"), Unit.MONTHS),
}
_LETTERS = {"th": Unit.HOURS, "d": Unit.DAYS, "wd": Unit.WORKING_DAYS, "m": Unit.MONTHS}
_AMOUNT = r"(?P<amount>[0-9]{1,5}(?:[.,][0-9]{1,2})?)"
_SPOKEN = re.compile(rf"{_AMOUNT} ?(?P<unit>[a-z_ ]+)\Z")
_ISO = re.compile(rf"p(?P<time>t?){_AMOUNT}(?P<unit>h|d|wd|m)\Z")
_HINT = "write 8 giờ, 10 ngày làm việc, 20 ngày, 1 tháng; or PT8H, P10WD, P20D, P1M"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a procedure may take; raises ValueError for an amount that cannot be meant.

    Hours and working days may be parts of one (half a working day); days and months are whole.
    """

    amount: float
    unit: Unit

    def __post_init__(self) -> None:
        most = _MOST[self.unit]
        if not 0 < self.amount <= most:
            raise ValueError(f'time limit of "{self}": write more than 0, at most {most} {_NAMES[self.unit]}')
        if self.unit not in _IN_PARTS and self.amount != int(self.amount):
            raise ValueError(f'time limit of "{self}": write whole days and months')

    def __str__(self) -> str:
        """As it stands in a procedure, in Vietnamese; `limit_of` reads it back."""
        return f"{self.amount:.2f}".rstrip("0").rstrip(".").replace(".", ",") + f" {_NAMES[self.unit]}"


def limit_of(text: str) -> Limit:
    """A limit as procedures and configuration write it: `10 ngày làm việc`, `8 giờ`, `10 working days`, `P20D`.

    Case, spaces and Vietnamese marks do not matter. `P10WD` is ISO 8601's form for what that has no letter for.
    Raises ValueError that says what to write.
    """
    plain = _plain(text)
    spoken, iso = _SPOKEN.match(plain), _ISO.match(plain)
    if spoken is not None and spoken["unit"] in _WORDS:
        return Limit(_number(spoken["amount"]), _WORDS[spoken["unit"]])
    if iso is not None and iso["time"] + iso["unit"] in _LETTERS:
        return Limit(_number(iso["amount"]), _LETTERS[iso["time"] + iso["unit"]])
    raise ValueError(f'not a time limit: "{text[:80]}"; {_HINT}')


def due_of(calendar: WorkCalendar, received: float, limit: Limit) -> float | None:
    """When what was received at a moment falls due by a limit."""
    if limit.unit is Unit.HOURS:
        return calendar.after(received, limit.amount * 3_600)
    if limit.unit is Unit.WORKING_DAYS:
        return calendar.after(received, limit.amount * calendar.day_seconds)
    counted = calendar.next_open(received)
    if counted is None:
        return None
    day, amount = calendar.date_of(counted), int(limit.amount)
    last = day + timedelta(days=amount) if limit.unit is Unit.DAYS else _months_after(day, amount)
    return end_of_day(calendar, last)


def falls_at(calendar: WorkCalendar, due: float) -> float | None:
    """When something turns overdue: at its due moment or, outside hours, when the next session begins."""
    return calendar.next_due(due)


def end_of_day(calendar: WorkCalendar, day: date) -> float | None:
    """When a date without a time falls due: at the end of its last session; where it is off, of the next one worked."""
    worked = calendar.workday(day, 0)
    return None if worked is None else calendar.last_end(worked)


def moved_by(due: float, pauses: Iterable[tuple[float, float]]) -> float:
    """When it falls due after pauses that have ended, each from a moment to another: later by their own length.

    Where pauses overlap, each second counts once; one that ends before it begins is none. Source: rule 3 of metric
    2.1, where something is on time if and only if its end less its pauses is not after the date of return.
    """
    length, until = 0.0, float("-inf")
    for begin, end in sorted(pauses):
        length += max(0.0, end - max(begin, until))
        until = max(until, end)
    return due + length


def differs(calendar: WorkCalendar, given: float, computed: float) -> bool:
    """Whether two due moments are more than a working day apart, which is a finding."""
    return abs(calendar.worked(given, computed)) > calendar.day_seconds


def soon_at(calendar: WorkCalendar, due: float, seconds: float) -> float | None:
    """When it begins to be due soon: so many working seconds before."""
    return calendar.before(due, seconds)


def stuck_at(calendar: WorkCalendar, progress: float, seconds: float) -> float | None:
    """When something is stuck that has made no progress since a moment: so many working seconds after."""
    return calendar.after(progress, seconds)


def result_of(calendar: WorkCalendar, due: float | None, closed: float) -> Result:
    """How something was closed, by the due moment as it was given; until it turns overdue it is on time."""
    if due is None:
        return Result.NONE
    falls = falls_at(calendar, due)
    if falls is not None and closed > falls:
        return Result.LATE
    return Result.EARLY if calendar.date_of(closed) < calendar.date_of(due) else Result.ON_TIME


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _plain(text: str) -> str:
    """Small letters without marks, single spaces."""
    bare = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return " ".join("".join(each for each in bare if not unicodedata.combining(each)).split())
