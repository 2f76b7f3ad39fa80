"""Between the hot path and a store: history is appended in memory, kept on disk, and given to the store.

    add ─→ buffer ─encode─→ memory ─keep─→ spool
                              └──── feed ────┴──→ store

`write`, `add` and `see` only append. Three tasks do the rest, each in its own time: lines are encoded in a
thread, appended to the spool and synced within a second, and given to the store as fast as that takes them. A
store that is away, or a disk that is, holds up its own task and nobody else's. docs/history.md says what is
promised.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from ioc.clock import Clock
from ioc.errors import SpoolUnusable
from ioc.store.base import Record, Store, Tell
from ioc.store.feeder import Feeder, Hearers
from ioc.store.line import Lines
from ioc.store.losses import Loss
from ioc.store.marks import Marks, Seen
from ioc.store.memory import ROOM, Bundle, Memory
from ioc.store.record import MOST_CHARS, blocks, span
from ioc.store.report import Report
from ioc.store.spool import Block, Spool
from ioc.telemetry import Telemetry

SIZE = 5_000
"""records encoded at once"""
EVERY = 0.4
"""seconds after which fewer are: with the disk's own time, what was added is kept within a second"""
BUFFER = 200_000
"""records that wait to be encoded: about 300 bytes each"""
KEEP_AGAIN = 5.0
"""seconds until a spool that could not be written is tried again"""


GIVE_WAY, A_MOMENT = 250, 50e-6
"""records encoded, and seconds slept then: the loop would else wait 5 ms for the interpreter"""


