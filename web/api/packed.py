"""A body that may be packed with gzip, bounded before and after, and whole: one that was cut is refused."""

from __future__ import annotations

import asyncio
import zlib

from aiohttp import web

from ioc.errors import Refused

BODY_CAP = 4 * 1024 * 1024
"""bytes of a body, as sent and unpacked"""
BODY_SECONDS = 30.0


class Unfit(Refused):
    """A request that cannot be taken: its status, InfluxDB's code for it, seconds until it may come again."""

    def __init__(self, status: int, code: str, what: str, again: int | None = None) -> None:
        super().__init__(what, status=status)
        self.code = code
        self.again = again


async def body(request: web.Request, most: int | None = None) -> bytes:
    """The body, unpacked, of `most` bytes (the cap). Raises Unfit: 400, 413, 415, or 503 when it is too slow."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Unfit(415, "invalid", f"Content-Encoding {encoding[:20]!r} is not taken; send gzip or identity")
    most = BODY_CAP if most is None else most
    sent = await _sent(request, most)
    return await asyncio.to_thread(unpacked, sent, most) if encoding == "gzip" else sent


async def _sent(request: web.Request, most: int) -> bytes:
    """The bytes as they were sent; those beyond the cap are not waited for."""
    if (request.content_length or 0) > most:
        raise _too_large(most)
    gathered = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                gathered += chunk
                if len(gathered) > most:
                    raise _too_large(most)
    except TimeoutError:
        what = f"the body did not come within {BODY_SECONDS:.0f} s"
        raise Unfit(503, "unavailable", what, again=1) from None
    except (web.RequestPayloadError, ConnectionError) as error:
        raise Unfit(400, "invalid", f"the body was cut after {len(gathered)} bytes: {error}") from None
    return bytes(gathered)


def unpacked(packed: bytes, most: int) -> bytes:
    """What gzip holds, RFC 1952, one member. Raises Unfit: 413 when it is too large, 400 when it is not whole."""
    unpack = zlib.decompressobj(wbits=31)
    try:
        plain = unpack.decompress(packed, most + 1)
    except zlib.error as error:
        raise Unfit(400, "invalid", f"the body is not gzip: {error}") from None
    if len(plain) > most:
        raise _too_large(most)
    if not unpack.eof:
        raise Unfit(400, "invalid", f"the body's gzip is cut: it does not end within its {len(packed)} bytes")
    if unpack.unused_data:
        raise Unfit(400, "invalid", f"{len(unpack.unused_data)} bytes follow the end of the body's gzip")
    return plain


def _too_large(most: int) -> Unfit:
    return Unfit(413, "request too large", f"the body is larger than {most} bytes; send less at once")
