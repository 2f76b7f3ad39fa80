"""A modem that speaks AT as 3GPP TS 27.005 and 27.007 say, with faults: on a pseudo terminal, or behind TCP."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import tty
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

GONE = "gone"
SILENT = "silent"
UNFINISHED = "unfinished"
"""takes the message, says +CMGS and nothing more"""

Outcome = int | str
"""what comes of a message: a +CMS error, or one of the words above"""


@dataclass
class Talk:
    """What it says to what it hears; `outcomes` are those of the next messages, then all are taken."""

    pin: str = ""
    sim: bool = True
    registration: int = 1
    level: int = 21
    attempts: int = 3
    echo: bool = True
    knows: Mapping[str, bool] = field(default_factory=dict)
    chatter: str = ""
    """a line that it says unasked in the middle of every answer"""
    outcomes: deque[Outcome] = field(default_factory=deque)
    taken: list[bytes] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """commands, in order"""
    deaf: bool = False
    lost: str = ""
    """a command with a value that it neither does nor answers"""
    _held: bytes = b""
    _expects: int | None = None
    _errors: bool = False

    def feed(self, data: bytes) -> bytes | None:
        """What it answers; None when it goes away."""
        self._held += data
        out = b""
        while (taken := self._one()) is not None:
            if taken is GONE:
                return None
            out += taken.encode() if isinstance(taken, str) else taken
        return b"" if self.deaf else out

    def _one(self) -> str | bytes | None:
        if self._expects is not None:
            return self._data()
        if self._held.startswith(b"\x1b"):
            self._held = self._held[1:]
            return ""
        if b"\r" not in self._held:
            return None
        line, _, self._held = self._held.partition(b"\r")
        command = line.decode("ascii").strip()
        self.heard.append(command)
        return (line.decode("ascii") + "\r" if self.echo else "") + self._answered(command)

    def _answered(self, command: str) -> str:
        said = f"\r\n{self.chatter}\r\n" if self.chatter else ""
        return said + self._answer(command)

    def _answer(self, command: str) -> str:
        name, _, value = command.partition("=")
        if not self.knows.get(name.rstrip("?"), True):
            return "\r\nERROR\r\n"
        if value and name == self.lost:
            return ""
        if name == "AT+CMGS":
            return self._prompt(int(value))
        if name == "AT+CPIN" and value:
            return self._unlock(value.strip('"'))
        known: Mapping[str, Callable[[], str]] = {
            "AT+CPIN?": lambda: self._simless() or f"\r\n+CPIN: {'SIM PIN' if self.pin else 'READY'}\r\n",
            "AT+CPINR": lambda: f"\r\n+CPINR: SIM PIN,{self.attempts},3\r\n",
            "AT+CREG?": lambda: f"\r\n+CREG: 0,{self.registration}\r\n",
            "AT+CEREG?": lambda: f"\r\n+CEREG: 0,{self.registration}\r\n",
            "AT+CSQ": lambda: f"\r\n+CSQ: {self.level},99\r\n",
        }
        if command == "ATE0":
            self.echo = False
        self._errors = self._errors or command == "AT+CMEE=1"
        said = known.get(name, lambda: "")()
        return said if "ERROR" in said else said + "\r\nOK\r\n"

    def _simless(self) -> str:
        if self.sim:
            return ""
        return "\r\n+CME ERROR: 10\r\n" if self._errors else "\r\nERROR\r\n"

    def _unlock(self, pin: str) -> str:
        if pin != self.pin:
            self.attempts -= 1
            return "\r\n+CME ERROR: 16\r\n"
        self.pin = ""
        return "\r\nOK\r\n"

    def _prompt(self, length: int) -> str:
        self._expects = length
        return "\r\n> "

    def _data(self) -> str | bytes | None:
        found = re.search(rb"[\x1a\x1b]", self._held)
        if found is None:
            return None
        text, self._held = self._held[: found.start()], self._held[found.end() :]
        length, self._expects = self._expects, None
        if found[0] == b"\x1b":
            return "\r\nOK\r\n"
        return self._submitted(bytes.fromhex(text.decode("ascii")), length or 0)

    def _submitted(self, octets: bytes, length: int) -> str:
        tpdu = octets[1 + octets[0] :]
        if len(tpdu) != length:
            return "\r\n+CMS ERROR: 304\r\n"
        outcome = self.outcomes.popleft() if self.outcomes else 0
        if outcome == GONE:
            self.taken.append(tpdu)
            return GONE
        if outcome == SILENT:
            return ""
        if outcome:
            return f"\r\n+CMS ERROR: {outcome}\r\n" if isinstance(outcome, int) else self._unfinished(tpdu)
        self.taken.append(tpdu)
        said = f"\r\n{self.chatter}\r\n" if self.chatter else ""
        return f"{said}\r\n+CMGS: {len(self.taken)}\r\n\r\nOK\r\n"

    def _unfinished(self, tpdu: bytes) -> str:
        self.taken.append(tpdu)
        return f"\r\n+CMGS: {len(self.taken)}\r\n"


class Terminal:
    """A talk on a pseudo terminal; `device` is what a service opens."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.device = os.ttyname(slave)
        self._slave = slave
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._hear)

    def say(self, data: bytes) -> None:
        """Something unasked."""
        os.write(self._master, data)

    def unplug(self) -> None:
        """Gone, as a USB stick that is pulled out."""
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
            self._master = -1

    def _hear(self) -> None:
        try:
            said = self.talk.feed(os.read(self._master, 4096))
        except OSError:
            return
        if said is None:
            self.unplug()
        elif said:
            os.write(self._master, said)


@asynccontextmanager
async def behind_tcp(talk: Talk) -> AsyncIterator[str]:
    """A talk behind a serial server; gives the device."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while data := await reader.read(4096):
            said = talk.feed(data)
            if said is None:
                break
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"tcp://{host}:{port}"
    server.close()
    for writer in writers:
        writer.close()
        await writer.wait_closed()
