"""The line to a modem: a serial device, or a serial server reached over TCP."""

from __future__ import annotations

import asyncio
import fcntl
import os
import termios
import tty
from collections.abc import Callable
from typing import Any, Protocol

_CHUNK = 4096


class Line(Protocol):
    """Bytes to and from a modem."""

    async def read(self) -> bytes:
        """Some bytes, at least one; raises OSError when the modem is gone."""

    async def write(self, data: bytes) -> None:
        """Write all of it; raises OSError when the modem is gone."""

    def close(self) -> None:
        """Let go of it."""


class SerialLine:
    """A serial device in raw mode, for us alone."""

    def __init__(self, device: str, speed: int) -> None:
        """Opens it; raises OSError where there is none, where it may not be opened, or where others hold it."""
        self._fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _set_raw(self._fd, speed)
            fcntl.ioctl(self._fd, termios.TIOCEXCL)
        except (OSError, termios.error) as error:
            os.close(self._fd)
            raise OSError(f"{device} is not a serial device: {error}") from None

    async def read(self) -> bytes:
        """Some bytes, at least one; raises OSError when the device is gone."""
        while True:
            try:
                data = os.read(self._fd, _CHUNK)
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._until(loop.add_reader, loop.remove_reader)
                continue
            if not data:
                raise ConnectionResetError("the device is gone")
            return data

    async def write(self, data: bytes) -> None:
        """Write all of it; raises OSError when the device is gone."""
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._until(loop.add_writer, loop.remove_writer)

    def close(self) -> None:
        """Let go of the device."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    async def _until(self, add: Callable[..., Any], remove: Callable[[int], Any]) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        add(self._fd, _settle, ready)
        try:
            await ready
        finally:
            remove(self._fd)


class TcpLine:
    """A serial server that passes bytes through as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Some bytes, at least one; raises OSError when the server is gone."""
        data = await self._reader.read(_CHUNK)
        if not data:
            raise ConnectionResetError("the serial server closed the connection")
        return data

    async def write(self, data: bytes) -> None:
        """Write all of it; raises OSError when the server is gone."""
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        """Let go of the connection."""
        self._writer.close()


async def dial(device: str, speed: int) -> Line:
    """Open `/dev/…`, or `tcp://HOST:PORT`; raises OSError."""
    if not device.startswith("tcp://"):
        return SerialLine(device, speed)
    host, _, port = device.removeprefix("tcp://").rpartition(":")
    return TcpLine(*await asyncio.open_connection(host.strip("[]"), int(port)))


def _set_raw(fd: int, speed: int) -> None:
    tty.setraw(fd)
    attributes = termios.tcgetattr(fd)
    attributes[2] |= termios.CLOCAL | termios.CREAD
    attributes[4] = attributes[5] = getattr(termios, f"B{speed}")
    attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
