"""A keeper with neighbours that a test moves by hand; the spool is a real directory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ioc.errors import SpoolUnusable, StoreError
from ioc.history import marker
from ioc.model import Sample, Verdict
from ioc.store.keeper import Keeper
from ioc.store.line import Lines
from ioc.store.spool import Spool
from ioc.telemetry import Telemetry
from tests.fakes import HandClock

AWAY = StoreError("http://db: no answer: refused", permanent=False)
AT = 1_700_000_000.0


class HandStore:
    """Keeps what it is given; raises what `trouble` holds, one at a time, or `always`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sizes: list[int] = []
        self.trouble: list[StoreError | Exception] = []
        self.always: StoreError | None = None
        self.refuses = 0
        self.closed = False
        self.gate = asyncio.Event()
        """a write waits for it"""
        self.gate.set()
        self.wrote = asyncio.Event()

    async def write(self, lines: Sequence[str]) -> int:
        await self.gate.wait()
        if self.trouble:
            raise self.trouble.pop(0)
        if self.always is not None:
            raise self.always
        self.lines += lines
        self.sizes.append(len(lines))
        self.wrote.set()
        return self.refuses

    async def close(self) -> None:
        self.closed = True

    async def holds(self, count: int) -> None:
        """Return when so many lines were written."""
        while len(self.lines) < count:
            self.wrote.clear()
            await self.wrote.wait()


class House:
    """`pauses` are the waits that were asked for: let go at once, or with `stay` when `go` is set."""

    def __init__(self, folder: Path, size: int = 64 * 1024**2, **bounds: int) -> None:
        self.store = HandStore()
        self.clock = HandClock(AT, ahead=3600.0)
        self.telemetry = Telemetry()
        self.told: list[Mapping[str, Any]] = []
        self.pauses: list[float] = []
        self.paused, self.go = asyncio.Event(), asyncio.Event()
        self.stay = False
        self.directory = folder / "spool"
        self.size = size
        self.refusal: SpoolUnusable | None = None
        """what opening the spool raises"""
        self.spool: Spool | None = None
        self._moved = asyncio.Event()
        self.keeper = Keeper(
            self.store,
            Lines(lambda endpoint: {"unit": "u"}),
            self.open,
            self.clock,
            self.telemetry,
            self.tell,
            pause=self.pause,
            chance=lambda: 1.0,
            **bounds,
        )

    def open(self) -> Spool:
        if self.refusal is not None:
            raise self.refusal
        self.spool = Spool(self.directory, self.size, marker("test"))
        return self.spool

    def tell(self, value: Mapping[str, Any]) -> None:
        self.told.append(value)
        self._moved.set()

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.paused.set()
        if self.stay:
            await self.go.wait()
        await asyncio.sleep(0)

    async def until(self, so: Callable[[], Any]) -> None:
        """Return when something is so; a few of its causes make no noise, hence the short wait."""
        async with asyncio.timeout(30):
            while not so():
                await asyncio.sleep(0.002)

    def add(self, *numbers: int) -> None:
        for number in numbers:
            self.keeper.add(sample(number))


def sample(number: int) -> Sample:
    """A sample that tells its number."""
    return Sample(f"e{number}", 100.0 + number, "sip", Verdict.OK, {"rtt": 1.0})


def ids(lines: Sequence[str]) -> list[int]:
    """The numbers of samples among lines."""
    return [int(line.split("endpoint=e")[1].split(",")[0]) for line in lines if "endpoint=e" in line]


def dropped(lines: Sequence[str]) -> int:
    """What the marks among lines tell of."""
    return sum(int(line.split("lines=")[1].split("i")[0]) for line in lines if line.startswith("dropped,"))
