"""The stand that a system is put on: responders and a webhook sink as processes of their own, and their logs."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import orjson

from benchmarks.kit import province
from benchmarks.kit.flips import Flip, Page, pages
from ioc.demo import logs
from ioc.demo.children import Child
from ioc.demo.province import Thing

SINK_PORT = 19099
LOCK = Path(tempfile.gettempdir()) / "ioc-bench.lock"


class Stand:
    """Starts children in a scratch folder and ends them all; use as an async context manager.

    Only one stands on a machine at a time: its ports are fixed, as the peers' files name them, and two would measure
    each other.
    """

    def __init__(self, things: Sequence[Thing]) -> None:
        self.things = things
        self.folder = Path(tempfile.mkdtemp(prefix="ioc-bench-"))
        self._lock = LOCK.open("a")
        self._children: list[Child] = []
        self._drains: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(fcntl.flock, self._lock, fcntl.LOCK_EX)
        return self

    async def __aexit__(self, *_: object) -> None:
        for child in reversed(self._children):
            await self.end(child)
        await asyncio.gather(*self._drains, return_exceptions=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    async def child(self, name: str, *command: str | Path) -> Child:
        """Start a command that does not say when it is ready."""
        child = await Child.start(name, [str(each) for each in command], self.folder)
        self._children.append(child)
        return child

    async def python(self, name: str, module: str, *arguments: str | Path) -> Child:
        """Start one of our own processes and wait until it is ready."""
        child = await self.child(name, sys.executable, "-m", module, *arguments)
        self.facts = await child.ready()
        self.drain(child)
        return child

    def drain(self, child: Child) -> None:
        """Have what a child prints from now on go to its log."""
        self._drains.append(asyncio.create_task(child.drain()))

    async def end(self, child: Child) -> None:
        """End one child."""
        await child.stop()
        if child in self._children:
            self._children.remove(child)

    async def answer(self) -> None:
        """Have every thing answer, each on sockets of its own."""
        province.roster(self.folder / "roster.json", self.things)
        await self.python("responders", "ioc.demo.responders", self.folder / "roster.json", self.control)

    async def listen(self) -> None:
        """Take webhooks."""
        await self.python("sink", "ioc.demo.sink", self._pages, str(SINK_PORT))

    async def play(self, flips: Sequence[Flip], start: float) -> None:
        """Have a process of its own break things as planned."""
        plan = self.folder / "plan.json"
        listed = [{"subject": each.subject, "at": each.at, "lasts": each.lasts} for each in flips]
        plan.write_bytes(orjson.dumps({"start": start, "flips": listed}))
        await self.python("script", "benchmarks.kit.script", plan, self.control, self.folder / "script.jsonl")

    @property
    def control(self) -> Path:
        """The responders' control socket."""
        return self.folder / "control"

    @property
    def _pages(self) -> Path:
        return self.folder / "pages.jsonl"

    def told(self) -> list[Page]:
        """The pages that the sink has received so far."""
        names = {f"{each.address}:{each.port}": each.id for each in self.things}
        return pages(logs.read(self._pages), names)


def now() -> float:
    """The machine's monotonic clock, the one that all processes share."""
    return time.monotonic()
