"""Screens by the thousand: `python -m benchmarks.kit.screens HOST:PORT COUNT OFFER FILE [PATH HELLO]`.

Each is a WebSocket client on a bare socket; OFFER is `plain` or `deflate` (RFC 7692, as browsers offer it). PATH is
/ws unless told; HELLO is the text a client of another server than ours says first and waits for an answer to.
All of them are read in one loop around epoll(7), so that the reader is cheap beside what it measures. The process is
ready when all have been greeted. A frame with a field `sent`, a monotonic moment, is noted as (sent, seconds until
it was read); at the end FILE gets the notes and FILE.seen how many frames and bytes came.
"""

from __future__ import annotations

import base64
import os
import select
import signal
import socket
import sys
import time
from array import array
from pathlib import Path
from typing import NoReturn

import orjson

from ioc.demo.child import allow_descriptors, ready

READ = 256 * 1024
HANDSHAKE = 10.0
_SENT = b'"sent":'


class Screens:
    """Every screen of this process, and what they have seen."""

    def __init__(self) -> None:
        self.notes = array("d")
        self.frames = self.bytes = self.lost = 0
        self._sockets: dict[int, socket.socket] = {}
        self._rest: dict[int, bytes] = {}
        self._poll = select.epoll()

    def join(self, at: str, offer: str, path: str = "/ws", hello: str = "") -> None:
        """Shake hands; raises ConnectionError when the server does not want to."""
        host, _, port = at.partition(":")
        sock = socket.create_connection((host, int(port)), HANDSHAKE)
        sock.sendall(_request(at, offer, path))
        rest = _opened(sock)
        if hello:
            sock.sendall(_text(hello.encode()))
            while not _end(rest, 0, len(rest)):
                rest += _more(sock, rest)
        sock.setblocking(False)
        self._sockets[sock.fileno()] = sock
        self._rest[sock.fileno()] = rest
        self._poll.register(sock.fileno(), select.EPOLLIN)

    def read(self, seconds: float) -> None:
        """Read whatever comes within so many seconds, once."""
        for number, _ in self._poll.poll(seconds, len(self._sockets) or 1):
            self._take(number)

    def _take(self, number: int) -> None:
        try:
            data = self._sockets[number].recv(READ)
        except OSError:
            data = b""
        at = time.monotonic()
        if not data:
            self.lost += 1
            self._poll.unregister(number)
            return
        if rest := self._rest[number]:
            data = rest + data
        begin, length = 0, len(data)
        while begin < length and (end := _end(data, begin, length)) > 0:
            self.frames += 1
            self.bytes += end - begin
            found = data.find(_SENT, begin, end)
            if found > 0:
                sent = float(data[found + 7 : data.index(b",", found)])
                self.notes.extend((sent, at - sent))
            begin = end
        self._rest[number] = data[begin:]

    def write(self, file: Path) -> None:
        """Write what was seen."""
        file.write_bytes(self.notes.tobytes())
        seen = {"frames": self.frames, "bytes": self.bytes, "lost": self.lost}
        file.with_suffix(".seen").write_bytes(orjson.dumps(seen))


def _end(data: bytes, begin: int, length: int) -> int:
    """Where the frame that begins here ends, 0 when it is not all there (RFC 6455, 5.2)."""
    if length - begin < 2:
        return 0
    size = data[begin + 1] & 0x7F
    begin += 2
    if size == 126:
        size = int.from_bytes(data[begin : begin + 2], "big")
        begin += 2
    elif size == 127:
        size = int.from_bytes(data[begin : begin + 8], "big")
        begin += 8
    return begin + size if begin + size <= length else 0


def _opened(sock: socket.socket) -> bytes:
    """What came after the head of the server's answer."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += _more(sock, head)
    head, _, rest = head.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101 "):
        raise ConnectionError(f"refused: {head[:60]!r}")
    return rest


def _more(sock: socket.socket, before: bytes) -> bytes:
    more = sock.recv(4096)
    if not more:
        raise ConnectionError(f"hung up after {before[:60]!r}")
    return more


def _text(payload: bytes) -> bytes:
    """A short text frame of a client, its mask zero, which leaves the payload as it is (RFC 6455, 5.3)."""
    return bytes((0x81, 0x80 | len(payload))) + bytes(4) + payload


def _request(at: str, offer: str, path: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {at}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        f"Origin: http://{at}",
    ]
    if offer == "deflate":
        lines.append("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    return "\r\n".join([*lines, "", ""]).encode()


def watch(at: str, count: int, offer: str, file: Path, *greeting: str) -> None:
    """Connect, read until told to stop, write the notes."""
    allow_descriptors(count + 512)
    screens = Screens()

    def stop(*_: object) -> NoReturn:
        screens.write(file)
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    for _ in range(count):
        screens.join(at, offer, *greeting)
        screens.read(0)
    screens.read(0.2)
    ready(screens=count)
    while True:
        screens.read(1.0)


def read(file: Path, begin: float, end: float) -> list[float]:
    """Seconds until arrival of the frames sent between two monotonic moments."""
    notes = array("d", file.read_bytes())
    return [late for sent, late in zip(notes[::2], notes[1::2], strict=True) if begin <= sent < end]


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]), *sys.argv[5:])
