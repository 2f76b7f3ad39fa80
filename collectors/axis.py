"""Asks a document axis by REST (VXP): what it holds, and one message after the other; bounded in bytes and time."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import orjson

from collectors.wire import axis
from ioc.errors import CodecError, NoAnswer
from ioc.legible import legible
from ioc.model import Reason

MOST_LIST = 16 * 1024 * 1024
MOST_AFTER = 3_600.0
"""seconds that an axis may ask us to wait"""
PIECE = 64 * 1024
REFUSED = frozenset({401, 403})
GONE = frozenset({404, 410})


class Unavailable(NoAnswer):
    """The axis did not answer as it should; `after` in seconds where it said when to come again."""

    def __init__(self, detail: str, after: float | None = None) -> None:
        super().__init__(Reason.WRONG_ANSWER, detail)
        self.after = after


class Missing(CodecError):
    """The axis lists a message and does not give it."""


class Axis:
    """One axis; `headers` carry the secrets, `timeout` in seconds is for a list and for each silence in a message."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        timeout: float,
        verify: bool = True,
        ca: Path | None = None,
    ) -> None:
        self._url, self._headers, self._timeout = url.rstrip("/"), dict(headers), timeout
        self._verify, self._ca = verify, ca
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def page(self, path: str, kind: str, number: int, size: int, zone: ZoneInfo) -> axis.Page:
        """One page of a list, numbered from 1; `kind` is `edoc` or `status`; raises Unavailable."""
        wanted = {"servicetype": "eDoc", "messagetype": kind, "pageIndex": number, "pageSize": size}
        async with self._asked(path, wanted, self._timeout) as response:
            body = await self._whole(response, path)
        try:
            return axis.page(body, zone)
        except CodecError as error:
            raise Unavailable(f"{path} {error}") from error

    async def message(self, path: str, id: str) -> AsyncGenerator[bytes, None]:
        """One message, in pieces; raises Unavailable, and Missing where the answer has none."""
        enclosed = axis.Enclosed()
        async with self._asked(path, {"docId": id}, None) as response:
            async for data in response.content.iter_chunked(PIECE):
                for piece in _of(enclosed, data):
                    yield piece
        try:
            enclosed.end()
        except CodecError as error:
            raise Missing(f"{path} {error}") from error

    async def finished(self, path: str, id: str) -> None:
        """Tell the axis that a message was taken; raises Unavailable."""
        async with self._asked(path, {"docId": id, "status": "done"}, self._timeout) as response:
            await self._whole(response, path)

    async def _whole(self, response: aiohttp.ClientResponse, path: str) -> bytes:
        body = bytearray()
        async for data in response.content.iter_chunked(PIECE):
            body += data
            if len(body) > MOST_LIST:
                raise Unavailable(f"{path} answers more than {MOST_LIST:,} bytes; ask for smaller pages")
        return bytes(body)

    @asynccontextmanager
    async def _asked(
        self, path: str, body: Mapping[str, Any], whole: float | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        timeout = aiohttp.ClientTimeout(whole, sock_connect=self._timeout, sock_read=self._timeout)
        try:
            async with self._own().post(
                self._url + path, data=orjson.dumps(body), timeout=timeout, allow_redirects=False
            ) as response:
                _judge(response, path)
                yield response
        except TimeoutError as error:
            raise Unavailable(f"{path}: no answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"{path}: {legible(str(error) or type(error).__name__)[:160]}") from error

    def _own(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={**self._headers, "Content-Type": "application/json"},
                connector=aiohttp.TCPConnector(limit=4, ssl=self._trust()),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _trust(self) -> ssl.SSLContext | bool:
        if not self._verify:
            return False
        return ssl.create_default_context(cafile=self._ca) if self._ca else True


def _of(enclosed: axis.Enclosed, data: bytes) -> list[bytes]:
    try:
        return list(enclosed.feed(data))
    except CodecError as error:
        raise Missing(f"the answer {error}") from error


def _judge(response: aiohttp.ClientResponse, path: str) -> None:
    """Raises Unavailable for an answer that is not a success, Missing for what is not there."""
    status = response.status
    if status == 200:
        return
    line = f"{path} answers {status} {legible(response.reason or '')[:60]}".rstrip()
    if status in GONE:
        raise Missing(f"is not there: {line}")
    if status in REFUSED:
        raise Unavailable(f"{line}; check system_id and secret_key")
    raise Unavailable(line, _after(response.headers.get("Retry-After", "")))


def _after(text: str) -> float | None:
    return min(float(text), MOST_AFTER) if text.isascii() and text.isdigit() and len(text) < 9 else None
