"""SIP OPTIONS (RFC 3261, section 11): any final answer means that the endpoint is reachable.

503 is DEGRADED; 408 is silence reported by a server in between, DOWN. With `via: registrar` the request for
the endpoint's address of record (its address, `user` in front where that has none) goes to its registrar,
which answers 404 or 480 when it is not registered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from collectors import stream
from collectors.base import Outcome, Surroundings
from collectors.places import Place, Places, our_host_towards, split
from collectors.udp import Asker
from collectors.wire import sip
from ioc import schema
from ioc.errors import CodecError, IocError, NoAnswer
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Role, Sample, Verdict

READ_CAP = 65_536
"""bytes read of one TCP connection"""
TEMPLATES = 50_000
"""endpoints whose request is kept ready"""
SIP_PORT = 5060
# A member of an enum takes Python 3.11 ten times as long to look up as a name of this module.
_OK, _ANSWERED = Verdict.OK, Reason.ANSWERED
_MARK = b"0" * sip.TOKEN_LENGTH


class SipOptions(BaseModel):
    """How an endpoint is asked by SIP."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    via: Literal["direct", "registrar"] = "direct"
    """whom to ask by OPTIONS: the endpoint itself, or its registrar about it"""
    transport: Literal["udp", "tcp"] = "udp"
    """what carries the request"""
    port: int = Field(default=SIP_PORT, ge=1, le=65_535)
    """port of the endpoint"""
    user: str = Field(default="", max_length=128)
    """user of the request's URI; the rest of it is the endpoint's address"""
    registrar: str = ""
    """host or host:port that is asked with `via: registrar`"""
    via_host: str = ""
    """our own address in Via and Contact; empty takes the one the system would use"""
    our_user: str = Field(default="ioc", max_length=64)
    """our own user in From and Contact: what the endpoint's log shows"""

    @field_validator("user", "our_user")
    @classmethod
    def _user_fits_a_uri(cls, user: str) -> str:
        try:
            sip.uri(user, "host", None)
        except CodecError as error:
            raise ValueError(str(error)) from error
        return user

    @field_validator("registrar", "via_host")
    @classmethod
    def _is_a_place(cls, address: str) -> str:
        if address:
            sip_host, _ = split(address, SIP_PORT)
            try:
                sip.uri("", sip_host, None)
            except CodecError as error:
                raise ValueError(str(error)) from error
        return address

    @model_validator(mode="after")
    def _registrar_is_named(self) -> SipOptions:
        if self.via == "registrar" and not self.registrar:
            raise ValueError("via: registrar without a registrar; write registrar: host or host:port")
        return self


class _Request:
    """One endpoint's request, ready but for the token."""

    __slots__ = ("address", "options", "pieces", "place")

    def __init__(self, address: str, options: SipOptions, place: Place, wanted: sip.Options) -> None:
        self.address = address
        self.options = options
        self.place = place
        self.pieces = sip.encode(wanted, _MARK).split(_MARK)

    def serves(self, endpoint: Endpoint, options: SipOptions, now: float) -> bool:
        return self.options is options and self.address == endpoint.address and (now < self.place.until)

    def bytes(self, token: bytes) -> bytes:
        return token.join(self.pieces)


NAME = "sip"


class Sip:
    """Asks an endpoint, or its registrar about it, with OPTIONS; fields: `rtt` in milliseconds."""

    name: ClassVar[str] = NAME
    role: ClassVar[Role] = Role.REACHABILITY
    Options: ClassVar[type[BaseModel]] = SipOptions
    fields: ClassVar[tuple[schema.Field, ...]] = (schema.RTT,)
    measurements: ClassVar[tuple[schema.Measurement, ...]] = ()

    def __init__(self, around: Surroundings) -> None:
        self._clock = around.clock
        self._random = around.random
        self._places = Places(around.clock)
        self._asker = Asker(around.clock, around.telemetry, self.name, sip.token_of)
        self._requests: dict[str, _Request] = {}

    async def open(self) -> None:
        """Nothing to take: a family's socket is made at its first probe."""

    async def close(self) -> None:
        """Give the sockets back."""
        self._asker.close()

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        """Send OPTIONS and judge the final answer; raises NoAnswer, SourceError."""
        options: SipOptions = probe.options
        request = self._ready(endpoint, options) or await self._prepare(endpoint, options)
        token, sent = self._token(), self._clock.now()
        if options.transport == "udp":
            data, at = await self._asker.ask(token, request.place.peer, request.bytes(token), by)
            return found(endpoint.id, options.via, token, sent, data, at)
        try:
            async with asyncio.timeout(by - sent):
                response = await _over_tcp(request.place, request.bytes(token))
            _must_belong(response, token)
        except CodecError as error:
            raise _not_sip(error) from error
        except TimeoutError as error:
            raise NoAnswer(Reason.NO_ANSWER, "no SIP answer over TCP") from error
        judged = judge(response.status, response.line, options.via)
        return _sample(endpoint.id, self._clock.now(), sent, judged)

    def begin(self, endpoint: Endpoint, probe: Probe, by: float, done: Callable[[Outcome], None]) -> bool:
        """See collectors.base.Quick: over UDP, once the request is prepared."""
        options: SipOptions = probe.options
        request = self._ready(endpoint, options) if options.transport == "udp" else None
        if request is None:
            return False
        peer = request.place.peer
        question = _Question(endpoint.id, options.via, self._token(), peer[0], self._clock.now(), by, done)
        self._asker.send(question, peer, request.bytes(question.token))
        return True

    def _ready(self, endpoint: Endpoint, options: SipOptions) -> _Request | None:
        request = self._requests.get(endpoint.id)
        return request if request and request.serves(endpoint, options, self._clock.now()) else None

    def _token(self) -> bytes:
        return b"%016x" % self._random.getrandbits(64)

    async def _prepare(self, endpoint: Endpoint, options: SipOptions) -> _Request:
        target = options.registrar if options.via == "registrar" else endpoint.address
        place = await self._places.find(target, options.port)
        port = self._asker.port(place.family) if options.transport == "udp" else SIP_PORT
        request = _Request(endpoint.address, options, place, _wanted(endpoint.address, options, place, port))
        if len(self._requests) >= TEMPLATES:
            self._requests.clear()
        self._requests[endpoint.id] = request
        return request


