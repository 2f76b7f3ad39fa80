"""The values of one row, read as texts and moments; what is wrong with one is kept as a fault of that row.

Where a date has no time, a due is the end of its day's last session and everything else its beginning, yet not before
what came earlier on that day by a moment that is known. What has happened cannot be more than a day ahead of now: such
a moment is left out, or a wrong year would win over every correction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from collectors.casedates import Form, Moment, day_of, midnight, moment_of
from collectors.casepicks import Get, Row, plain
from ioc.cases.model import Fault, Stage
from ioc.legible import legible

AHEAD = 86_400.0
"""seconds that another system's clock may be before ours"""
SHOWN = 80
"""characters of a value that a finding shows"""
LONGEST = {"id": 128, "applicant": 2_000, "subject": 2_000}
LONGEST_TEXT = 200
PRIVATE = frozenset({"applicant", "subject"})
"""fields whose values no finding shows"""


class RowFault(NamedTuple):
    """Something wrong with one row: where, with which value, and what to do."""

    row: int
    column: str
    value: str
    fault: Fault
    what: str

    def __str__(self) -> str:
        return f'row {self.row}, {self.column}: "{self.value}": {self.what}'


@dataclass(frozen=True, slots=True)
class Known:
    """What is known here of another system's codes and dates; see `collectors.feed.Around`."""

    zone: ZoneInfo
    unit_of: Callable[[str, str], str | None]
    stage_of: Callable[[str, str], Stage | None]
    day_end: Callable[[date], float]


class Place(NamedTuple):
    """Where a field stands in a row; `column` is how a fault names it."""

    name: str
    column: str
    get: Get
    forms: tuple[Form, ...]


class Values:
    """One row's values, and what is wrong with them."""

    __slots__ = ("_known", "_latest", "_nothing", "faults", "number", "row")

    def __init__(self, row: Row, number: int, known: Known, nothing: frozenset[str], now: float) -> None:
        self.row, self.number, self._latest = row, number, now + AHEAD
        self._known, self._nothing = known, nothing
        self.faults: list[RowFault] = []

    def value(self, place: Place, row: Row) -> object:
        """What stands at a place, as it came; None where nothing does."""
        try:
            return place.get(row)
        except ValueError as error:
            self.fault(place, "", Fault.UNREADABLE, str(error))
            return None

    def text(self, place: Place | None) -> str:
        """A text, cut where it is too long; empty where the row says nothing."""
        if place is None:
            return ""
        value = self.value(place, self.row)
        try:
            text = plain(value)
        except ValueError as error:
            self.fault(place, value, Fault.UNREADABLE, str(error))
            return ""
        most = LONGEST.get(place.name, LONGEST_TEXT)
        if len(text) > most:
            self.fault(place, text, Fault.UNREADABLE, f"longer than {most} characters; the rest is cut")
            text = text[:most].rstrip()
        return "" if text in self._nothing else text

    def begun(self, place: Place | None, row: Row, earlier: float | None = None) -> float | None:
        """When something was; a date alone is its beginning, yet not before what was `earlier` on that date."""
        moment = self._moment(place, row)
        if place is None or moment is None:
            return None
        at = self._beginning(moment, earlier) if isinstance(moment, date) else moment
        if at <= self._latest:
            return at
        value = self.value(place, row)
        self.fault(place, value, Fault.IMPOSSIBLE_TIME, "more than a day ahead of now; correct it")
        return None

    def ended(self, place: Place | None, row: Row) -> float | None:
        """A moment; a date alone is the end of its day's last session."""
        moment = self._moment(place, row)
        if place is None or not isinstance(moment, date):
            return moment if isinstance(moment, float) else None
        try:
            return self._known.day_end(moment)
        except ValueError as error:
            self.fault(place, self.value(place, row), Fault.UNREADABLE, str(error))
            return None

    def fault(self, place: Place, value: object, fault: Fault, what: str) -> None:
        """Note what is wrong with a place's value."""
        shown = "" if place.name in PRIVATE else short(value)
        self.faults.append(RowFault(self.number, place.column, shown, fault, what))

    def _beginning(self, day: date, earlier: float | None) -> float:
        zone = self._known.zone
        begin = midnight(day, zone)
        return earlier if earlier is not None and begin < earlier and day_of(earlier, zone) == day else begin

    def _moment(self, place: Place | None, row: Row) -> Moment | None:
        if place is None:
            return None
        value = self.value(place, row)
        if value is None or (isinstance(value, str) and value.strip() in self._nothing):
            return None
        try:
            return moment_of(value, place.forms, self._known.zone)
        except ValueError as error:
            self.fault(place, value, Fault.UNREADABLE, str(error))
            return None


def short(value: object) -> str:
    """A value as a fault shows it: on one line, and not much of it."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        text = "an object"
    elif isinstance(value, list | tuple):
        text = "a list"
    else:
        text = legible(value[: SHOWN + 1] if isinstance(value, str) else str(value)[: SHOWN + 1])
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
