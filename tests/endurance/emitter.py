"""A program of its own that counts from one on: by SNMP, as JSON over HTTP, on an exporter's page, in line protocol.

    python -m tests.endurance.emitter HOST SNMP_PORT WEB_PORT WRITE_URL TOKEN

Each voice has its own count. Whoever asks gets the next number, so that every answer is another and a number that
is missing is an answer that was lost. Line protocol is pushed: a number is sent until it is answered 204, as Telegraf
does, and only then the next. What was given, and when, is a JSON array on standard output: voice, number, the
machine's monotonic seconds. A line on standard input ends it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import aiohttp
from aiohttp import web

from collectors.wire.snmp import Oid, Tag, Value, name
from ioc.demo.agent import Names, Tree, answer
from ioc.errors import CodecError

COMMUNITY = "dem"
UPTIME = name("1.3.6.1.2.1.1.3.0")
PUSH_EVERY = 0.1
AGAIN = 0.2
"""seconds until a line that was not taken is sent again"""


@dataclass(slots=True)
class Voices:
    """The count of each."""

    counts: dict[str, int] = field(default_factory=dict)

    def next(self, voice: str) -> int:
        """The number a voice has not said yet."""
        self.counts[voice] = self.counts.get(voice, 0) + 1
        return self.counts[voice]

    def give(self, voice: str) -> int:
        """The next number, told to whoever reads our standard output."""
        number = self.next(voice)
        tell(voice, number)
        return number


def tell(voice: str, number: int) -> None:
    """Say that a number is given now."""
    sys.stdout.write(json.dumps([voice, number, time.monotonic()]) + "\n")
    sys.stdout.flush()


class Agent(asyncio.DatagramProtocol):
    """An SNMP agent whose uptime is the count, in whole seconds."""

    def __init__(self, voices: Voices) -> None:
        self._tree = Tree(Names([UPTIME]), self._read)
        self._voices = voices

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with suppress(CodecError):
            if (said := answer(data, COMMUNITY.encode(), self._tree)) is not None:
                self._transport.sendto(said, addr)

    def _read(self, oid: Oid) -> Value:
        return Value(Tag.TICKS, self._voices.give("snmp") * 100)


def pages(voices: Voices) -> web.Application:
    """The count as JSON at `/health`, as an exporter's gauge at `/metrics`."""

    async def health(request: web.Request) -> web.Response:
        return web.json_response({"data": {"number": voices.give("http")}})

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(text=f"number {voices.give('prometheus')}\n")

    app = web.Application()
    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    return app


async def push(voices: Voices, url: str, token: str, over: asyncio.Event) -> None:
    """Write line after line, each until it is taken."""
    patience = aiohttp.ClientTimeout(total=30)
    headers = {"Authorization": f"Token {token}"}
    async with aiohttp.ClientSession(timeout=patience, headers=headers) as session:
        while not over.is_set():
            number = voices.next("line")
            line = f"count,host=counter,id=x number={number}i {time.time_ns() // 1000}"
            while not await _taken(session, url, line):
                await asyncio.sleep(AGAIN)
            tell("line", number)
            await asyncio.sleep(PUSH_EVERY)


async def _taken(session: aiohttp.ClientSession, url: str, line: str) -> bool:
    try:
        async with session.post(url, data=line.encode()) as response:
            if response.status in (400, 422):
                raise RuntimeError(f"refused for good: {await response.text()}")
            return response.status == 204
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


async def main(host: str, snmp_port: str, web_port: str, url: str, token: str) -> None:
    voices, over = Voices(), asyncio.Event()
    loop = asyncio.get_running_loop()
    agent, _ = await loop.create_datagram_endpoint(lambda: Agent(voices), (host, int(snmp_port)))
    runner = web.AppRunner(pages(voices), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, int(web_port)).start()
    pushing = asyncio.create_task(push(voices, url, token, over))
    tell("ready", 0)
    await asyncio.to_thread(sys.stdin.readline)
    agent.close()
    await runner.cleanup()
    over.set()
    await pushing
    tell("over", 0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
