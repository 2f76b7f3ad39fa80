"""The shell of maintenance that comes again: makes each occurrence a maintenance of its own, a day ahead of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

from alerts import journal, planned
from alerts.keeping import demand
from alerts.recorder import Recorder
from alerts.recurrences import AHEAD, Almanac, Recurrence, Recurrences
from alerts.upkeep import Upkeep
from ioc.clock import Clock
from ioc.errors import Refused
from ioc.picture import Picture
from ioc.recurrence import Every, Occurrence, form_of
from ioc.state.ledger import Write

LOOK_EVERY = 3600.0
"""seconds at most between two looks: civil time may have jumped, and what could not be planned may be possible now"""


class Recurring:
    """`wake(at)` asks to be rung."""

    def __init__(
        self, clock: Clock, picture: Picture, recorder: Recorder, upkeep: Upkeep, almanac: Almanac,
        wake: Callable[[float], None],
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._recorder = recorder
        self._upkeep = upkeep
        self._wake = wake
        self.almanac = almanac
        self.book = Recurrences()

    def restore(self, known: Iterable[Recurrence]) -> None:
        """Take over what the state file knew."""
        for each in known:
            self.book.put(each)
        self.look(self._clock.now())

    def apply(self, almanac: Almanac) -> None:
        """Go by these calendars from now on."""
        self.almanac = almanac
        self.look(self._clock.now())

    async def begin(self, scope: str, target: str, every: Every, reason: str, by: str) -> str:
        """Have a maintenance come again; its id, when it is kept. Raises Refused."""
        named = self._upkeep.book.scope(scope, target)
        civil = self._clock.civil(self._clock.now())
        made = self.book.plan(named, target, every, reason, by, civil, self.almanac)
        self.book.put(made)
        kept = self._keep(made, "recurring maintenance planned", made.by)
        self.look(self._clock.now())
        demand(f"recurring maintenance {made.id}", await kept)
        return str(made.id)

    async def end(self, number: int, by: str) -> None:
        """Have it not come again; what has begun goes on to its end. Raises Refused when there is none."""
        found = self.book.get(number)
        civil = self._clock.civil(self._clock.now())
        ended = replace(found, ended=civil, ended_by=by)
        self.book.put(ended)
        self._picture.remove(f"recurrence/{number}")
        kept = self._keep(ended, "recurring maintenance ended", by)
        ends = [self._upkeep.stop(str(each.id), by) for each in self._upkeep.pending_of(number)]
        demand(f"the end of recurring maintenance {number}", all(await asyncio.gather(kept, *ends)))

    async def skip(self, number: int, by: str) -> None:
        """Leave out its next occurrence that has not begun. Raises Refused when there is none."""
        found = self.book.get(number)
        pending = self._upkeep.pending_of(number)
        if pending:
            await self._upkeep.end(str(pending[0].id), by)
            return
        occurrence = self.almanac.next(found, self._clock.civil(self._clock.now()))
        if occurrence is None:
            raise Refused(
                f"recurring maintenance {number} does not come again; there is none to skip", status=409
            )
        skipped = replace(found, planned=occurrence.start)
        self.book.put(skipped)
        kept = self._keep(skipped, "recurring maintenance skipped", by)
        self.look(self._clock.now())
        demand(f"the change of recurring maintenance {number}", await kept)

    def look(self, now: float) -> None:
        """Plan what is due, show what comes next, and ask for the next look."""
        dues = [self._look_at(each, now) for each in self.book]
        self._wake(min([*dues, now + LOOK_EVERY]))

    def rows(self) -> list[Write]:
        """All that come again, to be written afresh."""
        return [planned.recurrence_row(each) for each in self.book]

    def _look_at(self, recurrence: Recurrence, now: float) -> float:
        """Plan what of it is due; when it is due next."""
        ahead = self._clock.civil(now) - now
        occurrence, fault = None, ""
        try:
            recurrence, occurrence = self._plan_due(recurrence, now)
        except Refused as refused:
            fault = str(refused)
        if occurrence is None and not fault:
            self._close(recurrence)
            return now + LOOK_EVERY
        self._picture.put(f"recurrence/{recurrence.id}", shown(recurrence, occurrence, fault, ahead))
        return now + LOOK_EVERY if occurrence is None else max(now, occurrence.start - ahead - AHEAD)

    def _plan_due(self, recurrence: Recurrence, now: float) -> tuple[Recurrence, Occurrence | None]:
        """Make a maintenance of each occurrence that is near; the first one that is not. Raises Refused."""
        civil = self._clock.civil(now)
        while (found := self.almanac.next(recurrence, civil)) is not None and found.start - civil <= AHEAD:
            recurrence = replace(recurrence, planned=found.start)
            self._upkeep.enter(
                self._upkeep.book.plan(
                    recurrence.scope, recurrence.target, found.start - civil + now, found.end - civil + now,
                    recurrence.reason, recurrence.by, now, recurrence.id,
                ),
                [planned.recurrence_row(recurrence)],
            )  # fmt: skip
            self.book.put(recurrence)
        return recurrence, found

    def _close(self, recurrence: Recurrence) -> None:
        """It does not come again."""
        over = replace(recurrence, ended=self._clock.civil(self._clock.now()))
        self.book.put(over)
        self._picture.remove(f"recurrence/{over.id}")
        self._recorder.record([planned.recurrence_row(over)], lambda recorded: None)

    def _keep(self, recurrence: Recurrence, verb: str, by: str) -> asyncio.Future[bool]:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        at = self._clock.civil(self._clock.now())
        subject = f"{recurrence.scope}/{recurrence.target}"
        rows = [
            planned.recurrence_row(recurrence),
            journal.act_row(None, at, verb, recurrence.reason, subject, by=by),
        ]
        self._recorder.record(rows, lambda recorded: done.set_result(recorded) if not done.done() else None)
        return done


def shown(each: Recurrence, comes: Occurrence | None, fault: str, ahead: float) -> dict[str, object]:
    """The picture's `recurrence/ID`: times are steady; `next` is the first occurrence not planned yet."""
    following = None if comes is None else {"start": comes.start - ahead, "end": comes.end - ahead}
    return {
        "scope": {"kind": each.scope.value, "id": each.target},
        "every": form_of(each.every),
        "next": following,
        "fault": fault,
        "reason": each.reason,
        "by": each.by,
    }
