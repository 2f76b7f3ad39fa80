"""Any exporter's page of metrics, in Prometheus' text format or OpenMetrics, as a source.

Its role is reachability: a page that came proves that the machine is there. Where the machine is asked in another
way too and only its exporter is silent, it is *degraded* (partly silent), not down. A page that is not as it should
be, or has none of the metrics wanted, is an answer: *degraded*, with what is wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from collectors import own
from collectors.base import Surroundings
from collectors.exchange import SIZE, TLS_DAYS, Answer, Exchanges, Untrusted
from collectors.metrics import Known, TakeField, Taken, TakeSeries, take
from collectors.redirects import Question
from collectors.weboptions import WebOptions, path_of
from collectors.wire.exposition import Page
from ioc import schema
from ioc.inventory import Endpoint, Probe
from ioc.legible import legible
from ioc.model import Point, Reason, Role, Sample, Verdict

ROOM = 50_000
"""endpoints whose counters are remembered"""
A_TURN = 8_192
"""bytes of a page read before others have their turn: a few ms, if every byte of them is a line"""
SHOWN = 200
"""characters of what is told"""
ACCEPT = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.8,*/*;q=0.1"
METRIC = schema.Measurement(
    "metric",
    "a metric of an exporter's page, as a probe profile lists it",
    (*schema.PLACE, "metric", "label"),
    (
        schema.Field("value", "", "its value, in the metric's own unit"),
        schema.Field("rate", "/s", "how much a second a counter grew, in the metric's own unit"),
    ),
)
BUILT_IN = (schema.RTT, SIZE, TLS_DAYS)


class PrometheusOptions(WebOptions):
    """How an exporter is asked, and what is taken out of its page."""

    scheme: Literal["http", "https"] = "http"
    """plain or over TLS"""
    port: int | None = Field(default=9100, ge=1, le=65_535)
    """port; a node exporter's is 9100"""
    path: str = Field(default="/metrics", max_length=2048)
    """path, with its query"""
    fields: dict[str, TakeField] = Field(default={}, max_length=own.MOST)
    """numbers for rules and history, by name"""
    history: list[TakeSeries] = Field(default=[], max_length=own.MOST)
    """series for history alone, as measurement `metric`"""
    most: int = Field(default=4_000_000, ge=1_000, le=64_000_000)
    """bytes read of a page"""

    @field_validator("path")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        return path_of(path)

    @field_validator("fields")
    @classmethod
    def _are_names(cls, fields: dict[str, TakeField]) -> dict[str, TakeField]:
        own.check(fields, BUILT_IN)
        return fields

    @model_validator(mode="after")
    def _takes_something(self) -> Self:
        if not self.fields and not self.history:
            raise ValueError("neither fields nor history; name the metrics to take")
        return self

    def own_fields(self) -> tuple[schema.Field, ...]:
        """The fields that configuration names."""
        return own.declared(self.fields)

    def metrics(self) -> frozenset[str]:
        """The names of the metrics that are taken."""
        return frozenset(each.metric for each in (*self.fields.values(), *self.history))


class Prometheus:
    """Reads an exporter's page; fields: `rtt`, `size`, `tls_days` and configured ones; records `metric`."""

    name: ClassVar[str] = "prometheus"
    role: ClassVar[Role] = Role.REACHABILITY
    Options: ClassVar[type[BaseModel]] = PrometheusOptions
    fields: ClassVar[tuple[schema.Field, ...]] = BUILT_IN
    measurements: ClassVar[tuple[schema.Measurement, ...]] = (METRIC,)

    def __init__(self, around: Surroundings) -> None:
        self._clock = around.clock
        self._record = around.record
        self._exchanges = Exchanges(around.clock)
        self._known: dict[str, tuple[PrometheusOptions, Known]] = {}
        self._left = around.telemetry.tally(
            "ioc_metrics_left", "Series of exporters left out of history: more than their profile keeps."
        )

    async def open(self) -> None:
        """Nothing to take: connections are made at each probe."""

    async def close(self) -> None:
        """Let go of connections."""
        await self._exchanges.close()

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        """Read the page and take what is wanted; raises NoAnswer, SourceError."""
        options: PrometheusOptions = probe.options
        sent = self._clock.now()
        try:
            async with self._exchanges.ask(question(options, endpoint.address), by) as answer:
                page = await _read(answer, options)
        except Untrusted as error:
            fields = {**_own(error.fields), "rtt": (self._clock.now() - sent) * 1000.0}
            return self._sample(endpoint, Verdict.DEGRADED, Reason.WRONG_ANSWER, error.detail, fields)
        at = self._clock.now()
        taken = take(page.samples, options.fields, options.history, self._remembered(endpoint, options), at)
        self._left.n += taken.left + page.left
        verdict, reason, detail = judge(answer, page, taken, options)
        if taken.series:
            self._record(points(endpoint.id, taken, at))
        fields = {**_own(answer.fields), "rtt": (at - sent) * 1000.0, **taken.fields}
        return self._sample(endpoint, verdict, reason, detail, fields)

    def _sample(
        self, endpoint: Endpoint, verdict: Verdict, reason: Reason, detail: str, fields: dict[str, float]
    ) -> Sample:
        at = self._clock.now()
        return Sample(endpoint.id, at, self.name, verdict, fields, True, None, reason, detail)

    def _remembered(self, endpoint: Endpoint, options: PrometheusOptions) -> Known:
        found = self._known.get(endpoint.id)
        if found is None or found[0] is not options:
            if len(self._known) >= ROOM:
                self._known.clear()
            found = self._known[endpoint.id] = (options, Known())
        return found[1]


