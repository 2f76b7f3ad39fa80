"""Schedules, from what was written: layers, overrides, swaps and calendar files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ioc.config import calendars, duty_schema
from ioc.config.claims import ClaimOf, nothing_claimed
from ioc.config.directory import Directory, Piece
from ioc.config.faults import Faults, Place
from ioc.config.fit import fit
from ioc.config.known import Known
from ioc.config.scalars import written as as_written
from ioc.duty import Booking, Layer, Override, Person, Schedule, Swap
from ioc.worktime import WorkCalendar

MOST_ICAL_BYTES = 1_000_000
LONGEST_TURN_HOURS = 366 * 24
Written = duty_schema.Schedule


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is wrong with a calendar file, or that it says in vain (`harmless`), at a line of it."""

    line: int
    what: str
    value: str = ""
    hint: str = ""
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """What a calendar file holds."""

    bookings: tuple[Booking, ...] = ()
    problems: tuple[Entry, ...] = ()


ReadIcal = Callable[[str, Mapping[str, Person], ZoneInfo, date], Booked]
"""reads an iCalendar file's text for these people from a day on, times without a zone by this zone"""
FindGaps = Callable[[Schedule, float, Mapping[str, WorkCalendar]], Sequence[tuple[float, float]]]
"""civil spans of the coming month in which nobody is on call although somebody should be"""


def _no_ical(text: str, people: Mapping[str, Person], zone: ZoneInfo, day: date) -> Booked:
    return Booked()


def _no_gaps(
    schedule: Schedule, civil: float, calendars: Mapping[str, WorkCalendar]
) -> Sequence[tuple[float, float]]:
    return ()


def _always(channel: str, options: BaseModel) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Hooks:
    """What alerting knows of duty, so that configuration can judge it.

    `addressed` says whether a channel with some options goes somewhere by itself, and not only to people, `claim` what
    it does that no other receiver may do too.
    """

    ical: ReadIcal = field(default=_no_ical)
    gaps: FindGaps = field(default=_no_gaps)
    addressed: Callable[[str, BaseModel], bool] = field(default=_always)
    claim: ClaimOf = field(default=nothing_claimed)


NO_HOOKS = Hooks()


