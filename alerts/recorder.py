"""First the record, then what follows from it; but nobody waits more than two seconds for a disk.

`self/ledger` in the picture says whether the state file takes writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ioc.errors import NotCommitted
from ioc.state.ledger import Then, Write
from ioc.telemetry import Telemetry

PATIENCE = 2.0
AGAIN = 5.0
"""seconds until everything is written afresh after a write was refused"""

EVERYTHING = 0

Follow = Callable[[bool], None]
"""what follows a record; told whether it is recorded"""


class Ledger(Protocol):
    """The part of the state file that alerting writes."""

    def write(self, writes: Sequence[Write], then: Then) -> None:
        """Write all or nothing, in order; later, `then` is told of the place in the order, or of the refusal."""


class Recorder:
    """Writes, and has what follows done once: after the commit, or unrecorded when that takes too long.

    `wake(number, at)` must have `ring(number)` called at a steady time; `say(ok, detail)` is told of each change;
    `everything` gives the rows that say all that is so now, written afresh after a refusal.
    """

    def __init__(
        self, ledger: Ledger, now: Callable[[], float], wake: Callable[[int, float], None],
        say: Callable[[bool, str], None], everything: Callable[[], Sequence[Write]], telemetry: Telemetry,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._now = now
        self._wake = wake
        self._say = say
        self._everything = everything
        self._waiting: dict[int, Follow] = {}
        self._serial = 0
        self._late = 0
        """records whose patience is over and that may still be kept"""
        self._behind = False
        """something was refused, and not all has been written afresh since"""
        self._unrecorded = telemetry.tally(
            "ioc_pages_unrecorded", "Records not kept before what follows was done"
        )

    def record(self, writes: Sequence[Write], then: Follow, late: Callable[[], None] | None = None) -> None:
        """Commit the writes, then do what follows; `late` when the record is kept after all."""
        self._serial += 1
        number = self._serial
        self._waiting[number] = then
        self._ledger.write(writes, lambda place, fault: self._committed(number, fault, late))
        self._wake(number, self._now() + PATIENCE)

    def ring(self, number: int) -> None:
        """The patience with a record, or the wait after a refusal, is over."""
        if number == EVERYTHING:
            self.record(self._everything(), self._caught_up, lambda: self._caught_up(True))
            return
        then = self._waiting.pop(number, None)
        if then is not None:
            self._late += 1
            self._unrecorded.n += 1
            self._say(False, f"a record is not kept after {PATIENCE:g} s")
            then(False)

    def _committed(self, number: int, fault: NotCommitted | None, late: Callable[[], None] | None) -> None:
        then = self._waiting.pop(number, None)
        if fault is not None:
            self._refuse(str(fault), then)
        else:
            self._keep(then, late)

    def _keep(self, then: Follow | None, late: Callable[[], None] | None) -> None:
        if then is not None:
            then(True)
        else:
            self._late -= 1
            if late is not None:
                late()
        if not self._late and not self._behind:
            self._say(True, "")

    def _caught_up(self, recorded: bool) -> None:
        self._behind = not recorded

    def _refuse(self, detail: str, then: Follow | None) -> None:
        self._say(False, detail)
        if then is None:
            self._late -= 1
        else:
            self._unrecorded.n += 1
            then(False)
        self._behind = True
        self._wake(EVERYTHING, self._now() + AGAIN)
