"""Between the hot path and a store: a bounded buffer, batches, patience.

`write` and `see` only append. One task takes batches out, encodes them in a thread and hands them to the
store; while the store is away the batch in hand is tried again and the buffer grows to its bound, then its
oldest records go and are counted. Nothing here waits for the store but that task.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ioc.clock import Clock
from ioc.errors import StoreError
from ioc.store.base import Record, Store, Tell
from ioc.store.line import Lines
from ioc.store.marks import Marks, Seen
from ioc.telemetry import Telemetry

SIZE = 5_000
EVERY = 1.0
ROOM = 200_000
"""records kept while the store is away: about 300 bytes each"""

FIRST_WAIT, MOST_WAIT = 0.5, 15.0
SETTINGS_WAIT = 30.0
"""seconds between attempts while the settings are wrong: only a person can mend that"""
SHOWN_EVERY = 5.0


class Batch:
    """A History that writes to a Store in batches of SIZE records or after EVERY seconds.

    `tell` gets the value of `self/history` at each change of state, and every few seconds while numbers
    change. `pause` and `chance` (0 to 1) are there for tests.
    """

    def __init__(
        self,
        store: Store,
        lines: Lines,
        clock: Clock,
        telemetry: Telemetry,
        tell: Tell,
        room: int = ROOM,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._lines = lines
        self._clock = clock
        self._tell = tell
        self._pause = pause
        self._chance = chance
        self._marks = Marks()
        self._buffer: deque[Record] = deque(maxlen=room)
        self._room = room
        self._in_hand = 0
        self._many = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._state, self._since, self._detail = "ok", clock.now(), ""
        self._told = float("-inf")
        self._shown: dict[str, Any] = {}
        self._count(telemetry)

    # --- the hot path ---

    def write(self, records: Sequence[Record]) -> None:
        """Take records; the oldest go where there is no room."""
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take one record."""
        buffer = self._buffer
        if len(buffer) == self._room:
            self._dropped.n += 1
        buffer.append(record)
        if len(buffer) >= SIZE:
            self._many.set()

    def see(self, change: Seen) -> None:
        """Watch the operating picture for changed states."""
        mark = self._marks.see(change)
        if mark is not None:
            self.add(mark)

    def retag(self) -> None:
        """The endpoints' units, sites or systems have changed."""
        self._lines.forget()

    # --- the task ---

    def start(self) -> None:
        """Begin to write; `close` ends it."""
        self._task = asyncio.create_task(self._run(), name="history")
        self._task.add_done_callback(self._ended)

    async def close(self, within: float = 5.0) -> None:
        """Write what waits, for some seconds at most; the rest is dropped and counted."""
        self._closing = True
        self._many.set()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=within)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task})
        self._dropped.n += self.waiting
        self._buffer.clear()
        self._in_hand = 0
        await self._store.close()

    @property
    def waiting(self) -> int:
        """Records not in the store yet."""
        return len(self._buffer) + self._in_hand

    def describe(self) -> dict[str, Any]:
        """The value of `self/history`."""
        return {
            "state": self._state,
            "since": self._since,
            "detail": self._detail,
            "waiting": self.waiting,
            "dropped": self._dropped.n + self._refused.n + self._faulty.n,
            "written": self._written.n,
        }

    async def _run(self) -> None:
        self._show()
        while not (self._closing and not self._buffer):
            await self._full_or_late()
            self.write(self._marks.due(self._clock.now()))
            while self._buffer:
                await self._flush()
                if len(self._buffer) < SIZE:
                    break
            self._many.clear()
            self._show()

    async def _full_or_late(self) -> None:
        try:
            async with asyncio.timeout(EVERY):
                await self._many.wait()
        except TimeoutError:
            pass

    async def _flush(self) -> None:
        """Write one batch, however long the store is away."""
        batch = [self._buffer.popleft() for _ in range(min(SIZE, len(self._buffer)))]
        self._in_hand = len(batch)
        lines, faulty = await asyncio.to_thread(self._lines.encode, batch, self._clock.skew())
        self._faulty.n += faulty
        self._in_hand = len(lines)
        if lines:
            refused = await self._insist(lines)
            self._refused.n += refused
            self._written.n += len(lines) - refused
        self._in_hand = 0

    async def _insist(self, lines: Sequence[str]) -> int:
        attempt = 0
        while True:
            try:
                refused = await self._store.write(lines)
            except StoreError as error:
                self._failures.n += 1
                self._become("away", str(error))
                await self._pause(self._wait(error, attempt))
                attempt += 1
            else:
                self._become("ok", "")
                return refused

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._become("away", f"stopped by a fault of ours: {error!r}; restart the service")
            task.get_loop().call_exception_handler({"message": "history stopped", "exception": error})

    def _wait(self, error: StoreError, attempt: int) -> float:
        if error.retry_after is not None:
            return error.retry_after
        if error.permanent:
            return SETTINGS_WAIT
        longest: float = min(MOST_WAIT, FIRST_WAIT * 2 ** min(attempt, 10))
        return longest * (0.5 + 0.5 * self._chance())

    def _become(self, state: str, detail: str) -> None:
        if state != self._state:
            self._state, self._since = state, self._clock.now()
            self._told = float("-inf")
        self._detail = detail
        self._show()

    def _show(self) -> None:
        """Tell the picture, but not for every batch: a screen needs the numbers now and then."""
        now = self._clock.now()
        shown = self.describe()
        if now - self._told >= SHOWN_EVERY and shown != self._shown:
            self._told, self._shown = now, shown
            self._tell(shown)

    def _count(self, telemetry: Telemetry) -> None:
        tally = telemetry.tally
        self._written = tally("ioc_history_written", "Lines of history the store has taken.")
        self._dropped = tally("ioc_history_dropped", "Records of history dropped for want of room.")
        self._refused = tally("ioc_history_refused", "Lines of history the store refused for good.")
        self._faulty = tally("ioc_history_faulty", "Records of history that cannot be written as lines.")
        self._failures = tally("ioc_history_failures", "Attempts to write history that failed.")
        telemetry.gauge("ioc_history_waiting", "Records not in the store yet.", lambda: self.waiting)
        telemetry.gauge("ioc_history_ok", "1 while the store takes history.", lambda: self._state == "ok")
