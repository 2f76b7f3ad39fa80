"""TCP by the bare socket: cheaper than streams for a connection that lives for one question."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from collectors.places import Place
from ioc.errors import NoAnswer, SourceError
from ioc.model import Reason

_REASONS = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.EHOSTUNREACH: Reason.NO_ROUTE,
    errno.ENETUNREACH: Reason.NO_ROUTE,
    errno.ETIMEDOUT: Reason.NO_ANSWER,
    errno.ECONNRESET: Reason.CLOSED_EARLY,
    errno.ECONNABORTED: Reason.CLOSED_EARLY,
    errno.EPIPE: Reason.CLOSED_EARLY,
}
"""what an error says about the other side; any other one is ours"""


@asynccontextmanager
async def connected(place: Place) -> AsyncIterator[socket.socket]:
    """A connection to a place, closed afterwards; raises NoAnswer or SourceError."""
    try:
        sock = socket.socket(place.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    except OSError as error:
        raise SourceError(f"no TCP socket: {error.strerror}; raise the limit of open files") from error
    with sock:
        try:
            await asyncio.get_running_loop().sock_connect(sock, place.peer)
        except OSError as error:
            raise told(error, f"connect to {place.host} port {place.port}") from error
        yield sock


async def send(sock: socket.socket, data: bytes) -> None:
    """Send all of it; raises NoAnswer or SourceError."""
    try:
        await asyncio.get_running_loop().sock_sendall(sock, data)
    except OSError as error:
        raise told(error, "send") from error


async def receive(sock: socket.socket, most: int) -> bytes:
    """The next bytes, empty when the other side has ended; raises NoAnswer or SourceError."""
    try:
        return await asyncio.get_running_loop().sock_recv(sock, most)
    except OSError as error:
        raise told(error, "receive") from error


def told(error: OSError, doing: str) -> NoAnswer | SourceError:
    """The error of a probe that the system's error means."""
    reason = _REASONS.get(error.errno or 0)
    detail = f"{doing}: {os.strerror(error.errno) if error.errno else error}"
    return SourceError(detail) if reason is None else NoAnswer(reason, detail)
