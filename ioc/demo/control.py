"""The control line of the responders: one JSON command a line, one JSON answer a line, on a local socket.

    {"do": "cut" | "heal" | "mode" | "lose" | "status", "ids": [...], "manner": "delay", "value": 900}
    {"ok": true, "at": 1234.5}  or  {"ok": false, "error": "..."}

`at` is the monotonic moment at which the command was in force.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from ioc.demo.truth import Manner, Mode
from ioc.errors import IocError

LINE_LIMIT = 4 * 1024 * 1024


class ControlError(IocError):
    """The responders refused a command, or are gone."""


class Responders:
    """Tells running responders what to do; each command returns the monotonic moment from which it holds."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()

    @classmethod
    async def connect(cls, socket: Path) -> Responders:
        """Connect to the control socket; raises ControlError when nobody listens there."""
        try:
            return cls(*await asyncio.open_unix_connection(socket, limit=LINE_LIMIT))
        except OSError as error:
            raise ControlError(f"no responders at {socket}: {error}; are they running?") from error

    async def cut(self, ids: Iterable[str]) -> float:
        """Cut things off, with all that is behind them."""
        return await self._do("cut", ids)

    async def heal(self, ids: Iterable[str]) -> float:
        """Undo every cut, mode and loss of these."""
        return await self._do("heal", ids)

    async def mode(self, ids: Iterable[str], mode: Mode) -> float:
        """Have things be silent, refuse, delay or answer with a code until healed."""
        return await self._do("mode", ids, manner=mode.manner.value, value=mode.value)

    async def lose(self, ids: Iterable[str], count: int) -> float:
        """Swallow the next `count` requests to each of these."""
        return await self._do("lose", ids, value=count)

    async def silent(self, ids: Sequence[str]) -> float:
        """Swallow what is sent to these, not to what is behind them."""
        return await self.mode(ids, Mode(Manner.SILENT))

    async def close(self) -> None:
        """End the connection; what was told stays in force."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _do(self, do: str, ids: Iterable[str], **more: Any) -> float:
        async with self._turn:
            try:
                self._writer.write(orjson.dumps({"do": do, "ids": list(ids), **more}) + b"\n")
                await self._writer.drain()
                line = await self._reader.readline()
            except OSError as error:
                raise ControlError(f"the responders are gone: {error}") from error
        if not line:
            raise ControlError("the responders are gone: they closed the control line")
        said = orjson.loads(line)
        if not said["ok"]:
            raise ControlError(f"the responders refused {do!r}: {said['error']}")
        return float(said["at"])
