"""The one service a channel asks by HTTP: bounded, without redirects, and every failure says whether it is for good."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from pydantic import AfterValidator

from ioc.errors import Undeliverable
from ioc.legible import stripped

MOST_ANSWER = 64 * 1024
"""bytes of an answer that are read; what follows is left"""
SHOWN_ANSWER = 200
LONGEST_RETRY_AFTER = 3600.0
PASSING = frozenset({408, 425, 429})
"""statuses of 4xx that ask to come again"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said; `retry_after` in seconds where it named them."""

    status: int
    body: bytes
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    @property
    def said(self) -> str:
        """The beginning of the body, to be shown."""
        return stripped(self.body.decode("utf-8", "replace")[:SHOWN_ANSWER])

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}


class Service:
    """Asks; `timeout` in seconds is for one whole exchange, `ca` a PEM file of the authorities to trust.

    `most` is how many bytes of an answer are read.
    """

    def __init__(self, timeout: float, ca: Path | None = None, most: int = MOST_ANSWER) -> None:
        self._timeout = timeout
        self._ca = ca
        self._most = most
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str],
        *, secret: str = "", status_says: bool = False,
    ) -> Answer:  # fmt: skip
        """The answer, whatever its status; raises Undeliverable when there is none.

        `secret` is never shown. Where the status says it all, the body of a success is not waited for.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._asked(method, url, body, headers, status_says)
        except TimeoutError:
            raise passing(f"no answer within {self._timeout:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            said = f"{type(error).__name__}: {error}"
            raise passing((said.replace(secret, "***") if secret else said)[:SHOWN_ANSWER]) from None

    async def post_json(
        self, url: str, value: object, headers: Mapping[str, str] | None = None,
        *, secret: str = "", status_says: bool = False,
    ) -> Answer:  # fmt: skip
        """The answer to a POST of a value as JSON; raises as `ask` does."""
        known = {"Content-Type": "application/json", **(headers or {})}
        return await self.ask("POST", url, orjson.dumps(value), known, secret=secret, status_says=status_says)

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _asked(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], status_says: bool
    ) -> Answer:
        session = self._opened()
        async with session.request(
            method, url, data=body, headers=headers, allow_redirects=False, proxy=proxy_of(url)
        ) as answer:
            done = status_says and 200 <= answer.status < 300
            read = b"" if done else await _read(answer.content, self._most)
            return Answer(answer.status, read, _seconds(answer.headers.get("Retry-After", "")))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            trust = True if self._ca is None else ssl.create_default_context(cafile=str(self._ca))
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trust), auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )  # fmt: skip
        return self._session


def proxy_of(url: str) -> str | None:
    """The proxy that the environment names for an address.

    aiohttp's `trust_env` does the same, but it also sends what `~/.netrc` has for the host, read in a thread each time.
    """
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def refused(answer: Answer, said: str = "") -> Undeliverable:
    """What a status that is none of success means: 4xx but 408, 425 and 429 is for good, and so is 3xx."""
    permanent = 300 <= answer.status < 500 and answer.status not in PASSING
    what = f"{answer.status} {said or answer.said}".strip()
    return Undeliverable(what, permanent=permanent, retry_after=answer.retry_after)


def strange(answer: Answer, service: str) -> Undeliverable:
    """An answer that is not of the service it should come from, as of a proxy or a login page in between; may pass."""
    return passing(f"{answer.status}, but not as {service} answers: {answer.said[:60]}")


def passing(what: str) -> Undeliverable:
    """A failure that may pass."""
    return Undeliverable(what, permanent=False)


def lasting(what: str) -> Undeliverable:
    """A failure for good."""
    return Undeliverable(what, permanent=True)


def secret_of(path: Path, key: str) -> str:
    """What stands in a file, read anew each time so that it can be changed; raises Undeliverable, which may pass."""
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise passing(f"{key} {path}: {error}") from None
    if not secret or not secret.isascii() or not secret.isprintable():
        raise passing(f"{key} {path}: is empty or not one line of ASCII")
    return secret


def shaped(pattern: str, what: str) -> Callable[[str], str]:
    """A check of an option's form, which raises ValueError; `what` says what it should be, and an example."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if text and not form.fullmatch(text):
            raise ValueError(f"{text!r} is not {what}")
        return text

    return check


def _base(url: str) -> str:
    """An address that paths are put behind: https, or http on this machine and in private networks."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not an http or https address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address carries a password; put it into a file instead")
    if parts.scheme == "http" and not _is_near(parts.hostname):
        raise ValueError(f"{url!r} would show the token to everybody on the way; write https")
    return url.rstrip("/")


Base = Annotated[str, AfterValidator(_base)]
"""the address of a service, as an option"""


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


async def _read(content: aiohttp.StreamReader, left: int) -> bytes:
    """The body up to a bound."""
    pieces: list[bytes] = []
    while left > 0 and (piece := await content.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _seconds(text: str) -> float | None:
    """Retry-After in its form of seconds; its form of a date is not read."""
    return min(float(text), LONGEST_RETRY_AFTER) if text.isascii() and text.isdigit() else None