class Keeper:
    """A History that gives every record to a Store, by way of a spool.

    `open` opens the spool, in a thread; `tell` gets the value of `self/history` at each change of state, and every
    few seconds while numbers change. `buffer` and `room` are bounds in records and lines. `pause` and `chance` (0
    to 1) are there for tests.
    """

    def __init__(
        self,
        store: Store,
        lines: Lines,
        open: Callable[[], Spool],
        clock: Clock,
        telemetry: Telemetry,
        tell: Tell,
        *,
        buffer: int = BUFFER,
        room: int = ROOM,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._lines = lines
        self._open = open
        self._clock = clock
        self._pause = pause
        self._marks = Marks()
        self._buffer: deque[Record] = deque()
        self._most = buffer
        self._overflow: list[Record] = []
        """the first and the last record that the buffer had no room for"""
        self._overflown = 0
        self._encoding = 0
        self._memory = Memory(room)
        self._spool: Spool | None = None
        self._before = sys.maxsize
        """lines in the spool when the append under way began: what that adds still counts as being in memory"""
        self._lost: Loss | None = None
        """lost before the spool had it, and unknown to the spool"""
        self._report = Report(clock, telemetry, tell, self._numbers)
        hearers = Hearers(self._report.took, self._report.store, self._report.spool)
        self._feeder = Feeder(store, self._memory, lambda: self._spool, clock, hearers, pause, chance)
        self._many, self._unkept = asyncio.Event(), asyncio.Event()
        self._asked: list[asyncio.Future[None]] = []
        """who waits for what was added to be kept; then the same once it is encoded"""
        self._encoded: list[asyncio.Future[None]] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closing = False
        self._over = ""
        """why nothing more is kept"""

    # --- the hot path ---

    def write(self, records: Sequence[Record]) -> None:
        """Take records; the oldest go where there is no room."""
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take one record."""
        buffer = self._buffer
        if len(buffer) >= self._most:
            self._overflow = [*self._overflow[:1], buffer.popleft()]
            self._overflown += 1
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

    async def settle(self) -> None:
        """Return once everything added so far is kept: it survives our end, and a power cut.

        Raises SpoolUnusable when it cannot be kept on disk now; it may reach the store all the same.
        """
        if self._over:
            raise SpoolUnusable(self._over)
        future = asyncio.get_running_loop().create_future()
        self._asked.append(future)
        self._many.set()
        await future

    # --- beginning and end ---

    def start(self) -> None:
        """Begin; `close` ends it."""
        for name, run in {"encode": self._encode, "keep": self._keep, "feed": self._feeder.run}.items():
            task = asyncio.create_task(run(), name=f"history {name}")
            task.add_done_callback(self._ended)
            self._tasks[name] = task

    async def close(self, within: float = 5.0) -> None:
        """Keep what is in memory, and give the store what it takes within some seconds; the rest waits on disk."""
        self._closing = self._feeder.hurry = True
        self._wake()
        if self._tasks:
            await asyncio.wait({self._tasks["encode"], self._tasks["keep"]}, timeout=within)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._fed(), within)
            for task in self._tasks.values():
                task.cancel()
            await asyncio.wait(self._tasks.values())
        self._drop([bundle for bundle in self._memory.unkept() if not bundle.taken])
        self._report.dropped.n += len(self._buffer)
        self._report.show(now=True)
        await self._store.close()
        if self._spool is not None:
            await asyncio.to_thread(self._spool.close)
        self._give_no_more("history has ended")

    async def _fed(self) -> None:
        """Return when the store has everything, or does not take it."""
        while self.waiting and self._report.well:
            self._feeder.moved.clear()
            self._feeder.fresh.set()
            await self._feeder.moved.wait()

    def _wake(self) -> None:
        self._many.set()
        self._unkept.set()
        self._feeder.fresh.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            said = f"stopped by a fault of ours: {error!r}; restart the service"
            self._report.store(said)
            if task is not self._tasks["feed"]:
                self._give_no_more(f"history {said}")
            task.get_loop().call_exception_handler({"message": "history stopped", "exception": error})

    def _give_no_more(self, why: str) -> None:
        self._over = self._over or why
        _answer([*self._asked, *self._encoded], SpoolUnusable(why))

    # --- what is so now ---

    @property
    def waiting(self) -> int:
        """Records and lines that the store has not taken."""
        spooled = min(self._spool.waiting, self._before) if self._spool else 0
        unkept = sum(len(bundle.lines) for bundle in self._memory.unkept())
        return len(self._buffer) + self._encoding + unkept + spooled

    def describe(self) -> dict[str, Any]:
        """The value of `self/history`."""
        return self._report.value()

    def _numbers(self) -> tuple[int, Spool | None]:
        return self.waiting, self._spool

    # --- buffer to memory ---

    async def _encode(self) -> None:
        while not (self._closing and not self._buffer and not self._asked):
            await self._full_or_late()
            asked = len(self._asked)
            self.write(self._marks.due(self._clock.now()))
            while self._buffer:
                await self._encode_some()
            self._encoded += self._asked[:asked]
            del self._asked[:asked]
            self._unkept.set()
            self._report.show()

    async def _full_or_late(self) -> None:
        try:
            async with asyncio.timeout(EVERY):
                await self._many.wait()
        except TimeoutError:
            pass
        self._many.clear()

    async def _encode_some(self) -> None:
        skew = self._clock.skew()
        self._note_overflow(skew)
        records = [self._buffer.popleft() for _ in range(min(SIZE, len(self._buffer)))]
        self._encoding = len(records)
        cut, faulty = await asyncio.to_thread(_encoded, self._lines, records, skew)
        self._encoding = 0
        self._report.faulty.n += faulty
        await self._forget(self._memory.add(cut))
        self._unkept.set()
        self._feeder.fresh.set()

    async def _forget(self, bundles: Sequence[Bundle]) -> None:
        """Memory has no room for these any more: the spool's are read from there, the others are lost."""
        self._drop([bundle for bundle in bundles if bundle.kept is None])
        kept = [Block(bundle.kept[0], bundle.lines) for bundle in bundles if bundle.kept is not None]
        if kept and self._spool is not None:
            await asyncio.to_thread(self._spool.release, kept)
            self._hear_losses(self._spool)

    def _note_overflow(self, skew: float) -> None:
        if self._overflown:
            times = [round((record.at + skew) * 1e6) for record in self._overflow]
            self._lose(Loss(self._overflown, min(times), max(times)))
            self._overflow, self._overflown = [], 0

    def _drop(self, bundles: Sequence[Bundle]) -> None:
        for bundle in bundles:
            bundle.taken = True
            self._lose(Loss(len(bundle.lines), *span(bundle.lines)))

    def _lose(self, loss: Loss) -> None:
        self._lost = loss.with_(self._lost) if self._lost else loss
        self._report.lost(loss)

    # --- memory to spool ---

    async def _keep(self) -> None:
        while True:
            asked = len(self._encoded)
            try:
                await self._keep_some()
            except SpoolUnusable as error:
                self._report.spool(str(error))
                self._settle(asked, error)
                if self._closing:
                    return
                await self._pause(KEEP_AGAIN)
            else:
                self._settle(asked, None)
                self._report.spool("")
                if self._closing and self._tasks["encode"].done() and not self._memory.unkept():
                    return
            await self._unkept.wait()
            self._unkept.clear()

    def _settle(self, asked: int, error: SpoolUnusable | None) -> None:
        _answer(self._encoded[:asked], error)
        del self._encoded[:asked]

    async def _keep_some(self) -> None:
        if self._spool is None:
            self._spool = await asyncio.to_thread(self._open)
            self._feeder.fresh.set()
        spool, bundles = self._spool, [each for each in self._memory.unkept() if not each.taken]
        lost, self._lost = self._lost, None
        if bundles or lost or spool.unmarked:
            lines = [bundle.lines for bundle in bundles]
            self._before = spool.waiting
            try:
                ranges = await asyncio.to_thread(spool.append, lines, lost, hold=True)
                for bundle, kept in zip(bundles, ranges, strict=True):
                    bundle.kept = kept
            finally:
                self._before = sys.maxsize
            if done := [kept for bundle, kept in zip(bundles, ranges, strict=True) if bundle.taken]:
                await asyncio.to_thread(spool.taken, done)
        self._hear_losses(spool)

    def _hear_losses(self, spool: Spool) -> None:
        while spool.news:
            self._report.lost(spool.news.popleft())


def _encoded(lines: Lines, records: Sequence[Record], skew: float) -> tuple[list[Sequence[str]], int]:
    """Blocks of lines, and how many records could not become one; in a thread that gives way to the loop."""
    found, faulty = [], 0
    for begin in range(0, len(records), GIVE_WAY):
        time.sleep(A_MOMENT)
        some, bad = lines.encode(records[begin : begin + GIVE_WAY], skew)
        found += some
        faulty += bad
    fit = [line for line in found if len(line) <= MOST_CHARS and _is_text(line)]
    return list(blocks(fit)), faulty + len(found) - len(fit)


def _is_text(line: str) -> bool:
    return line.isascii() or not any("\ud800" <= char <= "\udfff" for char in line)


def _answer(futures: Sequence[asyncio.Future[None]], error: SpoolUnusable | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
