"""Who is on call, minute by minute and without cleverness: what the clocks have shown at most so far decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ioc.duty import Layer, Override, Schedule, Swap
from ioc.worktime import WorkCalendar

MINUTE = 60


class Oracle:
    """Walks through time from `start`; `at` is asked for ever later minutes.

    The clocks on the wall may go back, but what they have shown before is not undone: the latest time that they have
    shown so far is what rotations, windows and changes go by.
    """

    def __init__(self, schedule: Schedule, start: float, calendars: Mapping[str, WorkCalendar]) -> None:
        self._schedule = schedule
        self._calendars = calendars
        self._minute = int(start) // MINUTE * MINUTE - 2 * 86_400
        self._shown = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)

    def at(self, civil: int, changes: Sequence[Override | Swap] = ()) -> tuple[str, ...]:
        while self._minute <= civil:
            utc = datetime.fromtimestamp(self._minute, UTC)
            self._shown = max(self._shown, utc.astimezone(self._schedule.zone).replace(tzinfo=None))
            self._minute += MINUTE
        people = self._people(civil, changes)
        for swap in (*self._schedule.swaps, *changes):
            if isinstance(swap, Swap) and swap.start <= self._shown < swap.end:
                turned = {swap.one: swap.other, swap.other: swap.one}
                people = tuple(turned.get(each, each) for each in people)
        return people

    def _people(self, civil: int, changes: Sequence[Override | Swap]) -> tuple[str, ...]:
        out: tuple[str, ...] = ()
        for layer in self._schedule.layers:
            out = self._layer(layer, civil) or out
        for change in (*self._schedule.overrides, *changes):
            if isinstance(change, Override) and change.start <= self._shown < change.end:
                out = change.people
        return out

    def _layer(self, layer: Layer, civil: int) -> tuple[str, ...]:
        if self._shown < layer.start:
            return ()
        if layer.calendar and self._calendars[layer.calendar].open_at(civil) == layer.closed:
            return ()
        if layer.daily is not None and not self._in_window(layer.daily):
            return ()
        handed, since = 0, layer.start
        length = timedelta(days=layer.days, hours=layer.hours)
        while since + length <= self._shown:
            since += length
            handed += 1
        return layer.turns[handed % len(layer.turns)]

    def _in_window(self, daily: tuple[int, int]) -> bool:
        minute = self._shown.hour * 60 + self._shown.minute
        first, last = daily
        return first <= minute < last if first < last else minute >= first or minute < last
