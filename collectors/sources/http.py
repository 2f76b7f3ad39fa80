"""HTTP (RFC 9110): a portal, a service or a gateway that answers, in time, with what it should.

Its role is reachability, since a portal *is* its service: nothing else says whether it is there. An answer that
is HTTP but not as it should be (status, body, certificate, a redirect elsewhere) makes it *degraded*: someone can
be told what is wrong with it; no connection, no HTTP or no whole answer in time is *down*. See
docs/decisions/0008-a-bad-answer-is-degraded.md.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

import orjson
from pydantic import BaseModel, Field, field_validator, model_validator

from collectors import own
from collectors.base import Surroundings
from collectors.exchange import SIZE, TLS_DAYS, Exchanges, Untrusted
from collectors.expressions import compiled, searched
from collectors.phases import PHASES
from collectors.redirects import Question
from collectors.weboptions import WebOptions, path_of
from ioc import schema
from ioc.inventory import Endpoint, Probe
from ioc.legible import legible
from ioc.model import Reason, Role, Sample, Verdict

SHOWN = 60
_STATUS = re.compile(r"[1-5]\d\d")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?")
STATUS = schema.Field("status", "", "status of the answer")
BUILT_IN = (schema.RTT, STATUS, *PHASES, SIZE, TLS_DAYS)


class HttpField(own.OwnField):
    """A number in a JSON body."""

    path: str
    """JMESPath expression that gives a number, or true or false"""

    @field_validator("path")
    @classmethod
    def _is_jmespath(cls, path: str) -> str:
        compiled(path)
        return path


class HttpOptions(WebOptions):
    """How an endpoint is asked by HTTP."""

    path: str = Field(default="/", max_length=2048)
    """path, with its query"""
    method: Literal["GET", "HEAD", "POST"] = "GET"
    """what is asked"""
    body: str = Field(default="", max_length=65_536)
    """body of a POST; its type goes into `headers`"""
    status: str = "200-399"
    """statuses that are well: `200`, `200-399`, `200,401`"""
    contains: str = Field(default="", max_length=500)
    """text the body must have"""
    lacks: str = Field(default="", max_length=500)
    """text the body must not have"""
    holds: str = ""
    """JMESPath expression that must be true of a JSON body, as `status == 'UP'`"""
    fields: dict[str, HttpField] = Field(default={}, max_length=own.MOST)
    """numbers to take out of a JSON body, by name"""
    most: int = Field(default=1_000_000, ge=1_000, le=16_000_000)
    """bytes read of a body"""

    @field_validator("path")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        return path_of(path)

    @field_validator("status", mode="before")
    @classmethod
    def _may_be_a_number(cls, status: object) -> object:
        return str(status) if isinstance(status, int) and not isinstance(status, bool) else status

    @field_validator("status")
    @classmethod
    def _are_statuses(cls, status: str) -> str:
        ranges(status)
        return status

    @field_validator("holds")
    @classmethod
    def _is_jmespath(cls, expression: str) -> str:
        if expression:
            compiled(expression)
        return expression

    @field_validator("fields")
    @classmethod
    def _are_names(cls, fields: dict[str, HttpField]) -> dict[str, HttpField]:
        own.check(fields, BUILT_IN)
        return fields

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.body and self.method != "POST":
            raise ValueError("body needs method: POST")
        if self.method == "HEAD" and (self.contains or self.lacks or self.holds or self.fields):
            raise ValueError("method: HEAD has no body to look into; use GET")
        return self

    def own_fields(self) -> tuple[schema.Field, ...]:
        """The fields that configuration names."""
        return own.declared(self.fields)


class Http:
    """Asks one page and judges it; fields: `rtt`, its phases and `size`, `status`, `tls_days`, and configured ones."""

    name: ClassVar[str] = "http"
    role: ClassVar[Role] = Role.REACHABILITY
    Options: ClassVar[type[BaseModel]] = HttpOptions
    fields: ClassVar[tuple[schema.Field, ...]] = BUILT_IN
    measurements: ClassVar[tuple[schema.Measurement, ...]] = ()

    def __init__(self, around: Surroundings) -> None:
        self._clock = around.clock
        self._exchanges = Exchanges(around.clock)

    async def open(self) -> None:
        """Nothing to take: connections are made at each probe."""

    async def close(self) -> None:
        """Let go of connections."""
        await self._exchanges.close()

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        """Ask and judge the answer; raises NoAnswer, SourceError."""
        options: HttpOptions = probe.options
        sent = at = self._clock.now()
        try:
            async with self._exchanges.ask(question(options, endpoint.address), by) as answer:
                page = Page(
                    answer.status, answer.phrase, answer.moved, await answer.body(options.most), answer.cut
                )
                at = self._clock.now()
            judged = judge(page, options)
            fields = {**answer.fields, "status": float(page.status), **judged.fields}
        except Untrusted as error:
            at = self._clock.now()
            judged = Judged(Verdict.DEGRADED, Reason.WRONG_ANSWER, error.detail)
            fields = dict(error.fields)
        fields["rtt"] = (at - sent) * 1000.0
        verdict, reason, detail = judged.verdict, judged.reason, judged.detail
        return Sample(endpoint.id, at, self.name, verdict, fields, True, None, reason, detail)


@dataclass(frozen=True, slots=True)
class Page:
    """What came back; `moved` is where it sends to, `cut` whether the body was longer."""

    status: int
    phrase: str
    moved: str
    body: bytes
    cut: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What a page says about its service."""

    verdict: Verdict
    reason: Reason
    detail: str
    fields: Mapping[str, float] = field(default_factory=dict)


