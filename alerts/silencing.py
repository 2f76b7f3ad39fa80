"""The shell of silences: keeps them in the state file and the picture, and says when one begins, ends or is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts import journal, planned
from alerts.keeping import demand
from alerts.recorder import Recorder
from alerts.silences import Silence, Silences
from ioc.clock import Clock
from ioc.matchers import Matcher
from ioc.picture import Picture
from ioc.state.ledger import Write

LOOK_EVERY = 3600.0
"""seconds after which those that are long over are looked for"""


class Silencing:
    """`on_change` is told that what is silenced may be otherwise, `wake(at)` asks to be rung, `new_id` makes a UUID."""

    def __init__(
        self, clock: Clock, picture: Picture, recorder: Recorder, wake: Callable[[float], None],
        on_change: Callable[[], None], new_id: Callable[[], str],
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._recorder = recorder
        self._wake = wake
        self._on_change = on_change
        self._new_id = new_id
        self.book = Silences()

    def restore(self, known: Iterable[Silence]) -> None:
        """Take over what the state file knew; before anything is told."""
        for each in known:
            self.book.put(each)
        self._look(self._clock.now())

    def covering(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The ids of the silences that hold now for something with these labels."""
        return self.book.covering(labels, self._clock.now())

    async def begin(
        self, matchers: Sequence[Matcher], start: float | None, end: float, reason: str, by: str
    ) -> str:
        """Plan a silence between two steady times (None: now); its id, when it is kept. Raises Refused."""
        now = self._clock.now()
        start = now if start is None else start
        made = self.book.plan(self._new_id(), matchers, start, end, reason, by, now)
        await self._enter(made, "silence planned", made.by)
        return made.id

    async def extend(self, id: str, end: float, by: str) -> None:
        """Have one end later. Raises Refused."""
        await self._enter(self.book.extend(id, end, self._clock.now()), "silence extended", by)

    async def expire(self, id: str, by: str) -> None:
        """End one now. Raises Refused when there is none, or it is over."""
        ended = self.book.expire(id, by, self._clock.now())
        await self._enter(ended, "silence ended", ended.ended_by)

    def ring(self, now: float) -> None:
        """One begins or ends."""
        self._look(now)
        self._on_change()

    def rows(self) -> list[Write]:
        """All that is known, to be written afresh."""
        return [planned.silence_row(each, self._clock.skew()) for each in self.book]

    async def _enter(self, silence: Silence, verb: str, by: str) -> None:
        self.book.put(silence)
        said = ", ".join(map(str, silence.matchers))
        act = journal.act_row(
            None, self._clock.civil(self._clock.now()), verb, silence.reason, f"silence/{silence.id}: {said}"[:500],
            by=by,
        )  # fmt: skip
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        rows = [planned.silence_row(silence, self._clock.skew()), act]
        self._recorder.record(rows, lambda recorded: done.set_result(recorded) if not done.done() else None)
        # What follows comes after the record: with thousands of incidents it takes longer than a record may.
        self._look(self._clock.now())
        self._on_change()
        demand(f"silence {silence.id}", await done)

    def _look(self, now: float) -> None:
        """Show each as it is now, forget what is long over, and ask for the next moment."""
        for gone in self.book.forget_old(now):
            self._picture.remove(f"silence/{gone}")
        for each in self.book:
            self._picture.put(f"silence/{each.id}", shown(each, now))
        self._wake(min(self.book.next_change(now) or now + LOOK_EVERY, now + LOOK_EVERY))


def shown(silence: Silence, now: float) -> dict[str, object]:
    """The picture's `silence/ID`."""
    return {
        "matchers": [each.form for each in silence.matchers],
        "start": silence.start,
        "end": silence.end,
        "reason": silence.reason,
        "by": silence.by,
        "made": silence.made,
        "ended_by": silence.ended_by,
        "state": silence.stage(now).value,
    }
