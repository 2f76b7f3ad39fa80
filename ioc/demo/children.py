"""The demo's processes: started tied to their parent, awaited, and ended in order."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from ioc.errors import IocError

START_LIMIT = 30.0
"""seconds that a process may take until it is ready"""
STOP_LIMIT = 10.0
"""seconds that a process may take to end by itself"""
SHOWN_LINES = 12


class ChildError(IocError):
    """A process of the demo did not start, or ended on its own."""


class Child:
    """One process; its standard error, and what it prints after it was ready, go to `log`."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        if process.stdout is None:
            raise ChildError(f"{name} was started without a pipe to read")
        self.name = name
        self.process = process
        self.log = log
        self._output = process.stdout

    @classmethod
    async def start(cls, name: str, command: Sequence[str], logs: Path) -> Child:
        """Start a command that is killed by the system when this process ends, however that happens."""
        log = logs / f"{name}.log"
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ioc.demo.tether", str(os.getpid()), *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=file,
                start_new_session=True,  # a Ctrl-C is for the parent, which ends the others in order
            )
        return cls(name, process, log)

    @classmethod
    async def module(cls, name: str, logs: Path, *arguments: str | Path) -> Child:
        """Start `python -m ioc.demo.NAME`."""
        command = [sys.executable, "-m", f"ioc.demo.{name}", *map(str, arguments)]
        return await cls.start(name, command, logs)

    async def ready(self) -> dict[str, Any]:
        """What the process said when it was ready; raises ChildError when it ends or is too slow."""
        try:
            line = await asyncio.wait_for(self._output.readline(), START_LIMIT)
        except TimeoutError:
            raise ChildError(f"{self.name} was not ready within {START_LIMIT:g} s{self.said()}") from None
        if not line:
            await self.process.wait()
            raise ChildError(f"{self.name} did not start{self.said()}")
        facts: dict[str, Any] = orjson.loads(line)
        return facts

    async def drain(self) -> None:
        """Copy what the process prints to its log until it closes its output."""
        with self.log.open("ab", buffering=0) as file:
            while data := await self._output.read(65536):
                file.write(data)

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    async def stop(self) -> None:
        """Ask it to end, and kill it when it does not."""
        if self.running:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), STOP_LIMIT)
            except TimeoutError:
                self.kill()
        await self.process.wait()

    def kill(self) -> None:
        """End it at once."""
        if self.running:
            self.process.kill()

    def said(self) -> str:
        """The last lines of its log, ready to stand behind a sentence."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-SHOWN_LINES:]
        return ": " + "\n".join(lines) if lines else ""
