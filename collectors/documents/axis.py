"""Asks a document axis by REST (VXP): what it holds, and one message after the other; bounded in bytes and time."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp
import orjson
from yarl import URL

from collectors.wire import axis
from ioc.errors import CodecError, NoAnswer, SourceError
from ioc.legible import legible
from ioc.model import Reason

MOST_LIST = 16 * 1024 * 1024
MOST_AFTER = 3_600.0
"""seconds that an axis may ask us to wait"""
LONGEST_MESSAGE = 900.0
"""seconds for one message, however slowly it comes"""
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


@dataclass(frozen=True, slots=True)
class Paths:
    """Where an axis is asked; a path with fields in braces is asked by GET, any other by POST with JSON.

    Fields of `lists`: kind, page, size, from, to (dates `yyyy/mm/dd`); of `fetch`: id. `confirm` and `login` may be
    empty.
    """

    lists: Sequence[str]
    fetch: str
    confirm: str = ""
    login: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of a list: of a kind, `edoc` or `status`, and where a list goes by days, of one day."""

    kind: str
    page: int
    size: int
    day: date

    def fields(self) -> dict[str, str]:
        """What stands in a path."""
        end = self.day + timedelta(days=1)
        return {
            "kind": self.kind, "page": str(self.page), "size": str(self.size),
            "from": self.day.strftime("%Y/%m/%d"), "to": end.strftime("%Y/%m/%d"),
        }  # fmt: skip

    def body(self) -> dict[str, Any]:
        """What is posted."""
        return {
            "servicetype": "eDoc", "messagetype": self.kind, "pageIndex": self.page, "pageSize": self.size,
        }  # fmt: skip


class Axis:
    """One axis; `headers` carry the secrets, `timeout` in seconds is for a list and for each silence in a message.

    `credentials` is the JSON that is posted to `login`, for a token that then goes along.
    """

    def __init__(
        self, url: str, paths: Paths, headers: Mapping[str, str], credentials: str, timeout: float,
        verify: bool = True, ca: Path | None = None,
    ) -> None:  # fmt: skip
        self.paths = paths
        self._url, self._headers, self._credentials = url.rstrip("/"), dict(headers), credentials
        self._timeout, self._verify, self._ca = timeout, verify, ca
        self._session: aiohttp.ClientSession | None = None
        self._token = ""

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def page(self, path: str, asked: Asked, zone: ZoneInfo) -> axis.Page:
        """One page of a list; raises Unavailable."""
        async with self._answered(path, asked.fields(), asked.body(), self._timeout) as response:
            body = await self._whole(response, path)
        try:
            return axis.page(body, zone)
        except CodecError as error:
            raise Unavailable(f"{_bare(path)} {error}") from error

    async def message(self, id: str) -> AsyncGenerator[bytes, None]:
        """One message, in pieces; raises Unavailable, and Missing where the answer has none."""
        path, enclosed = self.paths.fetch, axis.Enclosed()
        async with self._answered(path, {"id": id}, {"docId": id}, LONGEST_MESSAGE) as response:
            async for data in response.content.iter_chunked(PIECE):
                for piece in _of(enclosed, data):
                    yield piece
                if enclosed.over:
                    break
        try:
            enclosed.end()
        except CodecError as error:
            raise Missing(f"{_bare(path)} {error}") from error

    async def finished(self, id: str) -> None:
        """Tell the axis that a message was taken, where it wants that; raises Unavailable."""
        if self.paths.confirm:
            body = {"docId": id, "status": "done"}
            async with self._answered(self.paths.confirm, {}, body, self._timeout) as response:
                await self._whole(response, self.paths.confirm)

    @asynccontextmanager
    async def _answered(
        self, path: str, fields: Mapping[str, str], body: Mapping[str, Any], whole: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer; signs in before the first one, and once more where the token has ended."""
        fresh = not self._token
        await self._sign_in()
        async with self._asked(path, fields, orjson.dumps(body), whole) as response:
            if response.status != 401 or fresh or not self.paths.login:
                _judge(response, path)
                yield response
                return
        self._token = ""
        async with self._answered(path, fields, body, whole) as response:
            yield response

    async def _sign_in(self) -> None:
        path = self.paths.login
        if self._token or not path:
            return
        async with self._asked(path, {}, self._credentials.encode(), self._timeout) as response:
            _judge(response, path)
            found = await self._whole(response, path)
        try:
            self._token = axis.token(found)
        except CodecError as error:
            raise Unavailable(f"{_bare(path)} {error}") from error

    async def _whole(self, response: aiohttp.ClientResponse, path: str) -> bytes:
        body = bytearray()
        async for data in response.content.iter_chunked(PIECE):
            body += data
            if len(body) > MOST_LIST:
                raise Unavailable(
                    f"{_bare(path)} answers more than {MOST_LIST:,} bytes; ask for smaller pages"
                )
        return bytes(body)

    @asynccontextmanager
    async def _asked(
        self, path: str, fields: Mapping[str, str], body: bytes, whole: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        timeout = aiohttp.ClientTimeout(whole, sock_connect=self._timeout, sock_read=self._timeout)
        quoted = {name: quote(each, safe="") for name, each in fields.items()}
        url = URL(self._url + (path.format_map(quoted) if "{" in path else path), encoded=True)
        method, data = ("GET", None) if "{" in path else ("POST", body)
        token = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            async with self._own().request(
                method, url, data=data, headers=token, timeout=timeout, allow_redirects=False
            ) as response:
                yield response
        except TimeoutError as error:
            raise Unavailable(f"{_bare(path)}: no answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(
                f"{_bare(path)}: {legible(str(error) or type(error).__name__)[:160]}"
            ) from error

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
        if self._ca is None:
            return True
        try:
            return ssl.create_default_context(cafile=self._ca)
        except OSError as error:
            raise SourceError(
                f"ca {self._ca}: {error.strerror or error}; it must be a PEM file of authorities"
            ) from None


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
    line = f"{_bare(path)} answers {status} {legible(response.reason or '')[:60]}".rstrip()
    if status in GONE:
        raise Missing(f"is not there: {line}")
    if status in REFUSED:
        raise Unavailable(f"{line}; check system_id and secret_key")
    raise Unavailable(line, _after(response.headers.get("Retry-After", "")))


def _bare(path: str) -> str:
    return path.partition("?")[0]


def _after(text: str) -> float | None:
    return min(float(text), MOST_AFTER) if text.isascii() and text.isdigit() and len(text) < 9 else None