class Schedules:
    """Makes schedules; `people` are those whose entries are sound."""

    def __init__(
        self,
        directory: Directory,
        zone: ZoneInfo | None,
        hours: Mapping[str, WorkCalendar],
        people: Mapping[str, Person],
        known: Known,
        hooks: Hooks,
        today: date,
        faults: Faults,
    ) -> None:
        self._directory = directory
        self._zone = zone
        self._hours = hours
        self._people = people
        self._known = known
        self._hooks = hooks
        self._today = today
        self._faults = faults

    def schedule(self, id: str, piece: Piece) -> Schedule | None:
        """One that is sound as far as its own keys go; who and what it names is judged too."""
        written = fit(Written, piece, self._faults, "schedule")
        if written is None:
            return None
        zone = self._zone
        if written.timezone is not None:
            zone = calendars.zone(written.timezone, piece, self._faults)
        self._check(id, written, piece)
        if zone is None:
            return None
        return Schedule(
            id,
            written.name,
            zone,
            layers=tuple(map(_layer, written.layers)),
            overrides=tuple(Override(each.start, each.end, _once(each.people)) for each in written.overrides),
            swaps=tuple(Swap(each.start, each.end, each.one, each.other) for each in written.swaps),
            bookings=self._bookings(written, piece, zone),
            cover=written.cover.calendar if written.cover else "",
            cover_closed=written.cover is not None and written.cover.is_ == "closed",
        )

    def tell_gaps(self, schedule: Schedule, piece: Piece) -> None:
        """Warn of the coming month's hours with nobody; of a schedule whose calendars are all sound."""
        midnight = datetime.combine(self._today, time(), schedule.zone).timestamp()
        found = self._hooks.gaps(schedule, midnight, self._hours)
        if found:
            first = " to ".join(_shown(each, schedule.zone) for each in found[0])
            count = "once" if len(found) == 1 else f"{len(found)} times"
            hint = f"{count} in the 30 days from {self._today}, first {first}"
            self._faults.warn("duty-gap", piece.place(), "nobody is on call in schedule", schedule.id, hint)

    def _check(self, id: str, written: Written, piece: Piece) -> None:
        for index, layer in enumerate(written.layers):
            self._check_layer(layer, piece.within("layers").within(index))
        for index, override in enumerate(written.overrides):
            self._check_change(override, piece.within("overrides").within(index))
        for index, swap in enumerate(written.swaps):
            self._check_change(swap, piece.within("swaps").within(index))
        if written.cover is not None:
            self._expect("calendar", written.cover.calendar, piece.place("cover", "calendar"))
        if not written.layers and not written.overrides and written.ical is None:
            hint = "give layers, or an ical file"
            self._faults.add("rotation-of-nobody", piece.place(), "schedule that calls nobody:", id, hint)

    def _check_layer(self, layer: duty_schema.Layer, piece: Piece) -> None:
        for index, turn in enumerate(layer.turns):
            for id in turn:
                self._expect("person", id, piece.place("turns", index))
        if not any(layer.turns):
            hint = "name somebody, or leave the layer out"
            self._faults.add(
                "rotation-of-nobody", piece.place("turns"), "layer whose turns are all empty", "", hint
            )
        if layer.while_ is not None:
            self._expect("calendar", layer.while_.calendar, piece.place("while", "calendar"))
        hours = layer.every / 3600
        if hours != int(hours) or not 1 <= hours <= LONGEST_TURN_HOURS:
            what, hint = "turn that cannot last", "whole hours, from 1h to 366d"
            self._faults.add("impossible-rotation", piece.place("every"), what, as_written(layer.every), hint)

    def _check_change(self, change: duty_schema.Override | duty_schema.Swap, piece: Piece) -> None:
        if change.end <= change.start:
            hint = "end is the moment at which it is over"
            what = "change that ends before it starts:"
            self._faults.add(
                "impossible-span", piece.place("end"), what, f"{change.end:%Y-%m-%d %H:%M}", hint
            )
        if isinstance(change, duty_schema.Override):
            for id in change.people:
                self._expect("person", id, piece.place("people"))
            return
        self._expect("person", change.one, piece.place("one"))
        self._expect("person", change.other, piece.place("other"))
        if change.one == change.other:
            what, hint = "swap of one person with themselves:", "name two"
            self._faults.add("impossible-swap", piece.place("other"), what, change.one, hint)

    def _bookings(self, written: Written, piece: Piece, zone: ZoneInfo) -> tuple[Booking, ...]:
        if written.ical is None:
            return ()
        text = self._directory.text(written.ical, piece.place("ical"), MOST_ICAL_BYTES)
        if text is None:
            return ()
        booked = self._hooks.ical(text, self._people, zone, self._today)
        for each in booked.problems:
            place = Place(written.ical, each.line)
            if each.harmless:
                self._faults.warn("unassigned-event", place, each.what, each.value, each.hint)
            else:
                self._faults.add("bad-ical", place, each.what, each.value, each.hint)
        return booked.bookings

    def _expect(self, kind: str, id: str, place: Place) -> None:
        self._known.expect(kind, id, place, self._faults)


def _layer(written: duty_schema.Layer) -> Layer:
    days, hours = divmod(int(written.every // 3600), 24)
    return Layer(
        turns=tuple(_once(each) for each in written.turns),
        start=written.start,
        days=0 if hours else days,
        hours=days * 24 + hours if hours else 0,
        calendar=written.while_.calendar if written.while_ else "",
        closed=written.while_ is not None and written.while_.is_ == "closed",
        daily=written.daily,
    )


def _once(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _shown(civil: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(civil, zone):%Y-%m-%d %H:%M}"
