"""The shell of maintenance: keeps it in the state file and the picture, and says when it begins and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from alerts import journal
from alerts.keeping import demand
from alerts.maintenance import Maintenance, Maintenances
from alerts.recorder import Recorder
from ioc.clock import Clock
from ioc.errors import Refused
from ioc.picture import Picture
from ioc.state.ledger import Write


class Upkeep:
    """`on_change` is told the endpoints whose maintenance has begun or ended; `wake(id, at)` asks to be rung."""

    def __init__(
        self, clock: Clock, picture: Picture, recorder: Recorder, wake: Callable[[int, float], None],
        on_change: Callable[[Iterable[str]], None],
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._recorder = recorder
        self._wake = wake
        self._on_change = on_change
        self.book = Maintenances()

    def restore(self, known: Iterable[Maintenance]) -> None:
        """Take over what the state file knew."""
        for each in known:
            self._enter(each)

    async def begin(
        self, scope: str, target: str, start: float | None, end: float, reason: str, by: str
    ) -> str:
        """Plan a maintenance between two steady times (None: now); its id. Raises Refused."""
        now = self._clock.now()
        planned = self.book.plan(scope, target, now if start is None else start, end, reason, by, now)
        demand(f"maintenance {planned.id}", await self.enter(planned))
        return str(planned.id)

    def enter(self, maintenance: Maintenance, rows: Iterable[Write] = ()) -> asyncio.Future[bool]:
        """Take one that was planned, with the rows that belong to it; whether it is recorded, once that is known."""
        self._enter(maintenance)
        act = self._act(maintenance, "maintenance planned", maintenance.by)
        return self._keep([self._row(maintenance), act, *rows])

    def pending_of(self, recurrence: int) -> list[Maintenance]:
        """The occurrences of a recurring maintenance that are planned and have not begun, soonest first."""
        now = self._clock.now()
        found = (each for each in self.book if each.recurrence == recurrence and each.start > now)
        return sorted(found, key=lambda each: each.start)

    async def end(self, number: str, by: str) -> None:
        """End one now. Raises Refused when there is none."""
        demand(f"the end of maintenance {number}", await self.stop(number, by))

    def stop(self, number: str, by: str) -> asyncio.Future[bool]:
        """End one now; whether it is recorded, once that is known. Raises Refused when there is none."""
        if not number.isdecimal():
            raise Refused(f"maintenance {number!r} is not planned or running", status=404)
        ended = self.book.end(int(number), by, self._clock.now())
        self.book.put(ended)
        self._over(ended)
        return self._keep([self._row(ended), self._act(ended, "maintenance ended", ended.ended_by)])

    def ring(self, number: int, now: float) -> None:
        """One begins or ends."""
        found = self.book.get(number)
        if found is None:
            return
        if now >= found.until:
            self._over(found)
        else:
            self._wake(number, found.until)
            self._on_change(self.book.endpoints(found))

    def rows(self) -> list[Write]:
        """All that is planned, to be written afresh."""
        return [self._row(each) for each in self.book]

    def _enter(self, maintenance: Maintenance) -> None:
        self.book.put(maintenance)
        self._picture.put(f"maintenance/{maintenance.id}", shown(maintenance))
        if maintenance.start > self._clock.now():
            self._wake(maintenance.id, maintenance.start)
        else:
            self._wake(maintenance.id, maintenance.until)
            self._on_change(self.book.endpoints(maintenance))

    def _over(self, maintenance: Maintenance) -> None:
        endpoints = self.book.endpoints(maintenance)
        self.book.forget(maintenance.id)
        self._picture.remove(f"maintenance/{maintenance.id}")
        self._on_change(endpoints)

    def _keep(self, rows: Sequence[Write]) -> asyncio.Future[bool]:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._recorder.record(rows, lambda recorded: done.set_result(recorded) if not done.done() else None)
        return done

    def _row(self, maintenance: Maintenance) -> Write:
        return journal.maintenance_row(maintenance, self._clock.skew())

    def _act(self, each: Maintenance, verb: str, by: str) -> Write:
        at = self._clock.civil(self._clock.now())
        return journal.act_row(None, at, verb, each.reason, f"{each.scope}/{each.target}", by=by)


def shown(maintenance: Maintenance) -> dict[str, object]:
    """The picture's `maintenance/ID`."""
    return {
        "scope": {"kind": maintenance.scope.value, "id": maintenance.target},
        "start": maintenance.start,
        "end": maintenance.end,
        "reason": maintenance.reason,
        "by": maintenance.by,
        "recurrence": maintenance.recurrence,
    }
