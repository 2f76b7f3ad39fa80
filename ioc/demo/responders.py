"""The process in which every thing of a province answers: `python -m ioc.demo.responders ROSTER SOCKET`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson

from ioc.clock import Clock
from ioc.demo.child import allow_descriptors, play, ready
from ioc.demo.control import LINE_LIMIT
from ioc.demo.moment import monotonic
from ioc.demo.port import Port
from ioc.demo.province import Province, load
from ioc.demo.truth import Manner, Mode, Truth
from ioc.errors import IocError

DESCRIPTORS_A_THING = 3
DESCRIPTORS_BESIDE = 512


class Answering:
    """Every port of a province, obeying the control line."""

    def __init__(self, province: Province, clock: Clock) -> None:
        self.truth = Truth(province)
        self._clock = clock
        began = clock.now()
        self._ports = {
            each.id: Port(each, self.truth, lambda: clock.now() - began) for each in province.things.values()
        }
        self._closed: set[str] = set()

    async def open(self) -> None:
        """Have everything answer; raises IocError when an address is taken."""
        for port in self._ports.values():
            try:
                await port.open()
            except OSError as error:
                where = f"{port.thing.address}:{port.thing.port}"
                raise IocError(f"{port.thing.id} can not answer at {where}: {error}") from error

    def close(self) -> None:
        """Have nothing answer."""
        for port in self._ports.values():
            port.close()

    async def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Do one command and say from which monotonic moment it holds."""
        try:
            self._apply(command)
            await self._follow()
        except (IocError, OSError, KeyError, ValueError, TypeError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}
        return {"ok": True, "at": monotonic(self._clock)}

    def _apply(self, command: dict[str, Any]) -> None:
        ids, truth = command["ids"], self.truth
        match command["do"]:
            case "cut":
                truth.cut(ids)
            case "heal":
                truth.heal(ids)
            case "mode":
                truth.set_mode(ids, Mode(Manner(command["manner"]), int(command["value"])))
            case "lose":
                truth.lose(ids, int(command["value"]))
            case other:
                raise ValueError(f"unknown command {other!r}; one of: cut, heal, mode, lose")

    async def _follow(self) -> None:
        """Close and open the ports that the truth wants closed and open."""
        wanted = self.truth.closed()
        for each in wanted - self._closed:
            self._ports[each].close()
        await asyncio.sleep(
            0
        )  # a datagram socket is closed by the loop's next turn, and the answer says it is
        for each in self._closed - wanted:
            await self._ports[each].open()
        self._closed = wanted


async def serve(roster: Path, socket: Path) -> None:
    """Answer for every thing of a roster until told to stop."""
    province = load(roster)
    allow_descriptors(DESCRIPTORS_A_THING * len(province.things) + DESCRIPTORS_BESIDE)
    answering = Answering(province, Clock())
    await answering.open()
    try:
        server = await asyncio.start_unix_server(
            lambda reader, writer: _listen(answering, reader, writer), socket, limit=LINE_LIMIT
        )
    except OSError as error:
        raise IocError(f"no control socket at {socket}: {error}; is TMPDIR short enough?") from error
    ready(things=len(province.things))
    try:
        await asyncio.Event().wait()
    finally:
        server.close()
        answering.close()


async def _listen(answering: Answering, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        try:
            command = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            writer.write(orjson.dumps({"ok": False, "error": f"not JSON: {error}"}) + b"\n")
            continue
        writer.write(orjson.dumps(await answering.obey(command)) + b"\n")
    writer.close()


if __name__ == "__main__":
    play(serve(Path(sys.argv[1]), Path(sys.argv[2])))
