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
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import TraceConfig
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from collectors import stream
from collectors.certificates import Trust, certificate, days
from collectors.guard import GuardedRequest, too_much
from collectors.inflate import Inflate
from collectors.places import KEEP
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
PHASES = (
    schema.Field("dns", "ms", "asking for the address of its name; not when it is still known"),
    schema.Field("connect", "ms", "until the TCP connection was there"),
    schema.Field("tls", "ms", "shaking hands by TLS"),
    schema.Field("first_byte", "ms", "from the request to the head of the answer"),
    schema.Field("transfer", "ms", "from the head of the answer to its end"),
)
SIZE = schema.Field("size", "bytes", "length of the body, unpacked, as far as it was read")
TLS_DAYS = schema.Field("tls_days", "d", "days until the certificate ends; negative when it has")
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class Phases:
    """How long each part of one question took, in ms, as its parts are seen to begin and end."""

    clock: Clock
    begun: float
    took: dict[str, float] = field(default_factory=dict)
    tls: Any = None

    def end(self, phase: str) -> None:
        """The phase that was under way ends now, and the next begins."""
        now = self.clock.now()
        self.took[phase] = self.took.get(phase, 0.0) + (now - self.begun) * 1000.0
        self.begun = now


_under_way: ContextVar[Phases | None] = ContextVar("phases", default=None)


class _Context(ssl.SSLContext):
    """A TLS context that tells when hands begin to be shaken: the TCP connection is there then."""

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        tls = super().wrap_bio(*args, **kwargs)
        phases = _under_way.get()
        if phases is not None:
            phases.end("connect")
            phases.tls = tls
        return tls


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; `secrets` are headers that no other host may see."""

    method: str
    url: URL
    options: WebOptions
    headers: Mapping[str, str]
    secrets: Mapping[str, str]
    body: bytes = b""


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
        self.moved = _moved(response)
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
        self._trust = Trust(_Context)
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
                onward = _onward(question, answer)
                if onward is None:
                    yield answer
                    return
            question, before = onward, answer.fields
        raise NoAnswer(
            Reason.WRONG_ANSWER, f"more than {MOST_REDIRECTS} redirects, last to {_shown(question.url)}"
        )

    @asynccontextmanager
    async def _asked(self, question: Question, before: Mapping[str, float]) -> AsyncIterator[Answer]:
        options, url, session = question.options, question.url, self._session(question.options.family)
        context = self._trust.context(options.verify, options.ca) if url.scheme == "https" else True
        phases = Phases(self._clock, self._clock.now())
        token = _under_way.set(phases)
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
            known = _summed(before, phases.took)
            raise await self._untrusted(error, url, options, known) from error
        finally:
            _under_way.reset(token)
        try:
            phases.end("first_byte")
            yield Answer(response, phases, _summed(before, phases.took) | self._validity(phases.tls, before))
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
                trace_configs=[_tracing()],
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


def _name(options: WebOptions) -> str | None:
    return options.host or None


def _onward(question: Question, answer: Answer) -> Question | None:
    """What is asked next; None when this answer is the one to judge."""
    url = _target(question, answer)
    options, was = question.options, question.url
    if url is None or (options.redirects == "same_host" and url.host != was.host):
        return None
    same = url.host == was.host
    get = answer.status == 303 or (answer.status in (301, 302) and question.method == "POST")
    return Question(
        "GET" if get and question.method != "HEAD" else question.method,
        url,
        options if same else options.model_copy(update={"host": ""}),
        {name: each for name, each in question.headers.items() if same or name != "Host"},
        question.secrets if _is_own(url, was) else {},
        b"" if get else question.body,
    )


def _target(question: Question, answer: Answer) -> URL | None:
    """Where an answer sends to, if it may; our name for the endpoint is the endpoint itself."""
    if answer.status not in _MOVED or question.options.redirects == "none":
        return None
    try:
        url = question.url.join(URL(answer.headers["Location"])).with_fragment(None)
        if url.scheme not in ("http", "https") or not url.host:
            return None
        if question.options.host and url.host == question.options.host and question.url.host:
            url = url.with_host(question.url.host)
        return url.with_user(None)
    except (KeyError, ValueError):
        return None


def _is_own(url: URL, was: URL) -> bool:
    """Whether what is sent to one address may be sent to the other: the same, or made safe."""
    safer = url.scheme == "https" and url.is_default_port() and was.is_default_port()
    return url.origin() == was.origin() or (url.host == was.host and safer)


def _summed(before: Mapping[str, float], took: Mapping[str, float]) -> dict[str, float]:
    names = dict.fromkeys([*before, *took])
    return {name: before.get(name, 0.0) + took.get(name, 0.0) for name in names if name != "tls_days"}


def _moved(response: aiohttp.ClientResponse) -> str:
    if response.status not in _MOVED:
        return ""
    return legible(response.headers.get("Location", "nowhere").partition("?")[0])[:120]


def _shown(url: URL) -> str:
    return legible(str(url.with_query(None)))[:120]


def _tracing() -> TraceConfig:
    """Tells a question's phases what aiohttp is about."""
    config = TraceConfig()

    def ending(phase: str) -> Any:
        async def end(_session: Any, context: SimpleNamespace, _params: Any) -> None:
            phases: Phases = context.trace_request_ctx
            phases.end("tls" if phase == "connect" and phases.tls is not None else phase)

        return end

    config.on_dns_resolvehost_end.append(ending("dns"))
    config.on_connection_create_end.append(ending("connect"))
    return config
