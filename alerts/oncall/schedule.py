"""Who is on call: layers, overrides and swaps as one answer for every moment. Pure; times are civil seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from alerts.oncall import rotation
from ioc.duty import Layer, Override, Schedule, Swap
from ioc.worktime import WorkCalendar

Change = Override | Swap
"""what people change of a schedule, in the configuration or on screen"""
C = TypeVar("C", Override, Swap)


@dataclass(frozen=True, slots=True)
class Shift:
    """The same people on call from `start` until `end` (excluded), and which part of the schedule says so.

    `because` is `override`, `layer N` (from 1), `calendar` or `nobody`, and `, swap` after it where one changed it.
    """

    start: float
    end: float
    people: tuple[str, ...]
    because: str


def on_call(
    schedule: Schedule, civil: float, calendars: Mapping[str, WorkCalendar], changes: Sequence[Change] = ()
) -> tuple[str, ...]:
    """The ids of the people who are on call at a moment; empty when nobody is."""
    return _Roll(schedule, calendars, changes, civil, civil).at(civil)[0]


def shifts(
    schedule: Schedule,
    start: float,
    end: float,
    calendars: Mapping[str, WorkCalendar],
    changes: Sequence[Change] = (),
) -> list[Shift]:
    """Every shift between two moments, one after the other without a hole; a shift of nobody has no people."""
    if not start < end:
        return []
    roll = _Roll(schedule, calendars, changes, start, end)
    edges = [start, *roll.edges(start, end), end]
    pieces = (Shift(first, last, *roll.at(first)) for first, last in pairwise(edges))
    return _joined(pieces, lambda shift: (shift.people, shift.because))


def turns(found: Iterable[Shift]) -> list[Shift]:
    """Shifts that follow each other with the same people as one, whatever part of the schedule says so."""
    return _joined(found, lambda shift: shift.people)


def edges(calendar: WorkCalendar, start: float, end: float) -> Iterator[float]:
    """When a calendar opens and closes, after one moment and before another."""
    edge = calendar.next_edge(start)
    while edge is not None and edge < end:
        yield edge
        edge = calendar.next_edge(edge)


def _joined(found: Iterable[Shift], same: Callable[[Shift], object]) -> list[Shift]:
    out: list[Shift] = []
    for shift in found:
        if out and same(out[-1]) == same(shift):
            out[-1] = replace(out[-1], end=shift.end)
        else:
            out.append(shift)
    return out


Answer = tuple[tuple[str, ...], str]
NOBODY: Answer = ((), "nobody")


@dataclass(frozen=True, slots=True)
class _Span:
    """A change between two civil moments."""

    start: float
    end: float
    what: Change


class _Roll:
    """A schedule with its changes between two moments, their local times found once."""

    def __init__(
        self,
        schedule: Schedule,
        calendars: Mapping[str, WorkCalendar],
        changes: Sequence[Change],
        start: float,
        end: float,
    ) -> None:
        self._schedule = schedule
        self._calendars = calendars
        self._overrides = self._spans((*schedule.overrides, *_of(Override, changes)), start, end)
        self._swaps = self._spans((*schedule.swaps, *_of(Swap, changes)), start, end)
        self._bookings = [each for each in schedule.bookings if each.start <= end and start < each.end]

    def at(self, civil: float) -> Answer:
        """Who is on call at a moment, and why."""
        people, because = self._overridden(civil) or self._layered(civil) or self._booked(civil) or NOBODY
        swapped = people
        for span in self._swaps:
            if span.start <= civil < span.end and isinstance(span.what, Swap):
                swapped = _swapped(swapped, span.what)
        return swapped, because if swapped == people else f"{because}, swap"

    def edges(self, start: float, end: float) -> list[float]:
        """Every moment between two at which the answer may change, in order."""
        found: set[float] = set()
        for span in (*self._overrides, *self._swaps):
            found |= {span.start, span.end}
        for booking in self._bookings:
            found |= {booking.start, booking.end}
        for layer in self._schedule.layers:
            found.update(self._edges_of(layer, start, end))
        return sorted(each for each in found if start < each < end)

    def _overridden(self, civil: float) -> Answer | None:
        for span in reversed(self._overrides):
            if span.start <= civil < span.end and isinstance(span.what, Override):
                return span.what.people, "override"
        return None

    def _layered(self, civil: float) -> Answer | None:
        layers = self._schedule.layers
        for number in range(len(layers), 0, -1):
            if people := self._of_layer(layers[number - 1], civil):
                return people, f"layer {number}"
        return None

    def _of_layer(self, layer: Layer, civil: float) -> tuple[str, ...]:
        zone = self._schedule.zone
        number = rotation.turn(layer, civil, zone)
        if number is None or not layer.turns:
            return ()
        if layer.daily is not None and not rotation.in_daily(layer.daily, civil, zone):
            return ()
        if layer.calendar and self._calendars[layer.calendar].open_at(civil) is layer.closed:
            return ()
        return layer.turns[number % len(layer.turns)]

    def _booked(self, civil: float) -> Answer | None:
        people = [id for each in self._bookings if each.start <= civil < each.end for id in each.people]
        return (tuple(dict.fromkeys(people)), "calendar") if people else None

    def _edges_of(self, layer: Layer, start: float, end: float) -> Iterator[float]:
        zone = self._schedule.zone
        yield from rotation.handovers(layer, start, end, zone)
        if layer.daily is not None:
            yield from rotation.daily_edges(layer.daily, start, end, zone)
        if layer.calendar:
            yield from edges(self._calendars[layer.calendar], start, end)

    def _spans(self, changes: Iterable[Change], start: float, end: float) -> list[_Span]:
        zone = self._schedule.zone
        spans = (
            _Span(rotation.moment(each.start, zone), rotation.moment(each.end, zone), each)
            for each in changes
        )
        return [span for span in spans if span.start <= end and start < span.end]


def _of(kind: type[C], changes: Iterable[Change]) -> Iterator[C]:
    return (each for each in changes if isinstance(each, kind))


def _swapped(people: tuple[str, ...], swap: Swap) -> tuple[str, ...]:
    exchanged = {swap.one: swap.other, swap.other: swap.one}
    return tuple(exchanged.get(each, each) for each in people)
