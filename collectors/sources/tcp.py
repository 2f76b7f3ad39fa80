"""TCP: a connection that opens, and where wanted says what is expected; so H.323's port 1720 too.

What a hostile or broken server can do is bounded: bytes and pieces read are capped, a regular expression that
could run away is refused with the configuration.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from collectors import stream
from collectors.base import Surroundings
from collectors.places import Places
from ioc import schema
from ioc.errors import NoAnswer
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Role, Sample, Verdict

READ_CAP = 4096
"""bytes read in search of what is expected"""
PIECES_CAP = 256
"""pieces in which they may come"""
PATTERN_SPAN = 1024
"""bytes a regular expression is tried on"""

_QUANTIFIED_GROUP = re.compile(r"\)[*+?{]")
_PLAIN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
"""what stands for one character: an escape, a class"""
_CHOICE = re.compile(r"\||(?<!\()(?:[*+?]|\{(\d*)(,?)(\d*)\})[?+]?")
MOST_STEPS = 4_000_000
"""ways in which a pattern may be tried on `PATTERN_SPAN` bytes: some 20 ms of the event loop"""
_BACK_REFERENCE = re.compile(r"\\[1-9]|\(\?P=")


def _steps(pattern: str) -> int:
    """How often a backtracking matcher may try, at worst: from every byte, with every length of every repetition."""
    steps = PATTERN_SPAN
    for choice in _CHOICE.finditer(_PLAIN.sub("x", pattern)):
        least, comma, most = choice.groups()
        if choice[0][0] in "|?":
            steps *= 2
        elif choice[0][0] in "*+" or (comma and not most):
            steps *= PATTERN_SPAN
        elif comma:
            steps *= min(int(most) - int(least or 0), PATTERN_SPAN) + 1
    return steps


class TcpOptions(BaseModel):
    """How an endpoint is asked by TCP."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: int = Field(ge=1, le=65_535)
    """port to connect to; without `expect` a connection is enough"""
    send: str = Field(default="", max_length=2048)
    """text sent once connected; `\\r` and `\\n` stand for themselves in double-quoted YAML"""
    expect: str = Field(default="", max_length=256)
    """text that must come"""
    expect_pattern: str = Field(default="", max_length=200)
    """regular expression that must be found in the first KiB that comes"""

    @field_validator("expect_pattern")
    @classmethod
    def _cannot_run_away(cls, pattern: str) -> str:
        try:
            re.compile(pattern.encode())
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        if _QUANTIFIED_GROUP.search(pattern) or _BACK_REFERENCE.search(pattern):
            raise ValueError(
                "repeats a group or refers back to one, which could run for ever; write it plainer"
            )
        if _steps(pattern) > MOST_STEPS:
            raise ValueError(
                "too many of * + ? { | together, which could run for long; keep one, and give it a bound like {0,20}"
            )
        return pattern

    @model_validator(mode="after")
    def _one_expectation(self) -> TcpOptions:
        if self.expect and self.expect_pattern:
            raise ValueError("expect and expect_pattern together; keep one")
        return self


class Tcp:
    """Connects, and where wanted sends and waits for what is expected; fields: `rtt` in milliseconds."""

    name: ClassVar[str] = "tcp"
    role: ClassVar[Role] = Role.REACHABILITY
    Options: ClassVar[type[BaseModel]] = TcpOptions
    fields: ClassVar[tuple[schema.Field, ...]] = (schema.RTT,)
    measurements: ClassVar[tuple[schema.Measurement, ...]] = ()

    def __init__(self, around: Surroundings) -> None:
        self._clock = around.clock
        self._places = Places(around.clock)

    async def open(self) -> None:
        """Nothing is shared."""

    async def close(self) -> None:
        """Nothing to give back."""

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        """Connect and look for what is expected; raises NoAnswer, SourceError."""
        options: TcpOptions = probe.options
        place = await self._places.find(endpoint.address, options.port)
        sent, heard = self._clock.now(), bytearray()
        try:
            async with asyncio.timeout(by - sent), stream.connected(place) as sock:
                if options.send:
                    await stream.send(sock, options.send.encode())
                detail = f"port {place.port} open"
                if options.expect or options.expect_pattern:
                    detail = await _expected(sock, options, heard)
        except TimeoutError as error:
            raise _too_late(heard, options) from error
        at = self._clock.now()
        fields = {"rtt": (at - sent) * 1000.0}
        return Sample(endpoint.id, at, self.name, Verdict.OK, fields, True, None, Reason.ANSWERED, detail)


async def _expected(sock: socket.socket, options: TcpOptions, heard: bytearray) -> str:
    found = _finder(options)
    cap = PATTERN_SPAN if options.expect_pattern else READ_CAP
    for _ in range(PIECES_CAP):
        data = await stream.receive(sock, cap - len(heard))
        if not data:
            reason = Reason.WRONG_ANSWER if heard else Reason.CLOSED_EARLY
            raise NoAnswer(reason, f"closed after {_shown(heard)} without {_wanted(options)}")
        heard += data
        if found(heard):
            return _shown(heard)
        if len(heard) >= cap:
            break
    raise NoAnswer(Reason.WRONG_ANSWER, f"{len(heard)} bytes, {_shown(heard)}, without {_wanted(options)}")


def _finder(options: TcpOptions) -> Callable[[bytearray], bool]:
    if options.expect:
        text = options.expect.encode()
        return lambda heard: text in heard
    pattern = re.compile(options.expect_pattern.encode())
    return lambda heard: pattern.search(heard, 0, PATTERN_SPAN) is not None


def _too_late(heard: bytearray, options: TcpOptions) -> NoAnswer:
    if not heard:
        return NoAnswer(Reason.NO_ANSWER, "nothing came in time")
    return NoAnswer(Reason.WRONG_ANSWER, f"{_shown(heard)} came in time, but not {_wanted(options)}")


def _wanted(options: TcpOptions) -> str:
    return repr(options.expect) if options.expect else f"a match of {options.expect_pattern!r}"


def _shown(heard: bytearray) -> str:
    return repr(heard[:40].decode("utf-8", "replace")) if heard else "nothing"
