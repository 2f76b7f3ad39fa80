"""One question by HTTP and its bounded answer: for every source that asks by it.

Each question has a connection of its own: a probe is to see whether one can be had, and its phases add up. What a
hostile server can do is bounded: heads by aiohttp (128 headers of 8 KiB), bodies by bytes (before and after they
are unpacked) and pieces, redirects by number, all of it by time. What it did wrong is told as a NoAnswer.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from collectors import stream
from collectors.certificates import Trust, certificate, days
from collectors.guard import GuardedRequest, too_much
from collectors.inflate import Inflate
from collectors.phases import Phases, TimedContext, summed, tracing, under_way
from collectors.places import KEEP
from collectors.redirects import Question, moved, onward
from collectors.weboptions import WebOptions
from ioc import schema
from ioc.clock import Clock
from ioc.errors import CodecError, NoAnswer, SourceError
from ioc.legible import legible
from ioc.model import Reason

MOST_REDIRECTS = 5
MOST_PIECES = 8_192
"""pieces in which a body may come"""
TURN = 4
"""pieces after which others have their turn"""
AGENT = "ioc-monitor"
_FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
SIZE = schema.Field("size", "bytes", "length of the body, unpacked, as far as it was read")
TLS_DAYS = schema.Field("tls_days", "d", "days until the certificate ends; negative when it has")


class Untrusted(NoAnswer):
    """The other side's certificate is not to be trusted; `fields` say what is known of it."""

    def __init__(self, detail: str, fields: Mapping[str, float]) -> None:
        super().__init__(Reason.WRONG_ANSWER, detail)
        self.fields = fields


class Answer:
    """The head of an answer, and its body for who wants it. `fields`: the phases in ms, `tls_days`, `status`."""

    def __init__(self, response: aiohttp.ClientResponse, phases: Phases, fields: dict[str, float]) -> None:
        self.status = response.status
        self.phrase = legible(response.reason or "")[:60]
        self.headers = response.headers
        self.url = response.url
        self.fields = fields
        self.location = response.headers.get("Location")
        self.moved = moved(self.status, self.location)
        """where it sends to, without its query; empty when it does not"""
        self.cut = False
        """whether the body was longer than was wanted"""
        self._content = response.content
        self._phases = phases

    async def pieces(self, most: int) -> AsyncIterator[bytes]:
        """The body, unpacked, up to `most` bytes; raises NoAnswer, CodecError."""
        inflate, left = Inflate(self.headers.get("Content-Encoding", "")), most
        async for piece in self._unpacked(inflate):
            if len(piece) > left:
                self.cut = True
                yield piece[:left]
                left = 0
                break
            left -= len(piece)
            yield piece
        self._phases.end("transfer")
        self.fields["transfer"] = self._phases.took["transfer"]
        self.fields["size"] = float(most - left)
        if not self.cut and not inflate.whole():
            raise CodecError("is packed and ends early")

    async def _unpacked(self, inflate: Inflate) -> AsyncIterator[bytes]:
        count = 0
        async for data in self._content.iter_any():
            for piece in inflate.feed(data):
                count += 1
                if count > MOST_PIECES:
                    raise CodecError(f"comes in more than {MOST_PIECES:,} pieces")
                yield piece
                if count % TURN == 0:
                    await asyncio.sleep(0)

    async def body(self, most: int) -> bytes:
        """The body, unpacked, up to `most` bytes; raises NoAnswer, CodecError."""
        return b"".join([piece async for piece in self.pieces(most)])


