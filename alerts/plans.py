"""What people plan: silences and maintenance that comes again, as the engine holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerts import messages, planned
from alerts.journal import Reader
from alerts.recorder import Recorder
from alerts.recurrences import Almanac
from alerts.recurring import Recurring
from alerts.silencing import Silencing
from alerts.upkeep import Upkeep
from ioc.clock import Clock
from ioc.picture import Picture
from ioc.state.ledger import Write

SILENCE, RECURRENCE = "silence", "recurrence"
"""what is rung for"""


class Plans:
    """`wake(what, at)` asks to be rung, `on_silence` is told that what is silenced may be otherwise."""

    def __init__(
        self, clock: Clock, picture: Picture, recorder: Recorder, upkeep: Upkeep, wake: Callable[[str, float], None],
        on_silence: Callable[[], None], new_id: Callable[[], str],
    ) -> None:  # fmt: skip
        self._clock = clock
        self.silencing = Silencing(clock, picture, recorder, lambda at: wake(SILENCE, at), on_silence, new_id)
        self.recurring = Recurring(
            clock, picture, recorder, upkeep, Almanac(messages.ZONE, {}), lambda at: wake(RECURRENCE, at)
        )

    def restore(self, ledger: Reader) -> None:
        """Take over what the state file knows: before anything is told."""
        now, skew = self._clock.now(), self._clock.skew()
        self.silencing.restore(planned.silences(ledger, skew, now))
        self.recurring.restore(planned.recurrences(ledger))

    def ring(self, what: str, now: float) -> None:
        """A moment that was asked for has come."""
        if what == SILENCE:
            self.silencing.ring(now)
        else:
            self.recurring.look(now)

    def silenced(self, labels: Mapping[str, str]) -> str:
        """The silence that holds now for something with these labels; empty when none does."""
        return next(iter(self.silencing.covering(labels)), "")

    def rows(self) -> list[Write]:
        """All that is planned, to be written afresh."""
        return [*self.silencing.rows(), *self.recurring.rows()]
