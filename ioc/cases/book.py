"""The book of cases: every open one in memory, every one in its file, figures and moments kept as updates come.

`apply` answers after the commit. Rows are folded behind it, in the order of their keys. Of a case that is over only
what is not in its row yet is in memory. Everything here belongs to one event loop; moments are civil seconds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from math import inf
from sys import intern
from typing import Any, NamedTuple

from ioc.cases.contribution import Above, Share, day_of, present, same_days, share_of_now, shares_of_days
from ioc.cases.counts import UNIT, Counts, first_day
from ioc.cases.file import CaseFile, Row, SumKey, sums_of
from ioc.cases.merge import merge
from ioc.cases.model import LIVE, UNKNOWN_UNIT, Case, Fault, Finding, Record, Stage, Update, kind_of
from ioc.cases.moments import Moments
from ioc.cases.packed import pack, pack_updates, unpack
from ioc.cases.standing import (
    Terms,
    Times,
    View,
    clock_of,
    closed_at,
    differing,
    next_moment,
    result_of,
    view_of,
)
from ioc.clock import Clock
from ioc.errors import NotCommitted
from ioc.state.ledger import settling
from ioc.telemetry import Telemetry

PIECE = 250
"""updates merged in one turn of the loop"""
ROWS = 500
"""rows written as one"""
FOLD_AT = 50_000
"""cases changed since their rows were written, at which they are; at four times as many updates wait for it"""
COALESCE = 0.1
"""seconds within which figures that change are published once"""
PATIENCE = 30.0
"""seconds after which the civil clock is looked at again, in case it jumped"""

Publish = Callable[[str, Mapping[str, Mapping[str, int]] | None], None]


class Turned(NamedTuple):
    """An open case that stands otherwise since its moment came."""

    key: str
    was: View
    now: View


class Slot:
    """An open case in memory."""

    __slots__ = ("hung", "packed", "received", "share", "times", "view")

    def __init__(
        self, packed: bytes, received: float | None, times: Times, view: View, share: Share | None
    ) -> None:
        self.packed = packed
        self.received = received
        self.times = times
        self.view = view
        self.share = share
        self.hung: float | None = None


class _Dirty:
    """A case that changed since its row was written; `was` is what that row has, None where there is none."""

    __slots__ = ("case", "private", "was")

    def __init__(self, case: Case, was: Case | None, private: tuple[str, str] | None) -> None:
        self.case = case
        self.was = was
        self.private = private


class Book:
    """Cases as they are now. `terms_mark` names the terms, so that sums counted by others are counted anew."""

    def __init__(
        self,
        file: CaseFile,
        terms: Terms,
        terms_mark: str,
        above: Above,
        clock: Clock,
        telemetry: Telemetry,
        publish: Publish,
    ) -> None:
        self._file, self._terms, self._above = file, terms, above
        self._terms_mark, self._clock, self._publish = terms_mark, clock, publish
        self._open: dict[str, Slot] = {}
        self._dirty: dict[str, _Dirty] = {}
        self._folding: dict[str, _Dirty] = {}
        self._fold: asyncio.Task[None] | None = None
        self._turn_of = asyncio.Lock()
        self._woken = asyncio.Event()
        self._waking = inf
        self._flushing: asyncio.TimerHandle | None = None
        now = self._seen = self._now()
        self._today = self._date(now)
        self.counts = Counts(self._today)
        self._moments = Moments(self._hung, now)
        self._count(telemetry)
        self._load(now)

    def __len__(self) -> int:
        return len(self._open)

    # --- updates ---

    async def apply(
        self,
        updates: Sequence[Update],
        findings: Iterable[Finding] = (),
        cursor: tuple[str, str] | None = None,
    ) -> None:
        """Merge updates, and return once they, what is wrong with them, and their source's cursor are in the file.

        `cursor` is (source, where it stands); it is kept with the last of them, when the others are. Raises
        NotCommitted when the file refuses, TypeError for text that is not Unicode; what was merged is told again
        without harm.
        """
        committed: list[asyncio.Future[int]] = []
        own = list(findings)
        for begin in range(0, max(len(updates), 1), PIECE):
            piece = updates[begin : begin + PIECE]
            last = begin + PIECE >= len(updates)
            body = pack_updates(piece)  # before anything is merged: it may be refused
            async with self._turn_of:
                known = await self._known(piece)
                found = [*own, *self._take(piece, known)]
                future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
                self._file.log(
                    body if piece else None, found, cursor if last else None, self._now(), settling(future)
                )
            own = []
            committed.append(future)
            await self._room()
        await asyncio.gather(*committed)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(COALESCE, self.flush)

    async def _known(self, piece: Sequence[Update]) -> dict[str, Case | None]:
        """The cases that a piece tells of, from memory or the file; None for one that is new."""
        keys = dict.fromkeys(each.key for each in piece)
        known = {key: self._held(key) for key in keys}
        missing = [key for key, case in known.items() if case is None]
        if missing:
            known.update(await asyncio.to_thread(self._file.find, missing))
        return known

    def _held(self, key: str) -> Case | None:
        dirty = self._dirty.get(key) or self._folding.get(key)
        if dirty is not None:
            return dirty.case
        slot = self._open.get(key)
        return None if slot is None else unpack(key, slot.packed)

    def _take(self, piece: Sequence[Update], known: Mapping[str, Case | None]) -> list[Finding]:
        """Merge a piece; what is wrong with it."""
        cases, findings = dict(known), list[Finding]()
        names: dict[str, tuple[str, str]] = {}
        for update in piece:
            was = cases[update.key]
            case, found = merge(was, update)
            if case is was:
                continue
            cases[update.key] = case
            findings += found
            if isinstance(update, Record):
                if update.applicant or update.subject:
                    names[update.key] = update.applicant, update.subject
                findings += self._differs(update)
        now = self._now()
        for key, merged in cases.items():
            if merged is not None and merged is not known[key]:
                self._become(known[key], merged, names.get(key), now)
        self._updates.n += len(piece)
        self._findings.n += len(findings)
        return findings

    def _differs(self, record: Record) -> Iterable[Finding]:
        computed = differing(record, self._terms)
        if computed is not None:
            value = f"{record.due:.0f}, computed {computed:.0f}"
            yield Finding(record.key, Fault.DUE_DIFFERS, record.source, value)

    def _become(self, was: Case | None, case: Case, private: tuple[str, str] | None, now: float) -> None:
        """Have a case be as it is now, in the figures, in memory and among what its row lacks."""
        for share, n in self._moved(was, case):
            self.counts.add(share, n)
        dirty = self._dirty.get(case.key)
        if dirty is None:
            self._dirty[case.key] = _Dirty(case, was, private)
        else:
            dirty.case, dirty.private = case, private or dirty.private
        self._hold(case, now)

    def _moved(self, was: Case | None, case: Case) -> list[tuple[Share, int]]:
        """What a change of a case takes from the figures of days and adds to them."""
        if was is not None and same_days(was, case):
            return []
        before = shares_of_days(was, self._terms, self._above) if was is not None else ()
        after = shares_of_days(case, self._terms, self._above)
        if before == after:
            return []
        return [*((share, -1) for share in before), *((share, 1) for share in after)]

    def _hold(self, case: Case, now: float) -> None:
        key = case.key
        old = self._open.get(key)
        if not is_live(case):
            if old is not None:
                del self._open[key]
                self._move(key, old, None)
            return
        times, received = clock_of(case, self._terms), case.record.received if case.record else None
        view = _VIEWS.setdefault(seen := view_of(times, received, now), seen)
        slot = Slot(pack(case), received, times, view, share_of_now(case, view, self._terms, self._above))
        self._open[key] = slot
        self._move(key, old, slot, now)

    def _move(self, key: str, old: Slot | None, new: Slot | None, now: float = 0.0) -> None:
        """Have figures and moments follow from one slot of a case to the next."""
        had, has = old.share if old else None, new.share if new else None
        if had != has:
            self.counts.swap(had, has)
        hung = old.hung if old else None
        if new is not None:
            new.hung = next_moment(new.times, new.received, now)
        self._moments.hang(key, hung, new.hung if new else None)
        if new is not None and new.hung is not None and new.hung < self._waking:
            self._woken.set()

    # --- moments ---

    async def run(self, told: Callable[[Sequence[Turned]], None]) -> None:
        """Turn cases as their moments come, until cancelled; `told` hears of those that stand otherwise."""
        while True:
            turned = self.turn()
            if turned:
                told(turned)
            self._woken.clear()
            following = self._moments.next()
            now = self._now()
            self._waking = min(now + PATIENCE, following or now + PATIENCE)
            wait = max(self._waking - now, 0.0)
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                pass

    def turn(self) -> list[Turned]:
        """Have every case whose moment has come stand as it does now, and publish what that changed."""
        now, was = self._now(), self._today
        today = self._date(now)
        if today != was:
            self._today = today
            self.counts.turn(today)
        self._seen = now
        turned = [each for key in self._moments.due(now) if (each := self._turned(key, now))]
        if turned or today != was:
            self.flush()
        return turned

    def _turned(self, key: str, now: float) -> Turned | None:
        slot = self._open.get(key)
        if slot is None or slot.share is None:
            return None
        was, seen = slot.view, view_of(slot.times, slot.received, now)
        slot.view = _VIEWS.setdefault(seen, seen)
        share = share_of_now(unpack(key, slot.packed), slot.view, self._terms, self._above)
        if share != slot.share:
            self.counts.swap(slot.share, share)
            slot.share = share
        slot.hung = next_moment(slot.times, slot.received, now)
        self._moments.hang(key, None, slot.hung)
        return Turned(key, was, slot.view)

    def flush(self) -> None:
        """Publish the figures of every unit that changed since the last call, as `cases/KIND/UNIT`."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        for place in self.counts.take():
            if place.axis == UNIT:
                figures = self.counts.read(place)
                copied = {period or "now": dict(names) for period, names in figures.items()}
                self._publish(f"cases/{place.kind}/{place.value}", copied or None)

    def _hung(self, key: str) -> float | None:
        slot = self._open.get(key)
        return slot.hung if slot else None

    # --- rows ---

    async def fold(self) -> None:
        """Write the rows of everything that changed, and let go of the log up to now."""
        while self._fold is not None and not self._fold.done():  # one under way may have begun too early
            await asyncio.wait([self._fold])
        self._fold = asyncio.get_running_loop().create_task(self._fold_all())
        await asyncio.shield(self._fold)

    async def _room(self) -> None:
        """Begin to write rows when many wait; wait for it when too many do."""
        if len(self._dirty) >= 4 * FOLD_AT:
            await self.fold()
        elif len(self._dirty) >= FOLD_AT and (self._fold is None or self._fold.done()):
            self._fold = asyncio.get_running_loop().create_task(self._fold_all())
        await asyncio.sleep(0)

    async def _fold_all(self) -> None:
        logged, keys = self._file.logged, sorted(self._dirty)
        for begin in range(0, len(keys), ROWS):
            await self._fold_some(keys[begin : begin + ROWS])
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._file.folded(logged, self._terms_mark, settling(future))
        await future

    async def _fold_some(self, keys: Sequence[str]) -> None:
        folding = {key: self._dirty.pop(key) for key in keys if key in self._dirty}
        self._folding.update(folding)
        rows, moved = [], list[tuple[Share, int]]()
        for each in folding.values():
            rows.append(self._row(each))
            moved += self._moved(each.was, each.case)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._file.fold(rows, sums_of(moved), settling(future))
        try:
            await future
        except NotCommitted:  # it is in the log, and a later fold writes it
            self._back(folding)
            raise
        finally:
            for key, each in folding.items():
                if self._folding.get(key) is each:
                    del self._folding[key]

    def _back(self, folding: Mapping[str, _Dirty]) -> None:
        """Have what could not be written be written later, with what its row still adds."""
        for key, each in folding.items():
            newer = self._dirty.setdefault(key, each)
            newer.was, newer.private = each.was, newer.private or each.private

    def _row(self, dirty: _Dirty) -> Row:
        case = dirty.case
        closed = closed_at(case)
        slot = self._open.get(case.key)
        times = clock_of(case, self._terms) if slot is None else slot.times
        return Row(case, is_live(case), times, closed, result_of(case, self._terms), dirty.private)

    async def close(self) -> None:
        """Write the rows and let go of the file."""
        try:
            while self._dirty:
                await self.fold()
        finally:
            self.flush()
            await self._file.close()

    # --- start, and counting anew ---

    def _load(self, now: float) -> None:
        """Have open cases, figures and what the log still holds in memory."""
        if self._file.terms() == self._terms_mark:
            self._load_sums()
            for key, body, *columns in self._file.live():
                self._load_slot(key, body, columns, now)
        else:
            self._file.set_sums(self._count_all(now), lambda number, fault: None)
        for updates in self._file.waiting():
            keys = list(dict.fromkeys(each.key for each in updates))
            known: dict[str, Case | None] = {key: self._held(key) for key in keys}
            known.update(self._file.find([key for key, case in known.items() if case is None]))
            self._take(updates, known)
        self.flush()

    def _load_sums(self) -> None:
        """Have the sums of days in the figures, of each unit in those of the units above it too."""
        for place, day, name, n in self._file.summed(first_day(self._today)):
            units = self._above(place.value, day) if place.axis == UNIT else (place.value,)
            for value in units:
                self.counts.load(place._replace(value=value), day, name, n)

    def _load_slot(self, key: str, body: bytes, columns: Sequence[Any], now: float) -> None:
        """An open case from the columns of its row, without unpacking it: a million are to be there in seconds."""
        unit, procedure, officer, channel, stage, received, due, soon, overdue, stuck, paused = columns
        if received is None:
            self._hold(unpack(key, body), now)
            return
        times = Times(due, soon, overdue, stuck, bool(paused))
        view = _VIEWS.setdefault(seen := view_of(times, received, now), seen)
        units = self._above(unit or UNKNOWN_UNIT, day_of(received, self._terms))
        share = present(
            kind_of(key), units, intern(procedure), intern(officer), intern(channel), Stage(stage), view
        )
        slot = self._open[key] = Slot(body, received, times, view, share)
        self._move(key, None, slot, now)

    def _count_all(self, now: float) -> Mapping[SumKey, int]:
        """Count every row by terms that are new; the sums of days. Rows of open cases are to be written anew."""
        sums: Counter[SumKey] = Counter()
        for case in self._file.cases():
            shares = shares_of_days(case, self._terms, self._above)
            sums.update(sums_of((share, 1) for share in shares))
            for share in shares:
                self.counts.add(share)
            if is_live(case):
                self._dirty[case.key] = _Dirty(case, case, None)
                self._hold(case, now)
        return sums

    async def verify(self) -> list[str]:
        """Count every row anew, and say where figures differ; empty when they agree."""
        await self.fold()
        async with self._turn_of:
            self.turn()
            now = self._seen
            if self._dirty:
                return ["updates came while it was counted: ask again"]
            mine = self.counts.copy()
            other = await asyncio.to_thread(self._recount, now)
        return list(mine.differences(other))

    def _recount(self, now: float) -> Counts:
        counts = Counts(self._today)
        for case in self._file.cases():
            for share in shares_of_days(case, self._terms, self._above):
                counts.add(share)
            if is_live(case):
                received = case.record.received if case.record else None
                view = view_of(clock_of(case, self._terms), received, now)
                share_now = share_of_now(case, view, self._terms, self._above)
                if share_now is not None:
                    counts.add(share_now)
        return counts

    def _now(self) -> float:
        return self._clock.civil(self._clock.now())

    def _date(self, civil: float) -> date:
        return date.fromordinal(day_of(civil, self._terms))

    def _count(self, telemetry: Telemetry) -> None:
        self._updates = telemetry.tally("ioc_cases_updates", "Reports of cases that were merged")
        self._findings = telemetry.tally("ioc_cases_findings", "Things found wrong with what sources say")
        telemetry.gauge("ioc_cases_open", "Cases that are not over", lambda: len(self._open))
        telemetry.gauge("ioc_cases_unfolded", "Cases changed since their row was", lambda: len(self._dirty))


_VIEWS: dict[View, View] = {}
"""a handful of views, so that a million cases share them"""


def is_live(case: Case) -> bool:
    """Whether a case is kept in memory: one that is open or not accepted yet, and that a record told of."""
    return case.record is not None and (case.latest.stage in LIVE or case.latest.stage is Stage.APPLIED)
