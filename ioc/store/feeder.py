"""Gives a store what waits for it: what is new, and in turn with it what is old.

What is new comes from memory; what is not there any more, from the spool, oldest first. While both wait, every
other batch is new, so that a chart of now is right while yesterday is still being written. One batch is under
way at a time, and is tried again until the store has taken it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ioc.clock import Clock
from ioc.errors import SpoolUnusable, StoreError
from ioc.store.base import Store
from ioc.store.memory import Memory
from ioc.store.patience import wait
from ioc.store.ranges import Range
from ioc.store.spool import Spool

SIZE = 5_000
"""lines given at once"""
EVERY = 1.0
"""seconds after which fewer are given"""
LONGEST = 60.0
"""seconds for one batch: a store that says nothing is away"""
READ_AGAIN = 5.0
"""seconds until a spool that could not be read is read again"""


@dataclass(frozen=True, slots=True)
class Hearers:
    """Whom the feeder tells: of batches taken and refused, of the store's state, of the spool's trouble."""

    took: Callable[[int, int, bool], None]
    """lines, those of them refused, and whether they came from the spool"""
    store: Callable[[str], None]
    """why it is away; empty when it is not"""
    spool: Callable[[str], None]
    """why it cannot be read or written"""


class Feeder:
    """`run` it as a task; `fresh` is set whenever something may wait for the store."""

    def __init__(
        self,
        store: Store,
        memory: Memory,
        spool: Callable[[], Spool | None],
        clock: Clock,
        hearers: Hearers,
        pause: Callable[[float], Awaitable[None]],
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._memory = memory
        self._spool = spool
        self._clock = clock
        self._hearers = hearers
        self._pause = pause
        self._chance = chance
        self.fresh = asyncio.Event()
        self.moved = asyncio.Event()
        """set whenever the store was given something, or refused it"""
        self.hurry = False
        """do not wait for a whole batch"""
        self._old_next = True
        self._read_at = float("-inf")

    async def run(self) -> None:
        """Feed until cancelled."""
        while True:
            await self._gather()
            await self.turn()

    async def turn(self) -> None:
        """Give one batch, if there is any."""
        old = self._has_old() and (self._old_next or not self._memory.lines or self._scattered())
        self._old_next = not old
        if old and (found := await self._read()):
            lines, ranges = found
            refused = await self._insist(lines)
            self._hearers.took(len(lines), refused, True)
            await self._taken(ranges)
        elif lines := self._memory.take(SIZE):
            refused = await self._insist(lines)
            self._hearers.took(len(lines), refused, False)
            await self._taken(self._memory.taken())
        self.moved.set()

    async def _gather(self) -> None:
        """Return when there is a batch's worth, or after a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                while not self._enough():
                    self.fresh.clear()
                    await self.fresh.wait()

    def _enough(self) -> bool:
        if self._has_old() or self._memory.lines >= SIZE:
            return True
        return self.hurry and self._memory.lines > 0

    def _has_old(self) -> bool:
        """Whether the spool owes what is not in memory."""
        spool = self._spool()
        if spool is None or self._clock.now() < self._read_at:
            return False
        return spool.old > 0

    def _scattered(self) -> bool:
        """Whether giving more of the new would leave more pieces of the old than can be remembered."""
        spool = self._spool()
        return spool is not None and spool.scattered

    async def _read(self) -> tuple[list[str], list[Range]] | None:
        """The oldest lines that are not in memory; None when there are none, or they cannot be read now."""
        spool = self._spool()
        if spool is None:
            return None
        try:
            blocks = await asyncio.to_thread(spool.read, SIZE)
        except SpoolUnusable as error:
            self._read_at = self._clock.now() + READ_AGAIN
            self._hearers.spool(str(error))
            return None
        lines = [line for block in blocks for line in block.lines]
        return (lines, [(block.first, block.stop) for block in blocks]) if lines else None

    async def _insist(self, lines: Sequence[str]) -> int:
        """Give one batch, however long the store is away; how many lines it refused for good."""
        attempt = 0
        while True:
            try:
                refused = await self._write(lines)
            except StoreError as error:
                self._hearers.store(str(error))
                self.moved.set()
                await self._pause(wait(error, attempt, self._chance()))
                attempt += 1
            else:
                self._hearers.store("")
                return refused

    async def _write(self, lines: Sequence[str]) -> int:
        try:
            async with asyncio.timeout(LONGEST):
                return await self._store.write(lines)
        except TimeoutError:
            raise StoreError(f"the store took nothing within {LONGEST:g} s", permanent=False) from None

    async def _taken(self, ranges: Sequence[Range]) -> None:
        spool = self._spool()
        if spool is None or not ranges:
            return
        try:
            await asyncio.to_thread(spool.taken, ranges)
        except SpoolUnusable as error:
            self._hearers.spool(str(error))
