"""`ioc try`: ask every endpoint of one source once, and show what came back."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from collectors import registry as sources
from collectors.base import Source, Surroundings
from ioc.clock import Clock
from ioc.errors import IocError, NoAnswer, SourceError
from ioc.inventory import Endpoint, Probe
from ioc.model import Sample, Verdict
from ioc.reading import read
from ioc.telemetry import Telemetry

AT_ONCE = 100
"""questions under way together"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one endpoint answered: a sample, or why there is none."""

    endpoint: Endpoint
    sample: Sample | None
    detail: str

    @property
    def well(self) -> bool:
        """Whether it answered as it should."""
        return self.sample is not None and self.sample.verdict is Verdict.OK


async def trial(directory: Path, source: str, only: Sequence[str]) -> bool:
    """Probe once and print a table; whether every endpoint is well. Raises ConfigError, IocError."""
    clock = Clock()
    config = read(directory, os.environ, clock)
    asked = [
        (endpoint, probe)
        for endpoint in config.inventory.endpoints.values()
        for probe in endpoint.probes
        if probe.source == source and (not only or endpoint.id in only)
    ]
    if not asked:
        raise IocError(_nobody(source, only))
    outcomes = await _ask_all(clock, source, asked)
    Console().print(_table(source, outcomes))
    return all(each.well for each in outcomes)


async def _ask_all(clock: Clock, source: str, asked: Sequence[tuple[Endpoint, Probe]]) -> Sequence[Outcome]:
    asker = sources.build(Surroundings(clock, Telemetry(), random.Random()))[source]
    await asker.open()
    places = asyncio.Semaphore(AT_ONCE)

    async def one(endpoint: Endpoint, probe: Probe) -> Outcome:
        async with places:
            return await _ask(clock, asker, endpoint, probe)

    try:
        return await asyncio.gather(*(one(endpoint, probe) for endpoint, probe in asked))
    finally:
        await asker.close()


async def _ask(clock: Clock, asker: Source, endpoint: Endpoint, probe: Probe) -> Outcome:
    try:
        async with asyncio.timeout(probe.timeout):
            sample = await asker.gather(endpoint, probe, clock.now() + probe.timeout)
    except TimeoutError:
        return Outcome(endpoint, None, f"no answer within {probe.timeout:g} s")
    except NoAnswer as error:
        return Outcome(
            endpoint, None, f"{error.reason}: {error.detail}" if error.detail else str(error.reason)
        )
    except SourceError as error:
        return Outcome(endpoint, None, f"could not ask: {error}")
    return Outcome(endpoint, sample, sample.detail)


def _table(source: str, outcomes: Sequence[Outcome]) -> Table:
    well = sum(1 for each in outcomes if each.well)
    table = Table(title=f"{source}: {well} of {len(outcomes)} endpoints answered as they should")
    counted = any(each.sample and _numbers(each.sample.fields) for each in outcomes)
    headings = ["endpoint", "name", "address", "verdict", "round trip", "detail", "numbers"]
    for heading in headings if counted else headings[:-1]:
        table.add_column(heading, justify="right" if heading == "round trip" else "left", overflow="fold")
    for each in sorted(outcomes, key=lambda outcome: outcome.well):
        sample = each.sample
        rtt = sample.fields.get("rtt") if sample else None
        table.add_row(
            each.endpoint.id,
            each.endpoint.name,
            each.endpoint.address,
            str(sample.verdict) if sample and sample.verdict else "no answer",
            f"{rtt:.1f} ms" if rtt is not None else "",
            each.detail,
            *([_numbers(sample.fields) if sample else ""] if counted else []),
        )
    return table


def _numbers(fields: Mapping[str, float]) -> str:
    """What rules and history would get; a rate takes two answers, and is not among it."""
    return ", ".join(f"{name} {value:.6g}" for name, value in fields.items() if name != "rtt")


def _nobody(source: str, only: Sequence[str]) -> str:
    if source not in sources.SOURCES:
        return f"source {source!r} does not exist; there are {', '.join(sources.SOURCES)}"
    if only:
        return f"none of {', '.join(only)} is asked by {source}; see `probes` of endpoints"
    return f"no endpoint is asked by {source}"
