"""Rooms that answer real SIP OPTIONS on loopback addresses: quiet ones that a test silences, and noisy ones.

A noisy room falls silent by itself again and again. Nobody is told of it: it is the load beside what is told.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import cast

from ioc.demo.answers import answer
from ioc.errors import CodecError

PORT = 5960
ANSWERED, UNANSWERED = 26, 6
"""requests that a noisy room answers, and then does not: its recovery is confirmed over 20 s, its outage at once"""


class Responder(asyncio.DatagramProtocol):
    """One room: answers while it is well, says nothing while it is not."""

    def __init__(self, asked: Callable[[], None]) -> None:
        self.well = True
        self._asked = asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._asked()
        if self.answers():
            try:
                self.transport.sendto(answer(data, 200, "t"), addr)
            except CodecError:
                return

    def answers(self) -> bool:
        """Whether it answers this time."""
        return self.well


class Noisy(Responder):
    """A room that falls silent by itself; `start` is where in its turn it begins."""

    def __init__(self, asked: Callable[[], None], start: int) -> None:
        super().__init__(asked)
        self._turn = start

    def answers(self) -> bool:
        """Whether it answers this time."""
        self._turn = (self._turn + 1) % (ANSWERED + UNANSWERED)
        return self._turn < ANSWERED


class Rooms:
    """The responders, by the id of their endpoint; `asked` is called with every request that comes."""

    def __init__(self, quiet: int, noisy: int) -> None:
        self.quiet = [f"room-{n:04}" for n in range(quiet)]
        self.noisy = [f"noise-{n:04}" for n in range(noisy)]
        ids = (*self.quiet, *self.noisy)
        self.addresses = dict(zip(ids, _addresses(), strict=False))
        self.silent: set[str] = set()
        self.once_silent: set[str] = set()
        self.asked: Callable[[], None] = lambda: None
        self.questions = 0
        self._responders: dict[str, Responder] = {}

    async def open(self) -> None:
        """Have every room answer."""
        for id in self.quiet:
            await self._open(id, Responder(self._count))
        for n, id in enumerate(self.noisy):
            await self._open(id, Noisy(self._count, 7 * n))

    def silence(self, id: str) -> None:
        """Have a room say nothing from now on."""
        self._responders[id].well = False
        self.silent.add(id)
        self.once_silent.add(id)

    def heal(self) -> None:
        """Have all rooms answer again."""
        for id in self.silent:
            self._responders[id].well = True
        self.silent = set()

    def close(self) -> None:
        """Free the addresses."""
        for each in self._responders.values():
            each.transport.close()

    async def _open(self, id: str, responder: Responder) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: responder, (self.addresses[id], PORT))
        self._responders[id] = responder

    def _count(self) -> None:
        self.questions += 1
        self.asked()


def _addresses() -> Iterator[str]:
    """Of a net of its own, so that two runs at a time do not meet."""
    net = 64 + os.getpid() % 64
    return (f"127.{net}.{n // 200}.{n % 200 + 1}" for n in range(50_000))
