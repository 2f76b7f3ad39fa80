"""Real stores that the demo has filled, and each question of the dashboards asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from grafana.source.measured import MEASUREMENTS
from ioc.clock import Clock
from ioc.store.downsampling import TIERS, Way
from ioc.store.downsampling import fill as windows_of
from tests.grafana.asking import (
    CASES,
    Chosen,
    Moment,
    Question,
    ask,
    faults,
    fill,
    flux,
    load,
    promql,
    questions,
)
from tests.grafana.datacenter import SERVER
from tests.grafana.demo import Demo
from tests.real.influx import InfluxServer
from tests.real.prometheus import Prometheus

SPANS = {"as it ran": 0.0, "a day": 86_400.0, "thirty days": 30 * 86_400.0}
"""seconds that a dashboard shows; none for the time in which the demo ran"""


@dataclass(frozen=True, slots=True)
class Filled:
    """The stores, from when to when (civil seconds) the demo ran, and its last page of /metrics."""

    influx: InfluxServer
    prometheus: Prometheus
    start: float
    stop: float
    metrics: str


@dataclass(frozen=True, slots=True)
class Case:
    """`chosen` are values of variables, else as the dashboard opens; `empty` the queries that may have no rows."""

    name: str
    board: str
    chosen: Chosen
    empty: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """How many rows came back, and what Grafana could not draw of them."""

    text: str
    rows: int
    faults: list[str]


def cases() -> list[Case]:
    """Every folder of cases."""
    found = []
    for folder in sorted(CASES.iterdir()):
        told: dict[str, Any] = yaml.safe_load((folder / "case.yaml").read_text("utf-8"))
        empty = frozenset(told.get("empty", ()))
        found.append(Case(folder.name, told["board"], told.get("chosen", {}), empty))
    return found


def asked() -> Iterator[tuple[Case, Question, str]]:
    """Each question of each case, and the name of each span of time that it is asked for."""
    for case in cases():
        for question in questions(case.board, load(case.board)):
            spans = SPANS if question.store == "influxdb" and question.kind != "variable" else ["as it ran"]
            yield from ((case, question, span) for span in spans)


def answer(filled: Filled, case: Case, question: Question, span: str) -> Answer:
    """Ask it; raises RuntimeError with what the store says against it."""
    start = filled.stop - SPANS[span] if SPANS[span] else filled.start
    moment = Moment.of(question, start, filled.stop)
    text = fill(load(case.board), question.text, case.chosen)
    if question.store == "prometheus":
        text = promql(text, moment, 1.0)
        series = filled.prometheus.range(text, moment.start, moment.stop, 1.0)
        return Answer(text, sum(len(each["values"]) for each in series), [])
    text = flux(text, moment, filled.influx.bucket, filled.influx.org)
    tables = ask(filled.influx, text)
    return Answer(text, sum(len(table.rows) for table in tables), faults(question, tables))


@contextmanager
def demo(folder: Path) -> Iterator[Filled]:
    """Stores in a folder, after things had broken and come back; takes about 40 seconds."""
    influx = InfluxServer(folder / "influxd")
    influx.start()
    running = Demo(folder, influx)
    prometheus = Prometheus(folder / "prometheus", running.listen)
    try:
        yield asyncio.run(_fill(running, influx, prometheus))
    finally:
        prometheus.stop()
        influx.stop()


async def _fill(running: Demo, influx: InfluxServer, prometheus: Prometheus) -> Filled:
    start = _now()
    try:
        await asyncio.to_thread(prometheus.start)
        province = await running.start()
        await running.play(province)
        metrics = await running.metrics()
    finally:
        await running.stop()
    stop = _now()
    await asyncio.to_thread(influx.write, f"dropped,store=influx lines=12i,seconds=3.5 {int(stop - 5)}", "s")
    # snmpd tells how busy its processors are only after its first minute.
    busy = f"endpoint,endpoint={SERVER},site=s-th,source=snmp,system=dc,unit=th cpu=12.5 {int(stop - 5)}"
    await asyncio.to_thread(influx.write, busy, "s")
    await asyncio.to_thread(_windows, influx, start, stop)
    return Filled(influx, prometheus, start, stop, metrics)


def _windows(influx: InfluxServer, start: float, stop: float) -> None:
    """What the tasks of `ioc influx init` would make; the hours' bucket has the five minutes' windows, to save time."""
    minutes, hours = (influx.add_bucket(tier.bucket(influx.bucket)) for tier in TIERS)
    way = Way(influx.bucket, minutes, TIERS[0], list(MEASUREMENTS.values()))
    ask(influx, windows_of(way, start, stop), patience=180.0)
    first, last = (int(at // 300) * 300 for at in (start, stop + 300))
    copy = f'from(bucket: "{minutes}") |> range(start: {first}, stop: {last}) |> to(bucket: "{hours}")'
    ask(influx, f"{copy} |> filter(fn: (r) => false)", patience=180.0)


def _now() -> float:
    clock = Clock()
    return clock.civil(clock.now())
