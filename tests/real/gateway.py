"""What stands before an HTTP server and does to it what networks and proxies do: pass, delay, answer itself, cut.

One request a connection, each on a connection of its own behind it, so that a change of mind concerns every request
that comes later and none that is under way.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

REASONS = {400: "Bad Request", 429: "Too Many Requests", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Mood:
    """What becomes of a request. `name` is what it is counted under.

    `status` other than 0: it is answered so, and the server never hears of it. `delay`: seconds that the server's
    answer is held back. `deaf`: the server has it, and its answer is never passed on.
    """

    name: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    deaf: bool = False


PASS = Mood("pass")
DEAF = Mood("deaf", deaf=True)
BUSY = Mood("429", status=429, headers={"Retry-After": "1"})
UNAVAILABLE = Mood("503", status=503)
UNREADABLE = Mood("400", status=400)


def slow(seconds: float) -> Mood:
    """Every answer comes so much later."""
    return Mood("slow", delay=seconds)


class Gateway:
    """Listens on a loopback port of its own; `mood` may be changed at any time."""

    def __init__(self, host: str, port: int) -> None:
        self.mood = PASS
        self.met: Counter[str] = Counter()
        """requests that came to each mood"""
        self.refused: set[str] = set()
        """lines that came alone and were answered 400: their sender has no reason to try them again"""
        self.patience = 0
        """400s after which it passes again, if not 0; a sender gives a batch up after some hundreds"""
        self._server = (host, port)
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> str:
        """Begin; the address to use instead of the server's."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """End, whatever is under way."""
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until_met(self, mood: Mood, times: int, within: float) -> None:
        """Return once so many more requests have come to a mood; raises TimeoutError."""
        wanted = self.met[mood.name] + times
        await self._until(lambda: self.met[mood.name] >= wanted, within)

    async def until_refused(self, lines: int, within: float) -> None:
        """Return once so many more lines are refused; raises TimeoutError."""
        wanted = len(self.refused) + lines
        await self._until(lambda: len(self.refused) >= wanted, within)

    async def _until(self, so: Callable[[], bool], within: float) -> None:
        async with asyncio.timeout(within):
            while not so():
                self._news.clear()
                await self._news.wait()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, EOFError):
                await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        body = await reader.readexactly(int(names.get(b"content-length", 0)))
        mood = self.mood
        if mood.status:
            self._note(mood, body)
            writer.write(_answer(mood))
        else:
            said = await self._ask(head, body)
            await asyncio.sleep(mood.delay)
            writer.write(b"" if mood.deaf else said)
        await writer.drain()
        self.met[mood.name] += 1
        self._news.set()

    async def _ask(self, head: bytes, body: bytes) -> bytes:
        """What the server says; raises OSError while it is away, EOFError when it says nothing."""
        request, _, rest = head.partition(b"\r\n")
        kept = [line for line in rest.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
        reader, writer = await asyncio.open_connection(*self._server)
        try:
            writer.write(b"\r\n".join([request, *kept, b"Connection: close", b"", b""]) + body)
            said = await reader.read(-1)
        finally:
            writer.close()
        if not said:
            raise EOFError
        return said

    def _note(self, mood: Mood, body: bytes) -> None:
        if mood.status == 400:
            self.patience -= 1
            if self.patience == 0:
                self.mood = PASS
            lines = gzip.decompress(body).decode().split("\n")
            if len(lines) == 1:
                self.refused.add(lines[0])


def _answer(mood: Mood) -> bytes:
    body = json.dumps({"code": "test", "message": f"answered {mood.status} by the test"})
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"{name}: {value}" for name, value in {**headers, **mood.headers}.items()]
    return "\r\n".join([f"HTTP/1.1 {mood.status} {REASONS[mood.status]}", *lines, "", body]).encode()
