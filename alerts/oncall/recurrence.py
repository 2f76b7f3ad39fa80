"""Days of a recurrence rule (RFC 5545, 3.3.10), bounded by construction. Pure.

A period (day, week, month or year) is taken after the other, its days are filtered, and the walk ends with the last
day asked for. A rule that no day ever satisfies costs no more than one that every day does. Rules finer than a day,
BYYEARDAY and BYWEEKNO are refused: no shift is written so.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

DAY = timedelta(days=1)
LONGEST_INTERVAL = 1_000
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}
)


class RuleProblem(ValueError):
    """A rule that is not read: what of it, and why."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule as it is read; weekdays are (ordinal or 0, 0 for Monday)."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0


def recurrence(parts: Mapping[str, Sequence[object]]) -> Recurrence:
    """The rule of its parts, each a list of values; raises RuleProblem."""
    strange = sorted(set(parts) - _PARTS)
    if strange:
        raise RuleProblem(f"{strange[0]} is not read")
    frequency = str(_one(parts, "FREQ", ""))
    if frequency not in FREQUENCIES:
        raise RuleProblem(f"FREQ={frequency} is not read; only {', '.join(FREQUENCIES)}")
    made = Recurrence(
        frequency,
        interval=_number(_one(parts, "INTERVAL", 1), "INTERVAL", 1, LONGEST_INTERVAL),
        count=None if "COUNT" not in parts else _number(_one(parts, "COUNT", 0), "COUNT", 1, 100_000),
        until=_until(_one(parts, "UNTIL", None)),
        weekdays=tuple(_weekday(str(each)) for each in parts.get("BYDAY", ())),
        month_days=_numbers(parts, "BYMONTHDAY", -31, 31),
        months=_numbers(parts, "BYMONTH", 1, 12),
        positions=_numbers(parts, "BYSETPOS", -366, 366),
        week_start=_weekday(str(_one(parts, "WKST", "MO")))[1],
    )
    if frequency in ("DAILY", "WEEKLY") and any(ordinal for ordinal, _ in made.weekdays):
        raise RuleProblem(f"BYDAY with a number means nothing with FREQ={frequency}")
    return made


def days(rule: Recurrence, first: date, last: date, since: date = date.min) -> Iterator[date]:
    """The days of a rule that begins on `first`, up to `last`; `first` itself is always one of them.

    Others before `since` may be left out: only a rule with COUNT needs them.
    """
    return islice(_all(rule, first, last, _wanted(rule, first, since)), rule.count)


def effort(rule: Recurrence, first: date, last: date, since: date) -> int:
    """How many comparisons `days` makes at most; one is about a microsecond."""
    length = max(0, (last - _wanted(rule, first, since)).days + 1)
    each = 1 + len(rule.weekdays) + len(rule.month_days) + len(rule.months)
    return length // rule.interval * each


def _wanted(rule: Recurrence, first: date, since: date) -> date:
    """From when on days are looked at."""
    return first if rule.count is not None else max(first, since)


def _all(rule: Recurrence, first: date, last: date, since: date) -> Iterator[date]:
    yield first
    for period in _periods(rule, first, last, since):
        for day in _chosen(rule, first, period):
            if day > last:
                return
            if day > first:
                yield day


def _periods(rule: Recurrence, first: date, last: date, since: date) -> Iterator[list[date]]:
    """The days of each period that the rule looks at, from the first day's on, or from the one of `since`."""
    step = rule.interval
    if rule.frequency in ("DAILY", "WEEKLY"):
        length = 1 if rule.frequency == "DAILY" else 7
        begin = first if length == 1 else first - (first.weekday() - rule.week_start) % 7 * DAY
        passed = (since - begin).days // (step * length) * step * length
        for number in range(passed, (last - begin).days + 1, step * length):
            yield [begin + (number + each) * DAY for each in range(length)]
        return
    months = step if rule.frequency == "MONTHLY" else 12 * step
    start = first.year * 12 + (first.month - 1 if rule.frequency == "MONTHLY" else 0)
    passed = (since.year * 12 + since.month - 1 - start) // months * months
    for number in range(start + passed, last.year * 12 + last.month, months):
        width = 1 if rule.frequency == "MONTHLY" else 12
        yield [day for month in range(number, number + width) for day in _month(month)]


def _month(number: int) -> Iterator[date]:
    year, month = number // 12, number % 12 + 1
    return (date(year, month, day + 1) for day in range(calendar.monthrange(year, month)[1]))


def _chosen(rule: Recurrence, first: date, period: Sequence[date]) -> Iterable[date]:
    kept = [day for day in period if _fits(rule, first, day)]
    if not rule.positions:
        return kept
    places = {each - 1 if each > 0 else len(kept) + each for each in rule.positions}
    return [day for place, day in enumerate(kept) if place in places]


def _fits(rule: Recurrence, first: date, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.month_days and not _on_month_day(rule.month_days, day):
        return False
    if rule.weekdays:
        return any(_on_weekday(rule, ordinal, weekday, day) for ordinal, weekday in rule.weekdays)
    return bool(rule.month_days) or _by_default(rule, first, day)


def _by_default(rule: Recurrence, first: date, day: date) -> bool:
    """What the first day says where the rule does not."""
    if rule.frequency == "DAILY":
        return True
    if rule.frequency == "WEEKLY":
        return day.weekday() == first.weekday()
    if rule.frequency == "MONTHLY" or rule.months:
        return day.day == first.day
    return (day.month, day.day) == (first.month, first.day)


def _on_month_day(wanted: Sequence[int], day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    return day.day in wanted or day.day - length - 1 in wanted


def _on_weekday(rule: Recurrence, ordinal: int, weekday: int, day: date) -> bool:
    if day.weekday() != weekday:
        return False
    if ordinal == 0:
        return True
    begin, end = _span(rule, day)
    place = (day - begin).days // 7 + 1
    from_end = -((end - day).days // 7) - 1
    return ordinal in (place, from_end)


def _span(rule: Recurrence, day: date) -> tuple[date, date]:
    """The month in which the rule counts weekdays, or the year."""
    if rule.frequency == "MONTHLY" or rule.months:
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return date(day.year, 1, 1), date(day.year, 12, 31)


def _one(parts: Mapping[str, Sequence[object]], name: str, default: object) -> object:
    values = parts.get(name, (default,))
    if len(values) != 1:
        raise RuleProblem(f"{name} with {len(values)} values")
    return values[0]


def _number(value: object, name: str, least: int, most: int) -> int:
    if not isinstance(value, int) or not least <= value <= most:
        raise RuleProblem(f"{name}={value} is not from {least} to {most}")
    return value


def _numbers(parts: Mapping[str, Sequence[object]], name: str, least: int, most: int) -> tuple[int, ...]:
    found = tuple(_number(each, name, least, most) for each in parts.get(name, ()))
    if 0 in found:
        raise RuleProblem(f"{name}=0 is no place")
    return found


def _until(value: object) -> date | datetime | None:
    if value is not None and not isinstance(value, date):
        raise RuleProblem(f"UNTIL={value} is not a date")
    return value


def _weekday(text: str) -> tuple[int, int]:
    ordinal, day = text[:-2], text[-2:].upper()
    try:
        number = int(ordinal or 0)
    except ValueError:
        number = 99
    if day not in _WEEK or not -53 <= number <= 53:
        raise RuleProblem(f"{text} is not a weekday")
    return number, _WEEK.index(day)