class _Question:
    """One request under way over UDP; see collectors.udp.Question."""

    __slots__ = ("by", "done", "endpoint", "host", "sent", "token", "via")

    def __init__(
        self, endpoint: str, via: str, token: bytes, host: str, sent: float, by: float,
        done: Callable[[Outcome], None],
    ) -> None:  # fmt: skip
        self.endpoint = endpoint
        self.via = via
        self.token = token
        self.host = host
        self.sent = sent
        self.by = by
        self.done = done

    def answered(self, data: bytes, at: float) -> None:
        outcome: Outcome
        try:
            outcome = found(self.endpoint, self.via, self.token, self.sent, data, at)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is what became of this question
            outcome = error
        self.done(outcome)

    def failed(self, error: IocError) -> None:
        self.done(error)


def found(endpoint: str, via: str, token: bytes, sent: float, data: bytes, at: float) -> Sample:
    """What a datagram says that came at the steady time `at`; raises NoAnswer when it is not SIP."""
    plain = sip.plainly(data, token)
    if plain is None:
        try:
            response = sip.decode(data)
            _must_belong(response, token)
        except CodecError as error:
            raise _not_sip(error) from error
        plain = response.status, response.line
    return _sample(endpoint, at, sent, judge(*plain, via))


def _sample(endpoint: str, at: float, sent: float, judged: tuple[Verdict, Reason, str]) -> Sample:
    verdict, reason, detail = judged
    return Sample(endpoint, at, NAME, verdict, {"rtt": (at - sent) * 1000.0}, True, None, reason, detail)


def _not_sip(error: CodecError) -> NoAnswer:
    return NoAnswer(Reason.WRONG_ANSWER, f"not SIP: {error}")


def judge(status: int, line: str, via: str) -> tuple[Verdict, Reason, str]:
    """What one final answer says about the endpoint, by its status and the line that people read."""
    if via == "registrar" and status in (404, 480):
        return Verdict.DOWN, Reason.NOT_REGISTERED, line
    if status == 408:
        return Verdict.DOWN, Reason.BAD_STATUS, line
    if status == 503:
        return Verdict.DEGRADED, Reason.BAD_STATUS, line
    return _OK, _ANSWERED, line


def _wanted(address: str, options: SipOptions, place: Place, our_port: int) -> sip.Options:
    user, host, port = options.user, place.host, place.port
    if options.via == "registrar":
        own_user, at, domain = address.rpartition("@")
        user = user or own_user
        host, port = split(domain if at else address, 0)
    return sip.Options(
        user=user,
        host=host,
        port=port or None,
        transport=options.transport.upper(),
        our_user=options.our_user,
        our_host=options.via_host or our_host_towards(place),
        our_port=our_port,
    )


def _must_belong(response: sip.Response, token: bytes) -> None:
    if response.branch != sip.COOKIE + token or response.method != b"OPTIONS":
        raise CodecError(
            f"branch {response.branch[:60]!r} and method {response.method!r} are not the request's"
        )


async def _over_tcp(place: Place, request: bytes) -> sip.Response:
    framer = sip.Stream()
    async with stream.connected(place) as sock:
        await stream.send(sock, request)
        read = 0
        while read < READ_CAP:
            data = await stream.receive(sock, 4096)
            if not data:
                raise NoAnswer(Reason.CLOSED_EARLY, f"closed after {read} bytes, before a final answer")
            read += len(data)
            for response in framer.feed(data):
                if response.final:
                    return response
        raise NoAnswer(Reason.WRONG_ANSWER, f"{read} bytes without a final answer")
