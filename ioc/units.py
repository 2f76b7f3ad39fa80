"""The tree of units, as it stands at a date.

A unit keeps its id for ever; its name, codes and parent are attributes with validity dates, since districts
come and go (none since July 2025) and communes merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Span:
    """A unit's attributes from `start` (included) to `end` (excluded); None is open."""

    name: str
    parent: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    """by scheme: `qcvn102`, `qd20`, `gso`"""
    start: date | None = None
    end: date | None = None
    level: str = ""
    """what the body is, in the province's own words: `province`, `district`, `commune`"""

    def holds(self, at: date) -> bool:
        """Whether these attributes hold at a date."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Unit:
    """A body of the administration, by its stable id."""

    id: str
    spans: tuple[Span, ...]

    def at(self, day: date) -> Span | None:
        """The attributes that hold at a date, None when the unit does not exist then."""
        return next((span for span in self.spans if span.holds(day)), None)


class Units:
    """All units; every question names its date."""

    def __init__(self, units: Iterable[Unit] = ()) -> None:
        self._units = {unit.id: unit for unit in units}

    def __contains__(self, unit: str) -> bool:
        return unit in self._units

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units.values())

    def __len__(self) -> int:
        return len(self._units)

    def get(self, unit: str, day: date) -> Span | None:
        """A unit's attributes at a date."""
        here = self._units.get(unit)
        return here.at(day) if here else None

    def ancestors(self, unit: str, day: date) -> Iterator[str]:
        """The units above one at a date, nearest first; stops rather than run in a circle."""
        seen = {unit}
        span = self.get(unit, day)
        while span is not None and span.parent and span.parent not in seen:
            yield span.parent
            seen.add(span.parent)
            span = self.get(span.parent, day)

    def children(self, unit: str, day: date) -> Iterator[str]:
        """The units directly below one at a date."""
        for each in self._units.values():
            span = each.at(day)
            if span is not None and span.parent == unit:
                yield each.id
