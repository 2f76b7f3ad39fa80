"""A limit on what a server may have aiohttp's parser do: it reads heads and chunks as long as they come.

Provisional answers (RFC 9110, 15.2), answers nobody asked for and chunks of one byte cost microseconds each and
come by the ten thousand in one turn of the event loop: measured, a server that says only `100 Continue` held it up
for eight seconds. So they are counted before they are parsed.
"""

from __future__ import annotations

import asyncio
import re

import aiohttp
from aiohttp.client_proto import ResponseHandler

MOST_HEADS = 200
"""status lines of one exchange"""
MOST_LINES = 50_000
"""lines that end as HTTP's do, of one exchange: heads, chunks, and a body's own"""
BEFORE = 8_192
"""bytes in which the first status line must come"""
_STATUS_LINE = re.compile(rb"HTTP/\d\.\d \d")
_TOLD = re.compile(r"TooMuchError\('([^']*)'\)")


class TooMuchError(aiohttp.ClientConnectionError):
    """More of a kind came than an answer can need."""


class Guard(asyncio.Protocol):
    """Stands between a connection and aiohttp's protocol; ends the exchange when too much of a kind came."""

    def __init__(self, inner: ResponseHandler, transport: asyncio.Transport) -> None:
        self._inner = inner
        self._transport = transport
        self._ended: TooMuchError | None = None
        self._bytes = self._heads = self._lines = 0

    def data_received(self, data: bytes) -> None:
        """Count, then hand on."""
        if self._ended is not None:
            return
        self._bytes += len(data)
        self._heads += len(_STATUS_LINE.findall(data))
        self._lines += data.count(b"\r\n")
        if what := self._too_much():
            self._ended = TooMuchError(what)
            self._inner.set_exception(self._ended)
            self._transport.abort()
            return
        self._inner.data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Hand on, with our own reason where it was us."""
        self._inner.connection_lost(self._ended or exc)

    def eof_received(self) -> None:
        """Hand on."""
        self._inner.eof_received()

    def pause_writing(self) -> None:
        """Hand on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand on."""
        self._inner.resume_writing()

    def _too_much(self) -> str:
        if not self._heads and self._bytes > BEFORE:
            return "no status line"
        if self._heads > MOST_HEADS:
            return f"more than {MOST_HEADS} heads of answers"
        if self._lines > MOST_LINES:
            return f"more than {MOST_LINES:,} lines or pieces"
        return ""


def too_much(error: Exception) -> str:
    """What came too often, when that is why an exchange ended; aiohttp keeps no more of it than its text."""
    if isinstance(error, TooMuchError):
        return str(error)
    told = _TOLD.search(str(error))
    return told[1] if told else ""


class GuardedRequest(aiohttp.ClientRequest):
    """A request whose answer is guarded."""

    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Put the guard before the protocol, and ask."""
        transport, protocol = conn.transport, conn.protocol
        if transport is not None and protocol is not None:
            transport.set_protocol(Guard(protocol, transport))
        return await super().send(conn)
