"""History as a whole, from a configuration: what keeps it, which store takes it, who reads it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ioc.clock import Clock
from ioc.config import compiled
from ioc.config.check import probes_per_second
from ioc.config.compiled import Config
from ioc.config.scalars import sized
from ioc.model import Sample, Verdict
from ioc.schema import DROPPED
from ioc.store.base import Reader, Store, Tell
from ioc.store.downsampling import HOURS, MINUTES
from ioc.store.influx import Address, Influx
from ioc.store.influx_reading import Buckets, InfluxReader
from ioc.store.keeper import EVERY, Keeper
from ioc.store.line import Lines, prefix
from ioc.store.losses import Loss
from ioc.store.record import blocks, pack, span
from ioc.store.spool import Spool
from ioc.store.sqlite import Sqlite
from ioc.store.sqlite_retention import Retention
from ioc.telemetry import Telemetry

Tags = Callable[[str], Mapping[str, str]]

MEASURED = 5_000
"""lines packed to find out how many bytes one takes"""


@dataclass(frozen=True, slots=True)
class History:
    """What keeps it, and who reads it."""

    keeper: Keeper
    reader: Reader


def build(config: Config, tags: Tags, clock: Clock, telemetry: Telemetry, tell: Tell) -> History | None:
    """The history that a configuration asks for; None for none. Nothing is opened or connected yet.

    `tags` gives an endpoint's unit, site and system; `tell` gets the value of `self/history`.
    """
    wanted = config.history
    if wanted.store == "none":
        return None
    store, reader = _store(wanted, clock, telemetry)
    where, mark = wanted.spool, marker(wanted.store)
    open = partial(Spool, where.directory, where.size, mark)
    return History(Keeper(store, Lines(tags), open, clock, telemetry, tell), reader)


def _store(wanted: compiled.History, clock: Clock, telemetry: Telemetry) -> tuple[Store, Reader]:
    if wanted.store == "influx" and wanted.influx is not None:
        at = wanted.influx
        address = Address(at.url, at.org, at.bucket, at.token.reveal())
        coarse = Buckets(
            at.minutes_bucket or MINUTES.bucket(at.bucket), at.hours_bucket or HOURS.bucket(at.bucket)
        )
        return Influx(address, telemetry), InfluxReader(address, clock, coarse)
    kept = wanted.embedded
    both = Sqlite(kept.file, clock, Retention(kept.raw, kept.minutes, kept.hours))
    return both, both


def marker(store: str) -> Callable[[Loss], str]:
    """Makes the line that tells of a loss: measurement `dropped`, at the newest of what was lost."""
    head = prefix(DROPPED.name, {"store": store})

    def line(loss: Loss) -> str:
        return f"{head}lines={loss.lines}i,seconds={(loss.newest - loss.oldest) / 1e6!r} {loss.stamp}"

    return line


# --- how long the spool lasts ---


def capacity(config: Config) -> Sequence[str]:
    """What `ioc check` says of the spool: the hours it holds at the pace that is configured."""
    if config.history.store == "none":
        return []
    spool = config.history.spool
    lines = probes_per_second(config)
    each = bytes_a_line(config)
    held = f"spool: {spool.directory}, {sized(spool.size)}"
    if not each or not lines:
        return [held]
    hours = spool.size / (lines * each) / 3600
    return [f"{held}: {hours:,.0f} hours at {lines:,.1f} lines a second of {each:.1f} bytes, compressed"]


def bytes_a_line(config: Config) -> float:
    """Bytes that a line takes in the spool, measured by packing lines of these endpoints; 0 without any."""
    chance = random.Random(1)
    at = 1_700_000_000.0
    samples: list[Sample] = []
    probes = [(each, probe) for each in config.inventory.endpoints.values() for probe in each.probes]
    while probes and len(samples) < MEASURED:
        endpoint, probe = probes[len(samples) % len(probes)]
        at += 1 / len(probes)
        fields = {"rtt": chance.lognormvariate(2.0, 0.7), "loss": 0.0}
        samples.append(Sample(endpoint.id, at, probe.source, Verdict.OK, fields))
    lines, _ = Lines(_tags_of(config)).encode(samples, 0.0)
    together = max(round(probes_per_second(config) * EVERY), 1)
    cut = [lines[begin : begin + together] for begin in range(0, len(lines), together)]
    sizes = [len(pack(0, block, span(block))) for some in cut for block in blocks(some)]
    return sum(sizes) / len(lines) if lines else 0.0


def _tags_of(config: Config) -> Tags:
    def tags(endpoint: str) -> Mapping[str, str]:
        here = config.inventory.endpoints[endpoint]
        return {"unit": here.unit, "site": here.site, "system": here.system}

    return tags