def question(options: PrometheusOptions, address: str) -> Question:
    """What an exporter at an address is asked."""
    headers = {"Accept": ACCEPT, **options.plain_headers()}
    return Question("GET", options.url(address, options.path), options, headers, options.secrets())


def points(endpoint: str, taken: Taken, at: float) -> list[Point]:
    """What history is told of an endpoint's series."""
    return [
        Point(
            METRIC.name,
            endpoint,
            at,
            values,
            (("label", label), ("metric", metric)) if label else (("metric", metric),),
        )
        for metric, label, values in taken.series
    ]


def judge(
    answer: Answer, page: Page, taken: Taken, options: PrometheusOptions
) -> tuple[Verdict, Reason, str]:
    """What is well or wrong with a page, and the line that people read."""
    line = f"{answer.status} {answer.phrase}".rstrip()
    if answer.moved:
        hint = "not followed; see `redirects`"
        return Verdict.DEGRADED, Reason.BAD_STATUS, f"{line} to {answer.moved}, {hint}"
    if answer.status != 200:
        return Verdict.DEGRADED, Reason.BAD_STATUS, line
    if wrong := _wrong(answer, page, options):
        return Verdict.DEGRADED, Reason.WRONG_ANSWER, f"{line}, {wrong}"
    told = ", ".join([line, f"{len(page.samples)} series", *_notes(page, taken)])
    return Verdict.OK, Reason.ANSWERED, told if len(told) <= SHOWN else told[: SHOWN - 1] + "…"


async def _read(answer: Answer, options: PrometheusOptions) -> Page:
    page = Page(options.metrics())
    async for piece in answer.pieces(options.most):
        for at in range(0, len(piece), A_TURN):
            page.feed(piece[at : at + A_TURN])
            await asyncio.sleep(0)
    if not answer.cut:
        page.close()
    return page


def _wrong(answer: Answer, page: Page, options: PrometheusOptions) -> str:
    """What makes a whole page useless; empty for nothing."""
    kind = answer.headers.get("Content-Type", "")
    if answer.cut:
        return f"its page is longer than {options.most:,} bytes: raise `most`, or have the exporter leave out some"
    if kind.startswith("application/openmetrics-text") and not page.ended:
        return "its page ends without # EOF"
    if not page.samples:
        what = legible(kind.partition(";")[0])[:40] or "no type"
        return f"none of the metrics wanted is among its {page.lines:,} lines ({what})"
    return ""


def _notes(page: Page, taken: Taken) -> list[str]:
    """What is not as it was wanted, though the page is."""
    notes = []
    if taken.absent:
        notes.append(f"no number for {', '.join(taken.absent)}")
    if taken.several:
        notes.append(f"more than one for {', '.join(taken.several)}; add `where` or `several`")
    counts = (
        (page.bad, "lines not understood"),
        (taken.twice, "series twice"),
        (taken.left + page.left, "series left out"),
    )
    return notes + [f"{count:,} {what}" for count, what in counts if count]


def _own(fields: Mapping[str, float]) -> dict[str, float]:
    return {each.name: fields[each.name] for each in (SIZE, TLS_DAYS) if each.name in fields}
