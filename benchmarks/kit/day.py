"""A province's day without its store, in simulated time: the real keeper and spool on a real disk, then the replay.

600 endpoints are probed every ten seconds; what they answer follows from a seed, so that how much of it a store holds
afterwards, and whether it is the same, is known without a copy. Time is moved by hand while the store is away, and
goes with the machine's while it is given everything, with as much that is new coming beside it.
"""

from __future__ import annotations

import asyncio
import random
import time
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import isclose
from pathlib import Path
from typing import Any

from ioc.clock import Clock
from ioc.errors import StoreError
from ioc.history import marker
from ioc.model import Sample, Verdict
from ioc.store.base import Store
from ioc.store.keeper import Keeper
from ioc.store.line import Lines
from ioc.store.memory import ROOM
from ioc.store.spool import Spool
from ioc.telemetry import Telemetry

ENDPOINTS = 600
EVERY = 10.0
"""seconds between two probes of an endpoint"""
DAY = 86_400.0
BEGIN = 1_700_000_000.0
PARTS = 4
"""times that a sweep's samples are synced to disk; the service does it every 0.4 s, this is what a day's run affords"""
LIVE = 1.0
"""seconds between two portions of what is new during the replay"""
NEARLY = 1_000
"""lines that still wait when a replay counts as over: about what is new in the meantime"""


class Moved(Clock):
    """Stands until it is moved; `go` has it go with the machine's."""

    __slots__ = ("_at", "_went")

    def __init__(self, at: float) -> None:
        super().__init__()
        self._at = at
        self._went: float | None = None

    def now(self) -> float:
        return self._at if self._went is None else self._at + time.monotonic() - self._went

    def skew(self) -> float:
        return 0.0

    def move(self, seconds: float) -> None:
        """So much later."""
        self._at += seconds

    def go(self) -> None:
        """From here on by itself."""
        self._went = time.monotonic()


class Absent:
    """A store that is away until it is `back`, and then another."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._since = float("inf")
        self.back = asyncio.Event()
        self.late: list[float] = []
        """seconds from each batch's newest sample until it was stored, of what came after the return"""

    def come_back(self) -> None:
        """Take everything from now on."""
        self._since = self._clock.now()
        self.back.set()

    async def write(self, lines: Sequence[str]) -> int:
        """See Store."""
        if not self.back.is_set():
            raise StoreError("away, as this run wants it", permanent=False)
        refused = await self._store.write(lines)
        newest = int(lines[-1].rpartition(" ")[2]) / 1e6
        if newest >= self._since:
            self.late.append(self._clock.now() - newest)
        return refused

    async def close(self) -> None:
        """See Store."""
        await self._store.close()

    async def wait(self, seconds: float) -> None:
        """A pause between two attempts; it is over when the store is back."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.back.wait()


@dataclass(slots=True)
class Sum:
    """What one endpoint answered: how often, and its round trips together."""

    count: int = 0
    rtt: float = 0.0


@dataclass(slots=True)
class Truth:
    """What was handed to history, by endpoint."""

    sums: dict[str, Sum] = field(default_factory=lambda: {f"e{n}": Sum() for n in range(ENDPOINTS)})
    stamps: array[int] = field(default_factory=lambda: array("q"))
    """when each was, in microseconds, as a line has it"""

    def add(self, id: str, at: float, rtt: float) -> None:
        """One more answer."""
        sum_ = self.sums[id]
        sum_.count, sum_.rtt = sum_.count + 1, sum_.rtt + rtt
        self.stamps.append(round(at * 1e6))

    @property
    def lines(self) -> int:
        """How many in all."""
        return len(self.stamps)

    def until(self, at: float) -> int:
        """How many lines are no later than a moment."""
        stamp = round(at * 1e6)
        return sum(each <= stamp for each in self.stamps)

    def wrong(self, found: Mapping[str, Sum]) -> dict[str, int]:
        """How many lines a store lacks, at least one where it holds others, of each endpoint of which that is so."""
        out = {}
        for id, sum_ in self.sums.items():
            there = found.get(id, Sum())
            if there.count != sum_.count or not isclose(there.rtt, sum_.rtt, rel_tol=1e-9):
                out[id] = max(sum_.count - there.count, 1)
        return out


class Day:
    """One run. `folder` gets the spool, of `size` bytes; `store` is what takes it in the end.

    `room` are the lines that the keeper has room for in memory.
    """

    def __init__(self, folder: Path, size: int, store: Store, room: int = ROOM) -> None:
        self.clock = Moved(BEGIN)
        self.truth = Truth()
        self.telemetry = Telemetry()
        self.largest = 0
        """bytes that the spool's directory ever held"""
        self.store = Absent(store, self.clock)
        self._folder = folder / "spool"
        self.size = size
        self._chance = random.Random(1)
        lines = Lines(lambda endpoint: {"unit": f"u{int(endpoint[1:]) % 40}", "site": f"s{endpoint[1:]}"})
        open = partial(Spool, self._folder, size, marker("influx"))
        around = (self.clock, self.telemetry, self._tell)
        self.keeper = Keeper(self.store, lines, open, *around, room=room, pause=self.store.wait)

    async def away(self, seconds: float) -> None:
        """So many simulated seconds without a store; all of it is kept when this returns."""
        self.keeper.start()
        for _ in range(round(seconds / EVERY)):
            for part in range(PARTS):
                self.clock.move(EVERY / PARTS)
                self._probe(range(part, ENDPOINTS, PARTS), EVERY / PARTS)
                await self.keeper.settle()
            self.largest = max(self.largest, self._bytes())

    async def replay(self) -> float:
        """The store is back, and new samples come at the machine's pace: seconds until it has all that waited."""
        self.clock.go()
        live = asyncio.create_task(self._live())
        begin = time.monotonic()
        self.store.come_back()
        while self.keeper.waiting > NEARLY:
            await asyncio.sleep(0.05)
            self.largest = max(self.largest, self._bytes())
        seconds = time.monotonic() - begin
        live.cancel()
        await asyncio.gather(live, return_exceptions=True)
        await self.keeper.close(within=60.0)
        return seconds

    def count(self, name: str) -> int:
        """What a counter of history stands at."""
        return self.telemetry.count(f"ioc_history_{name}")

    async def _live(self) -> None:
        portion = round(ENDPOINTS * LIVE / EVERY)
        first = 0
        while True:
            await asyncio.sleep(LIVE)
            self._probe([(first + n) % ENDPOINTS for n in range(portion)], LIVE)
            first += portion

    def _probe(self, endpoints: Sequence[int], span: float) -> None:
        """Endpoints answer, spread over the seconds that have just gone by."""
        now = self.clock.now()
        for place, number in enumerate(endpoints):
            rtt = round(self._chance.lognormvariate(2.0, 0.7), 3)
            at = now - span * (1 - place / len(endpoints))
            self.keeper.add(Sample(f"e{number}", at, "sip", Verdict.OK, {"rtt": rtt, "loss": 0.0}))
            self.truth.add(f"e{number}", at, rtt)

    def _bytes(self) -> int:
        sum_ = 0
        for each in self._folder.glob("*.v*"):
            with suppress(FileNotFoundError):  # what is written goes meanwhile
                sum_ += each.stat().st_size
        return sum_

    def _tell(self, value: Mapping[str, Any]) -> None:
        """Nobody watches."""
