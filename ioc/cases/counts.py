"""The figures: sums of the shares of every case, by unit, procedure and officer, of now and of days, months and years.

Only figures that are not zero are kept, so that two ways to the same cases give equal counts. Of days, months and
years the present and the last are kept, and what is dated ahead; older ones stand in the file's daily sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from ioc.cases.contribution import NOW, Share
from ioc.cases.model import Kind

UNIT, PROCEDURE, OFFICER = "unit", "procedure", "officer"
PRESENT = ""
"""the period of what is so now"""


class Place(NamedTuple):
    """What a figure is of: a unit and what is below it, a procedure or an officer, for one kind of case."""

    kind: Kind
    axis: str
    value: str


Names = dict[str, int]
_LENGTHS = (10, 7, 4)
"""characters of a day, a month and a year in ISO 8601"""


class Counts:
    """Counts by place, period and name; `touched` are the places that changed since it was last taken."""

    def __init__(self, today: date) -> None:
        self._at: dict[Place, dict[str, Names]] = {}
        self._oldest = _oldest(today)
        self.touched: set[Place] = set()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self._at == other._at

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, share: Share, n: int = 1) -> None:
        """Count a share n times; a negative n takes it away."""
        periods = (PRESENT,) if share.day == NOW else self._kept(share.day)
        for place in places_of(share):
            for period in periods:
                self._grow(place, period, share.names, n)

    def read(self, place: Place) -> Mapping[str, Mapping[str, int]]:
        """The counts of a place by period: PRESENT, or a day, month or year in ISO 8601."""
        return self._at.get(place, {})

    def copy(self) -> Counts:
        """The same counts, which later changes do not reach."""
        other = Counts(date.min + timedelta(days=400))
        other._oldest = self._oldest
        other._at = {
            place: {period: dict(names) for period, names in periods.items()}
            for place, periods in self._at.items()
        }
        return other

    def swap(self, had: Share | None, has: Share | None) -> None:
        """Count one share of now instead of another; of what is the same nothing is touched."""
        if had is None or has is None or (had.kind, had.names) != (has.kind, has.names):
            if had is not None:
                self.add(had, -1)
            if has is not None:
                self.add(has)
            return
        for axis, left, entered in (
            (UNIT, had.units, has.units),
            (PROCEDURE, (had.procedure,), (has.procedure,)),
            (OFFICER, (had.officer,), (has.officer,)),
        ):
            if left != entered:
                for values, n in ((left, -1), (entered, 1)):
                    for value in filter(None, values):
                        self._grow(place_of(has.kind, axis, value), PRESENT, has.names, n)

    def load(self, place: Place, day: int, name: str, n: int) -> None:
        """Add n to one count of each period of a day that is kept."""
        for period in self._kept(day):
            self._grow(place, period, (name,), n)

    def take(self) -> set[Place]:
        """The places that changed since the last call."""
        touched, self.touched = self.touched, set()
        return touched

    def turn(self, today: date) -> None:
        """Let go of the periods that are over for longer than one."""
        self._oldest = _oldest(today)
        for place, periods in list(self._at.items()):
            gone = [each for each in periods if each and not self._keeps(each)]
            for period in gone:
                del periods[period]
            if gone:
                self.touched.add(place)
            if not periods:
                del self._at[place]

    def differences(self, other: Counts) -> Iterator[str]:
        """A sentence for each count that is another in two countings of the same cases."""
        for place in sorted(self._at.keys() | other._at.keys()):
            mine, theirs = _flat(self.read(place)), _flat(other.read(place))
            for period, name in sorted(mine.keys() | theirs.keys()):
                here, there = mine.get((period, name), 0), theirs.get((period, name), 0)
                if here != there:
                    yield f"{'/'.join(place)} {period or 'now'} {name}: {here}, recounted {there}"

    def __len__(self) -> int:
        return len(self._at)

    def _kept(self, day: int) -> list[str]:
        return [each for each in periods_of(day) if self._keeps(each)]

    def _keeps(self, period: str) -> bool:
        return period >= self._oldest[len(period)]

    def _grow(self, place: Place, period: str, names: Iterable[str], n: int) -> None:
        self.touched.add(place)
        periods = self._at.setdefault(place, {})
        counts = periods.setdefault(period, {})
        for name in names:
            grown = counts.get(name, 0) + n
            if grown:
                counts[name] = grown
            else:
                counts.pop(name, None)
        if not counts:
            del periods[period]
            if not periods:
                del self._at[place]


@lru_cache(maxsize=65_536)
def place_of(kind: Kind, axis: str, value: str) -> Place:
    """One place, the same object each time: it is looked up by far more often than made."""
    return Place(kind, axis, value)


@lru_cache(maxsize=65_536)
def _unit_places(kind: Kind, units: tuple[str, ...]) -> tuple[Place, ...]:
    return tuple(place_of(kind, UNIT, unit) for unit in units if unit)


def places_of(share: Share) -> tuple[Place, ...]:
    """Where a share is counted."""
    procedure = (place_of(share.kind, PROCEDURE, share.procedure),) if share.procedure else ()
    officer = (place_of(share.kind, OFFICER, share.officer),) if share.officer else ()
    return (*_unit_places(share.kind, share.units), *procedure, *officer)


@lru_cache(maxsize=4_096)
def periods_of(day: int) -> tuple[str, str, str]:
    """The day, month and year of an ordinal, in ISO 8601."""
    written = date.fromordinal(day).isoformat()
    return written, written[:7], written[:4]


def first_day(today: date) -> date:
    """The first day that any period kept has in it."""
    return date(today.year - 1, 1, 1)


def _oldest(today: date) -> dict[int, str]:
    """The first period kept, by the length of its name."""
    before = (
        today - timedelta(days=1),
        today.replace(day=1) - timedelta(days=1),
        today.replace(month=1, day=1) - timedelta(days=1),
    )
    return {length: day.isoformat()[:length] for length, day in zip(_LENGTHS, before, strict=True)}


def _flat(periods: Mapping[str, Mapping[str, int]]) -> dict[tuple[str, str], int]:
    return {(period, name): n for period, names in periods.items() for name, n in names.items()}
