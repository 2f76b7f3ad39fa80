"""What the wall is sent: JSON messages, and one whole WebSocket text frame around each.

A frame is made once and written to many screens, so it must not depend on what a screen was sent before: each
is deflated in a context of its own (RFC 7692 §7.1.1 allows that whatever was negotiated), with a window no
larger than the screen's. Server frames are never masked (RFC 6455 §5.1).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from ioc.picture import Delta

TEXT = 0x81
"""FIN and the opcode of a text frame, RFC 6455 §5.2"""
RSV1 = 0x40
"""set on the first frame of a deflated message, RFC 7692 §6"""
PLAIN = 0
"""the window of a screen that did not negotiate permessage-deflate"""
SMALLEST_DEFLATED = 128
"""bytes below which deflating costs more than it saves"""
LARGE = 64 * 1024
"""bytes from which the fastest level is used, since deflating holds up the event loop"""
FLUSH_TAIL = b"\x00\x00\xff\xff"
"""what Z_SYNC_FLUSH ends with and RFC 7692 §7.2.1 leaves out"""


def hello(
    *,
    build: str,
    epoch: str,
    now: float,
    name: str,
    beat_s: float,
    coalesce_ms: int,
    viewing: Mapping[str, float],
    languages: Sequence[str],
    may_write: bool,
) -> bytes:
    """The first message to a screen; `now` is steady time, the time that everything in the picture is in."""
    return orjson.dumps(
        {
            "type": "hello",
            "build": build,
            "epoch": epoch,
            "now": now,
            "name": name,
            "beat_s": beat_s,
            "coalesce_ms": coalesce_ms,
            "viewing": dict(viewing),
            "languages": list(languages),
            "may_write": may_write,
        }
    )


def delta(change: Delta, now: float, bad: Callable[[str], None]) -> bytes:
    """What changed, as a message; a value that JSON cannot carry is left out and told to `bad`."""
    try:
        return _delta(change, change.put, now)
    except TypeError:
        return _delta(change, _encodable(change.put, bad), now)


def beat(offset: int, now: float) -> bytes:
    """The message that says the link lives though nothing has changed."""
    return orjson.dumps({"type": "beat", "now": now, "offset": offset})


def frame(payload: bytes, window: int = PLAIN) -> bytes:
    """One complete text frame; deflated when `window` (9–15 bits) says so and the payload is worth it."""
    if window == PLAIN or len(payload) < SMALLEST_DEFLATED:
        return _head(TEXT, len(payload)) + payload
    body = deflate(payload, window)
    return _head(TEXT | RSV1, len(body)) + body


def deflate(payload: bytes, window: int) -> bytes:
    """A raw deflate block without its sync flush tail, that needs no earlier message to be read."""
    level = 1 if len(payload) >= LARGE else 6
    packer = zlib.compressobj(level, zlib.DEFLATED, -window)
    packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed.removesuffix(FLUSH_TAIL)


class Prepared:
    """One message, framed at most once for each window that some screen negotiated."""

    __slots__ = ("_frames", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._frames: dict[int, bytes] = {}

    def frame(self, window: int) -> bytes:
        """The frame for a screen with this window."""
        found = self._frames.get(window)
        if found is None:
            found = self._frames[window] = frame(self.payload, window)
        return found


def _delta(change: Delta, put: Mapping[str, Any], now: float) -> bytes:
    return orjson.dumps(
        {
            "type": "delta",
            "epoch": change.epoch,
            "offset": change.offset,
            "full": change.full,
            "now": now,
            "put": put,
            "gone": sorted(change.gone),
        }
    )


def _encodable(put: Mapping[str, Any], bad: Callable[[str], None]) -> dict[str, Any]:
    good: dict[str, Any] = {}
    for key, value in put.items():
        try:
            orjson.dumps(value)
        except TypeError:
            bad(key)
        else:
            good[key] = value
    return good


def _head(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    if length < 1 << 16:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")
