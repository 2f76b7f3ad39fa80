"""One row of the national sync shape: its fields as texts and moments; what is wrong with one costs that field alone.

Dates are `yyyyMMddHHmmss` in the center's zone, "" where there is none; a time of 000000 is a date without a time. What
has happened cannot lie ahead: such a moment is left out, or a wrong year would win over every correction.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from collectors.casedates import Form, Moment, day_of, midnight, moment_of
from ioc.cases.model import Fault, Finding, Kind, Stage, key_of
from ioc.legible import legible

LONGEST_CODE = 100
LONGEST_TEXT = 500
SHOWN = 80
"""characters of a wrong value that are shown"""
AHEAD = 86_400.0
"""seconds that a portal's clock may be before ours"""
RECEIVED_AHEAD = 31 * 86_400.0
"""the same of a reception: what comes after hours is dated to the next working day, over Tết too"""
PRIVATE = frozenset({"ChuHoSo", "TrichYeuHoSo", "NguoiXuLy"})
"""fields whose values no finding shows"""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FORMS = (Form.COMPACT,)


@dataclass(frozen=True, slots=True)
class Reading:
    """What rows are read by; `heard` is when they came, in civil seconds.

    `unit_of` is our id of a unit by its code or name, `stage_of` what a status means; None for what nobody knows.
    """

    source: str
    zone: ZoneInfo
    heard: float
    unit_of: Callable[[str], str | None]
    stage_of: Callable[[str], Stage | None]
    day_end: Callable[[date], float]
    channels: Mapping[str, str]


class Wrong(NamedTuple):
    """One thing that is wrong with a row: in which field, with which value, and why."""

    row: int
    id: str
    field: str
    fault: Fault
    value: str
    what: str
    kept: str = ""
    """the value as merging tells of the same fault, so that it is one finding"""

    def finding(self, source: str) -> Finding:
        """What is kept of it; of a row of no case it names the row."""
        where = self.field if self.id else f"row {self.row}, {self.field}"
        key = key_of(Kind.DOSSIER, self.id) if self.id else ""
        return Finding(key, self.fault, source, self.kept or f'{where}: "{self.value}": {self.what}')


class Row:
    """Takes fields out of one row; `wrong` is what is wrong with those taken so far."""

    __slots__ = ("_row", "by", "id", "n", "wrong")

    def __init__(self, n: int, row: Mapping[str, Any], by: Reading) -> None:
        self.n, self._row, self.by = n, row, by
        self.id = ""
        self.wrong: list[Wrong] = []

    def note(self, field: str, fault: Fault, value: object, what: str, kept: str = "") -> None:
        """Note what is wrong with a field's value."""
        shown = "" if field in PRIVATE else legible(short(value))[:SHOWN]
        self.wrong.append(Wrong(self.n, self.id, field, fault, shown, what, kept))

    def value(self, field: str) -> Any:
        """What stands there, as it came."""
        return self._row.get(field)

    def text(self, field: str, most: int = LONGEST_CODE) -> str:
        """A field as text, "" for none."""
        value = self._row.get(field)
        if isinstance(value, str):
            text = clean(value)
        elif value is None:
            return ""
        elif _is_number(value):
            text = f"{value:.0f}" if float(value).is_integer() else repr(value)
        else:
            self.note(field, Fault.UNREADABLE, value, "not a text; write it in quotation marks")
            return ""
        if len(text) > most:
            self.note(field, Fault.UNREADABLE, text, f"{len(text):,} characters; the first {most} are kept")
        return text[:most]

    def past(self, field: str, earlier: float | None = None, ahead: float = AHEAD) -> float | None:
        """When something happened; a date alone is its beginning, yet not before what was `earlier` on it."""
        return self._past(field, self._row.get(field), earlier, ahead)

    def promised(self, field: str) -> float | None:
        """When something is due; a date alone is the end of its last session."""
        return self._promised(field, self._row.get(field))

    def within(self, outer: str, n: int, inner: Mapping[str, Any]) -> Inner:
        """A row within this one, whose wrongs are this one's."""
        return Inner(self, f"{outer}[{n}].", inner)

    def _past(self, field: str, value: object, earlier: float | None, ahead: float) -> float | None:
        found = self._moment(field, value)
        if found is None:
            return None
        moment = found if isinstance(found, float) else self._beginning(found, earlier)
        if moment <= self.by.heard + ahead:
            return moment
        self.note(field, Fault.IMPOSSIBLE_TIME, value, "lies in the future; correct it")
        return None

    def _promised(self, field: str, value: object) -> float | None:
        found = self._moment(field, value)
        if found is None or isinstance(found, float):
            return found
        try:
            return self.by.day_end(found)
        except ValueError as error:  # a year that the calendar does not know
            self.note(field, Fault.IMPOSSIBLE_TIME, value, str(error))
            return None

    def _moment(self, field: str, value: object) -> Moment | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            found = moment_of(value, _FORMS, self.by.zone)
        except ValueError as error:
            what = str(error).removesuffix(", or name its form in `forms`")
            self.note(field, Fault.UNREADABLE, value, what)
            return None
        if not isinstance(found, float):
            return found
        local = datetime.fromtimestamp(found, self.by.zone)
        return local.date() if local.time() == time.min else found

    def _beginning(self, day: date, earlier: float | None) -> float:
        begin = midnight(day, self.by.zone)
        same = earlier is not None and earlier > begin and day_of(earlier, self.by.zone) == day
        return earlier if same and earlier is not None else begin


class Inner:
    """A row within a row, such as one request for papers."""

    __slots__ = ("_name", "_outer", "_row")

    def __init__(self, outer: Row, name: str, row: Mapping[str, Any]) -> None:
        self._outer, self._name, self._row = outer, name, row

    def note(self, field: str, fault: Fault, what: str, kept: str = "") -> None:
        """Note what is wrong with a field."""
        self._outer.note(self._name + field, fault, self._row.get(field), what, kept)

    def past(self, field: str, earlier: float | None = None) -> float | None:
        """As of a row."""
        return self._outer._past(self._name + field, self._row.get(field), earlier, AHEAD)

    def promised(self, field: str) -> float | None:
        """As of a row."""
        return self._outer._promised(self._name + field, self._row.get(field))

    def says(self, field: str) -> bool:
        """Whether anything stands there."""
        return bool(self._row.get(field))


def clean(text: str) -> str:
    """A text composed, on one line, and without what controls a terminal."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return (
        composed if composed.isprintable() else _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", composed)
    ).strip()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def short(value: object) -> str:
    """A value as a fault shows it."""
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list) else str(value)
