"""The dates that systems write, each by its form; what is not of an expected form is refused, never guessed.

A moment is civil seconds since the Unix epoch. A date without a time stays a date: what that means is for the field it
stands in. Forms differ by their shape, so that several may be expected at once, but not `day_first` and `month_first`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ioc.cases.merge import EARLIEST, LATEST

_UTC = ZoneInfo("UTC")
Moment = float | date
"""civil seconds, or a date whose time nobody said"""

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)? ?(Z|[+-]\d{2}:?\d{2})?\Z",
    re.ASCII,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?\Z", re.ASCII)
_SLASHED = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:,? (\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?\Z", re.ASCII
)
_SERIAL = re.compile(r"\d{4,6}(?:\.\d{1,15})?\Z", re.ASCII)
_SECONDS = re.compile(r"\d{9,10}(?:\.\d{1,9})?\Z", re.ASCII)
_MILLISECONDS = re.compile(r"\d{13}\Z", re.ASCII)
EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 – a spreadsheet knows no zone
"""serial 0 of the 1900 date system as every serial after February 1900 counts (ECMA-376 part 1, 18.17.4.1)"""


class Form(StrEnum):
    """How a date may be written."""

    ISO = "iso"
    """`2026-10-05`, `2026-10-05T08:00:00`, with a zone or without one (ISO 8601)"""
    COMPACT = "compact"
    """`20261005080000`, `202610050800`, `20261005`: the national sync shape's"""
    DAY_FIRST = "day_first"
    """`05/10/2026`, `5/10/2026 08:00`, `05-10-2026 08:00:00`"""
    MONTH_FIRST = "month_first"
    """`10/05/2026`, with a time or without one"""
    EXCEL = "excel"
    """`46300.33`: days as a spreadsheet counts them; without a fraction a date"""
    EPOCH = "epoch"
    """seconds since 1970, as `1791162000`"""
    EPOCH_MS = "epoch_ms"
    """milliseconds since 1970"""


USUAL = (Form.ISO, Form.COMPACT, Form.DAY_FIRST)
EXAMPLES: Mapping[Form, str] = {
    Form.ISO: "2026-10-05T08:00:00",
    Form.COMPACT: "20261005080000",
    Form.DAY_FIRST: "05/10/2026 08:00",
    Form.MONTH_FIRST: "10/05/2026 08:00",
    Form.EXCEL: "46300.33",
    Form.EPOCH: "1791162000",
    Form.EPOCH_MS: "1791162000000",
}


def moment_of(value: object, forms: Iterable[Form], zone: ZoneInfo) -> Moment:
    """What a text, a number or a spreadsheet's own date says.

    Raises ValueError that says what to write, for what is of no expected form, is no date, or lies before 1990 or
    after 2099.
    """
    if isinstance(value, datetime):
        return _within(value.replace(tzinfo=value.tzinfo or zone).timestamp())
    if isinstance(value, date):
        return _dated(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"not a date; write {hint(forms)}")
    text = written(value)
    for form in forms:
        try:
            found = _READ[form](text, zone)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"no such date or time ({error}); correct it") from None
        if found is not None:
            return _dated(found) if isinstance(found, date) else _within(found)
    raise ValueError(f"not a date as expected; write {hint(forms)}, or name its form in `forms`")


def written(value: str | int | float) -> str:
    """A value as text, whole numbers without a fraction."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.strip() if isinstance(value, str) else repr(value)


def hint(forms: Iterable[Form]) -> str:
    """Examples of the forms expected."""
    return " or ".join(EXAMPLES[form] for form in forms)


def midnight(day: date, zone: ZoneInfo) -> float:
    """When a date begins."""
    return datetime.combine(day, time.min, zone).timestamp()


def day_of(moment: float, zone: ZoneInfo) -> date:
    """The date of a moment."""
    return datetime.fromtimestamp(moment, zone).date()


def excel_moment(serial: float, zero: datetime = EXCEL_ZERO) -> datetime | date:
    """The date of a spreadsheet's serial, with its time to the second where it has one; raises OverflowError."""
    days, part = divmod(serial, 1)
    seconds = round(part * 86_400)
    found = zero + timedelta(days=int(days), seconds=seconds)
    return found if seconds else found.date()


def _within(moment: float) -> float:
    if not (math.isfinite(moment) and EARLIEST <= moment < LATEST):
        raise ValueError("a moment before 1990 or after 2099 cannot be meant; correct it")
    return moment


def _dated(day: date) -> date:
    if not 1990 <= day.year <= 2099:
        raise ValueError("a date before 1990 or after 2099 cannot be meant; correct it")
    return day


def _parts(groups: tuple[str | None, ...], zone: ZoneInfo) -> Moment:
    """Of year, month, day, hour, minute, second; a date where there is no hour. 24:00 is the end of its day."""
    year, month, day = (int(each or 0) for each in groups[:3])
    if groups[3] is None:
        return date(year, month, day)
    hour, minute, second = (int(each or 0) for each in groups[3:6])
    if (hour, minute, second) == (24, 0, 0):
        return midnight(date(year, month, day) + timedelta(days=1), zone)
    return datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp()


def _iso(text: str, zone: ZoneInfo) -> Moment | None:
    found = _ISO.match(text)
    if found is None:
        return None
    offset = found[7]
    if offset is None or found[4] is None:
        return _parts(found.groups(), zone)
    shift = 0.0 if offset == "Z" else _seconds(offset)
    moment = _parts(found.groups(), _UTC)
    return moment if isinstance(moment, date) else moment - shift


def _seconds(offset: str) -> float:
    digits = offset[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise ValueError(f"no zone is {offset}")
    return (1 if offset[0] == "+" else -1) * (hours * 3_600.0 + minutes * 60.0)


def _compact(text: str, zone: ZoneInfo) -> Moment | None:
    found = _COMPACT.match(text)
    return _parts(found.groups(), zone) if found else None


def _day_first(text: str, zone: ZoneInfo) -> Moment | None:
    found = _SLASHED.match(text)
    return _parts((found[3], found[2], found[1], *found.groups()[3:]), zone) if found else None


def _month_first(text: str, zone: ZoneInfo) -> Moment | None:
    found = _SLASHED.match(text)
    return _parts((found[3], found[1], found[2], *found.groups()[3:]), zone) if found else None


def _excel(text: str, zone: ZoneInfo) -> Moment | None:
    if not _SERIAL.match(text):
        return None
    found = excel_moment(float(text))
    return found.replace(tzinfo=zone).timestamp() if isinstance(found, datetime) else found


def _epoch(text: str, zone: ZoneInfo) -> Moment | None:
    return float(text) if _SECONDS.match(text) else None


def _epoch_ms(text: str, zone: ZoneInfo) -> Moment | None:
    return float(text) / 1_000 if _MILLISECONDS.match(text) else None


_READ: Mapping[Form, Callable[[str, ZoneInfo], Moment | None]] = {
    Form.ISO: _iso,
    Form.COMPACT: _compact,
    Form.DAY_FIRST: _day_first,
    Form.MONTH_FIRST: _month_first,
    Form.EXCEL: _excel,
    Form.EPOCH: _epoch,
    Form.EPOCH_MS: _epoch_ms,
}