class Exchanges:
    """Asks; shared by all probes of a source."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._trust = Trust(TimedContext)
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def close(self) -> None:
        """Let go of every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    @asynccontextmanager
    async def ask(self, question: Question, by: float) -> AsyncIterator[Answer]:
        """The answer, after the redirects that may be followed; raises NoAnswer, Untrusted, SourceError."""
        try:
            async with asyncio.timeout(by - self._clock.now()), self._followed(question) as answer:
                yield answer
        except TimeoutError as error:
            raise NoAnswer(Reason.NO_ANSWER, "no whole answer came in time") from error
        except CodecError as error:
            raise NoAnswer(Reason.WRONG_ANSWER, f"the body {error}") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise told(error, question.url) from error

    @asynccontextmanager
    async def _followed(self, question: Question) -> AsyncIterator[Answer]:
        before: dict[str, float] = {}
        for _ in range(MOST_REDIRECTS + 1):
            async with self._asked(question, before) as answer:
                further = onward(question, answer.status, answer.location)
                if further is None:
                    yield answer
                    return
            question, before = further, answer.fields
        raise NoAnswer(
            Reason.WRONG_ANSWER, f"more than {MOST_REDIRECTS} redirects, last to {_shown(question.url)}"
        )

    @asynccontextmanager
    async def _asked(self, question: Question, before: Mapping[str, float]) -> AsyncIterator[Answer]:
        options, url, session = question.options, question.url, self._session(question.options.family)
        context = self._trust.context(options.verify, options.ca) if url.scheme == "https" else True
        phases = Phases(self._clock, self._clock.now())
        token = under_way.set(phases)
        try:
            response = await session.request(
                question.method,
                url,
                data=question.body or None,
                headers={**question.headers, **question.secrets},
                allow_redirects=False,
                ssl=context,
                server_hostname=_name(options) if url.scheme == "https" else None,
                trace_request_ctx=phases,
            )
        except aiohttp.ClientConnectorCertificateError as error:
            known = summed(before, phases.took)
            raise await self._untrusted(error, url, options, known) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _elsewhere(told(error, url), question) from error
        finally:
            under_way.reset(token)
        try:
            phases.end("first_byte")
            yield Answer(response, phases, summed(before, phases.took) | self._validity(phases.tls, before))
        finally:
            response.close()

    def _validity(self, tls: Any, before: Mapping[str, float]) -> dict[str, float]:
        der = certificate(tls)
        left = self._days(der) if der else {}
        both = [each["tls_days"] for each in (before, left) if "tls_days" in each]
        return {"tls_days": min(both)} if both else {}

    def _days(self, der: bytes) -> dict[str, float]:
        end = self._trust.end(der)
        return {} if end is None else {"tls_days": days(end, self._clock.civil(self._clock.now()))}

    async def _untrusted(
        self,
        error: aiohttp.ClientConnectorCertificateError,
        url: URL,
        options: WebOptions,
        known: dict[str, float],
    ) -> Untrusted:
        why = getattr(error.certificate_error, "verify_message", "") or str(error.certificate_error)
        der = await self._trust.look(url.host or "", url.port or 443, _name(options) or url.host or "")
        return Untrusted(
            f"certificate not trusted: {legible(why)[:120]}", known | (self._days(der) if der else {})
        )

    def _session(self, family: str) -> aiohttp.ClientSession:
        session = self._sessions.get(family)
        if session is None:
            connector = aiohttp.TCPConnector(
                limit=0,
                force_close=True,
                family=_FAMILIES[family],
                resolver=ThreadedResolver(),
                ttl_dns_cache=int(KEEP),
            )
            session = self._sessions[family] = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": AGENT, "Accept-Encoding": "gzip"},
                trace_configs=[tracing()],
                request_class=GuardedRequest,
            )
        return session


def told(error: Exception, url: URL) -> NoAnswer | SourceError:
    """The error of a probe that an error of the exchange means."""
    where = f"{url.host} port {url.port}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return SourceError(f"the name {url.host!r} is not known: {error.os_error}; write its address instead")
    if isinstance(error, aiohttp.ClientConnectorSSLError | ssl.SSLError):
        why = getattr(error, "reason", None) or getattr(error.__cause__, "reason", None) or str(error)
        return NoAnswer(Reason.WRONG_ANSWER, f"no TLS with {where}: {legible(str(why))[:120]}")
    if isinstance(error, aiohttp.ClientConnectorError):
        return stream.told(error.os_error, f"connect to {where}")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return NoAnswer(Reason.CLOSED_EARLY, "closed before an answer came")
    if what := too_much(error):
        return NoAnswer(Reason.WRONG_ANSWER, f"not HTTP: {what} came")
    if isinstance(error, aiohttp.ClientPayloadError):
        return NoAnswer(Reason.CLOSED_EARLY, "closed before the whole body came")
    if isinstance(error, aiohttp.ClientResponseError):
        first = legible(error.message.strip().partition("\n")[0].rstrip(" :"))
        return NoAnswer(Reason.WRONG_ANSWER, f"not HTTP: {first[:120]}")
    if isinstance(error, OSError):
        return stream.told(error, f"exchange with {where}")
    return NoAnswer(Reason.WRONG_ANSWER, f"not HTTP: {legible(str(error))[:120]}")


def _elsewhere(error: NoAnswer | SourceError, question: Question) -> NoAnswer | SourceError:
    """Where the endpoint itself sent us, what is wrong is its fault, even a name that nobody knows."""
    if question.redirects and isinstance(error, SourceError):
        return NoAnswer(Reason.WRONG_ANSWER, f"redirects to {_shown(question.url)}: {error}")
    return error


def _name(options: WebOptions) -> str | None:
    return options.host or None


def _shown(url: URL) -> str:
    return legible(str(url.with_query(None)))[:120]
