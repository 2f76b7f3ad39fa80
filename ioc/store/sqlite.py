"""The embedded history: one SQLite file, a thread that writes and a thread that reads.

Building one opens nothing; the file is opened, or made, at the first write. While it cannot be used every call raises
StoreError with what to do, and the next call tries again. A file that is moved away or deleted while we run is left
to whoever did so: the next write begins a new one.
"""

from __future__ import annotations

import asyncio
import sqlite3
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ioc.clock import Clock
from ioc.errors import StoreError
from ioc.state.files import inode
from ioc.store.base import Held, Query, Series
from ioc.store.sqlite_reading import Reading
from ioc.store.sqlite_retention import Retention
from ioc.store.sqlite_schema import connect, connect_to_read, damaged, trouble
from ioc.store.sqlite_writing import Writing

QUESTIONS = 64
"""questions that may wait for the reading thread"""

_DAMAGE = (struct.error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""what a row raises that is not as we write it: a flipped bit that SQLite itself does not see"""

T = TypeVar("T")
Unwanted = Callable[[], bool]


class Sqlite:
    """A Store and a Reader in one file, both of one event loop."""

    def __init__(self, file: Path, clock: Clock, keep: Retention | None = None) -> None:
        self._file = file
        self._clock = clock
        self._keep = keep or Retention()
        self._writer = ThreadPoolExecutor(1, "history-write")
        self._reader = ThreadPoolExecutor(1, "history-read")
        self._writing: Writing | None = None
        self._reading: Reading | None = None
        self._of: tuple[int, int] | None = None
        self._read_of: tuple[int, int] | None = None
        self._asked = 0
        self._closed = False
        self.last_refusal = ""
        """why the last refused line was refused"""

    async def write(self, lines: Sequence[str]) -> int:
        """See Store: durable when it returns; a bad line is refused alone."""
        refusals = await self._in(self._writer, lambda: self._write(lines, self._now()))
        if refusals:
            self.last_refusal = refusals[-1]
        return len(refusals)

    async def read(self, query: Query) -> Series:
        """See Reader."""
        now = self._now()
        return await self._ask(lambda reading, unwanted: reading.read(query, now, unwanted))

    async def held(self, measurement: str, tags: Mapping[str, str], most: int) -> Sequence[Held]:
        """See Reader."""
        return await self._ask(lambda reading, unwanted: reading.held(measurement, tags, most, unwanted))

    async def close(self) -> None:
        """Let go of the file; calls that have begun are finished, and closing again does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._writer, self._close_writing)
        await asyncio.get_running_loop().run_in_executor(self._reader, self._close_reading)
        self._writer.shutdown(wait=False)
        self._reader.shutdown(wait=False)

    def _now(self) -> float:
        return self._clock.civil(self._clock.now())

    async def _ask(self, question: Callable[[Reading, Unwanted], T]) -> T:
        """Put a question to the reading thread; one that nobody waits for any more is given up."""
        if self._asked >= QUESTIONS:
            raise StoreError(f"{self._file}: {QUESTIONS} questions wait already; ask again", permanent=False)
        given_up = threading.Event()

        def answer() -> T:
            return question(self._opened_to_read(), given_up.is_set)

        self._asked += 1
        try:
            return await self._in(self._reader, answer)
        except asyncio.CancelledError:
            given_up.set()
            raise
        finally:
            self._asked -= 1

    async def _in(self, thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreError(f"{self._file}: closed, the service is stopping", permanent=False)
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except (sqlite3.Error, OSError) as error:
            raise trouble(self._file, error) from error
        except _DAMAGE as error:
            raise damaged(self._file, error) from error

    # --- in the threads ---

    def _write(self, lines: Sequence[str], now: float) -> list[str]:
        if self._writing is None or inode(self._file) != self._of:
            self._close_writing()
            self._writing = Writing(connect(self._file), self._keep)
            self._of = inode(self._file)
        try:
            return self._writing.write(lines, now)
        except sqlite3.DatabaseError:
            self._close_writing()  # whatever it was, the next attempt begins anew
            raise

    def _opened_to_read(self) -> Reading:
        if self._reading is None or inode(self._file) != self._read_of:
            self._close_reading()
            if not self._file.exists():  # nothing was written yet
                connect(self._file).close()
            self._reading = Reading(connect_to_read(self._file), self._keep)
            self._read_of = inode(self._file)
        return self._reading

    def _close_writing(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def _close_reading(self) -> None:
        if self._reading is not None:
            self._reading.close()
            self._reading = None