def question(options: HttpOptions, address: str) -> Question:
    """What an endpoint at an address is asked."""
    return Question(
        options.method,
        options.url(address, options.path),
        options,
        options.plain_headers(),
        options.secrets(),
        options.body.encode(),
    )


def judge(page: Page, options: HttpOptions) -> Judged:
    """What is well or wrong with a page, by the first thing that is wrong with it."""
    line = f"{page.status} {page.phrase}".rstrip()
    if page.moved and options.redirects != "none":
        hint = "not followed; see `redirects`"
        return Judged(Verdict.DEGRADED, Reason.BAD_STATUS, f"{line} to {page.moved}, {hint}")
    if not any(least <= page.status <= most for least, most in ranges(options.status)):
        detail = line if page.status >= 400 else f"{line}, but {options.status} is wanted"
        return Judged(Verdict.DEGRADED, Reason.BAD_STATUS, detail)
    wrong = _text(page, options)
    if wrong:
        return Judged(Verdict.DEGRADED, Reason.WRONG_ANSWER, f"{line}, {wrong}")
    if options.holds or options.fields:
        return _json(page, options, line)
    return Judged(Verdict.OK, Reason.ANSWERED, line)


def ranges(status: str) -> tuple[tuple[int, int], ...]:
    """The statuses that a text names; raises ValueError."""
    found = []
    for part in status.split(","):
        least, _, most = part.strip().partition("-")
        if (
            not (_STATUS.fullmatch(least) and (not most or _STATUS.fullmatch(most)))
            or (most or least) < least
        ):
            raise ValueError(f"{status!r} is not a list of statuses; write 200, 200-399 or 200,401")
        found.append((int(least), int(most or least)))
    return tuple(found)


def number(value: object) -> float | None:
    """A number that JSON gave, also as text, true or false; None for anything else."""
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool | int | float):
        with contextlib.suppress(OverflowError):
            return each if math.isfinite(each := float(value)) else None
    return None


def _text(page: Page, options: HttpOptions) -> str:
    """What is wrong with the text of a page; empty for nothing."""
    where = f"the first {len(page.body):,} bytes" if page.cut else "its body"
    if options.contains and options.contains.encode() not in page.body:
        return f"{_quoted(options.contains)} is not in {where}"
    if options.lacks and options.lacks.encode() in page.body:
        return f"{_quoted(options.lacks)} is in its body"
    return ""


def _json(page: Page, options: HttpOptions, line: str) -> Judged:
    if page.cut:
        wrong = f"its JSON is longer than {len(page.body):,} bytes; raise `most`"
        return Judged(Verdict.DEGRADED, Reason.WRONG_ANSWER, f"{line}, {wrong}")
    try:
        data = orjson.loads(page.body)
    except orjson.JSONDecodeError as error:
        return Judged(Verdict.DEGRADED, Reason.WRONG_ANSWER, f"{line}, its body is not JSON: {error}"[:200])
    found = {name: number(_search(each.path, data)) for name, each in options.fields.items()}
    fields = {name: each for name, each in found.items() if each is not None}
    if options.holds and _search(options.holds, data) is not True:
        wrong = f"{_quoted(options.holds)} does not hold"
        return Judged(Verdict.DEGRADED, Reason.WRONG_ANSWER, f"{line}, {wrong}", fields)
    absent = [name for name, each in found.items() if each is None]
    detail = f"{line}, no number for {', '.join(absent)}"[:200] if absent else line
    return Judged(Verdict.OK, Reason.ANSWERED, detail, fields)


def _search(expression: str, data: object) -> object:
    try:
        return searched(expression, data)
    except ValueError:
        return None


def _quoted(text: str) -> str:
    return repr(legible(text[:SHOWN]))
