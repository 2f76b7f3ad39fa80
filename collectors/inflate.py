"""Compressed bodies, unpacked to no more than is wanted of them (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ioc.errors import CodecError

STEP = 65_536
"""bytes unpacked at once"""
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Inflate:
    """Unpacks a body piece by piece; raises CodecError for an encoding nobody asked for."""

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        self._unpack = None
        if name not in ("", "identity"):
            if name not in _WINDOWS:
                raise CodecError(f"has the content-encoding {encoding[:40]!r}, which was not asked for")
            self._unpack = zlib.decompressobj(_WINDOWS[name])

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the piece unpacks to, STEP bytes at a time; raises CodecError when it is not what it says."""
        if self._unpack is None:
            yield data
            return
        try:
            while data and not self._unpack.eof:
                yield self._unpack.decompress(data, STEP)
                data = self._unpack.unconsumed_tail
        except zlib.error as error:
            raise CodecError(f"cannot be unpacked: {error}") from error

    def whole(self) -> bool:
        """Whether a packed body was there to its end."""
        return self._unpack is None or self._unpack.eof
