"""How InfluxDB keeps history for years: the buckets, the names of down-sampled fields, the tasks that make them.

Raw points stay 30 days. Two further buckets hold the same measurements and tags in windows of five minutes and of
one hour, each point at its window's beginning. A number's field there has a suffix that says what it is of the
window: `rtt_mean`, `rtt_sum`, `rtt_min`, `rtt_max`, `rtt_count`, `rtt_last`; a text or a flag has `_last` alone. All
are floats but `_count`, an integer, and the last text or flag. A mean over several windows is their sums by their
counts, which the storage engine adds up by itself; `_mean` is for who reads single windows. Windows begin at whole
multiples of their length since the epoch.

Two tasks fill a bucket. The *fresh* one runs at each window's end and takes up a few windows before it. The *late*
one runs each hour for what a spool has brought since: it compares, hour by hour over three days, how many numbers
are raw and how many the windows have counted, and takes up every hour from the first that has more to the last. That
comparison costs a twentieth of taking up the hours. What is late by more than three days is taken up by `fill`,
which `ioc influx fill` runs once. Running any of them again changes nothing: a point of the same series and time
replaces itself.

Pure. Source: https://docs.influxdata.com/flux/v0/stdlib/, https://docs.influxdata.com/influxdb/v2/process-data/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ioc.schema import Kind, Measurement

DAY = 86_400
RAW_KEPT = 30 * DAY
"""seconds that raw points are kept"""
RAW_SHARD = DAY
"""seconds of raw points that InfluxDB puts into one shard"""
LATE = "3d"
"""how far the late task looks back, as Flux writes it: a weekend without the database"""

NUMBERS = frozenset({Kind.FLOAT, Kind.INTEGER})
AGGREGATES = ("mean", "sum", "min", "max", "count", "last")
"""what is kept of a number; each is a function of Flux by the same name"""


@dataclass(frozen=True, slots=True)
class Tier:
    """A length of window, as Flux writes it and in seconds, and how many seconds its points are kept.

    `shard` is how many seconds of them InfluxDB puts into one shard. Every shard that a question touches costs it
    about the same, whatever it holds, and a year in InfluxDB's own shards of a week is 53 of them.

    A fresh run takes up what is `back` before it, `offset` after the window's end: by then its points have come.
    """

    length: str
    seconds: int
    kept: int
    shard: int
    back: str
    offset: str

    def bucket(self, raw: str) -> str:
        """The name of its bucket, where configuration gives none."""
        return f"{raw}_{self.length}"


MINUTES = Tier("5m", 300, 730 * DAY, 28 * DAY, back="15m", offset="30s")
HOURS = Tier("1h", 3600, 3650 * DAY, 91 * DAY, back="2h", offset="2m")
TIERS = (MINUTES, HOURS)


@dataclass(frozen=True, slots=True)
class Task:
    """A task by its name, and its whole text."""

    name: str
    flux: str


@dataclass(frozen=True, slots=True)
class Way:
    """From which bucket into which bucket a tier's windows go, and the measurements whose fields are declared."""

    raw: str
    into: str
    tier: Tier
    declared: Sequence[Measurement]


def name(field: str, aggregate: str) -> str:
    """What a field is called in a down-sampled bucket; `aggregate` is one of AGGREGATES."""
    return f"{field}_{aggregate}"


def aggregates(kind: Kind) -> tuple[str, ...]:
    """What is kept of a field of this kind."""
    return AGGREGATES if kind in NUMBERS else ("last",)


def tasks(way: Way) -> tuple[Task, Task]:
    """The fresh and the late task of a way."""
    title = f"ioc: {way.raw} to {way.into}"
    tier = way.tier
    return (
        _task(title, tier.length, tier.offset, way, _recent(tier)),
        _task(f"{title}, late", "1h", "10m", way, _behind(way)),
    )


def fill(way: Way, start: float, stop: float) -> str:
    """Flux that takes up every window of a time, civil seconds widened to whole windows; it returns nothing."""
    length = way.tier.seconds
    first, last = int(start // length) * length, -int(-stop // length) * length
    times = f"start = {_time(first)}\nstop = {_time(last)}\n"
    return f"{_imports()}\n{times}\n{_windows(way)}"


def quoted(text: str) -> str:
    """A string of Flux; nothing in it is read as anything but itself."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return f'"{plain}"'


def _task(title: str, every: str, offset: str, way: Way, times: str) -> Task:
    option = f"option task = {{name: {quoted(title)}, every: {every}, offset: {offset}}}\n"
    return Task(title, f"{_imports()}\n{option}\n{times}\n{_windows(way)}")


def _imports() -> str:
    return '// Made by `ioc influx init`, which puts back whatever is changed here.\nimport "date"\nimport "types"\n'


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- which time a run takes up: `start` and `stop`, at whole windows ---


def _recent(tier: Tier) -> str:
    length = tier.length
    return (
        f"start = date.truncate(t: date.sub(from: now(), d: {tier.back}), unit: {length})\n"
        f"stop = date.truncate(t: now(), unit: {length})\n"
    )


def _behind(way: Way) -> str:
    """From the first hour with more numbers than were counted to the end of the last; else the last whole hour."""
    numbers = _numbers(way.declared)
    return f"""\
end = date.truncate(t: now(), unit: 1h)
begin = date.truncate(t: date.sub(from: end, d: {LATE}), unit: 1h)
hourly = (tables=<-, fn) => tables
    |> aggregateWindow(every: 1h, fn: fn, createEmpty: false, timeSrc: "_start")
    |> group(columns: ["_time"])
    |> sum()
raw = from(bucket: {quoted(way.raw)})
    |> range(start: begin, stop: end)
    |> filter(fn: (r) => {numbers})
    |> hourly(fn: count)
counted = from(bucket: {quoted(way.into)})
    |> range(start: begin, stop: end)
    |> filter(fn: (r) => ({_measured(way.declared)}) and r._field =~ /_count$/)
    |> hourly(fn: sum)
    |> map(fn: (r) => ({{r with _value: -r._value}}))
found = union(tables: [raw, counted])
    |> group(columns: ["_time"])
    |> sum()
    |> filter(fn: (r) => r._value > 0)
    |> group()
    |> reduce(
        identity: {{first: end, last: begin}},
        fn: (r, accumulator) => ({{
            first: if r._time < accumulator.first then r._time else accumulator.first,
            last: if r._time > accumulator.last then r._time else accumulator.last,
        }}),
    )
    |> findRecord(fn: (key) => true, idx: 0)
start = if exists found.first then found.first else date.sub(from: end, d: 1h)
stop = if exists found.last then date.add(to: found.last, d: 1h) else end
"""


# --- what is made of that time ---


def _windows(way: Way) -> str:
    """Fourteen short statements: each aggregate of numbers, the last of texts, and both of what nobody has declared.

    The engine itself aggregates what is declared, since its type is known before it is read.
    """
    tier, declared = way.tier, way.declared
    parts = [
        f"""\
within = (tables=<-) => tables |> range(start: start, stop: stop)
windows = (tables=<-, fn) => tables
    |> aggregateWindow(every: {tier.length}, fn: fn, createEmpty: false, timeSrc: "_start")
keep = (tables=<-, as) => tables
    |> map(fn: (r) => ({{r with _field: r._field + "_" + as}}))
    |> to(bucket: {quoted(way.into)})
    |> filter(fn: (r) => false)
numbers = () => from(bucket: {quoted(way.raw)})
    |> within()
    |> filter(fn: (r) => {_numbers(declared)})
texts = () => from(bucket: {quoted(way.raw)})
    |> within()
    |> filter(fn: (r) => {_texts(declared)})
others = () => from(bucket: {quoted(way.raw)})
    |> within()
    |> filter(fn: (r) => {" and ".join(f"r._measurement != {quoted(each.name)}" for each in declared)})
figures = () => others() |> filter(fn: (r) => types.isNumeric(v: r._value))
words = () => others() |> filter(fn: (r) => not types.isNumeric(v: r._value))
"""
    ]
    parts += [_of_numbers(source, aggregate) for source in ("numbers", "figures") for aggregate in AGGREGATES]
    parts += [_statement(source, "last", "") for source in ("texts", "words")]
    return "\n".join(parts) + "\n"


def _of_numbers(source: str, aggregate: str) -> str:
    return _statement(source, aggregate, "" if aggregate == "count" else " |> toFloat()")


def _statement(source: str, aggregate: str, then: str) -> str:
    title = quoted(f"{source} {aggregate}")
    return f"{source}() |> windows(fn: {aggregate}){then} |> keep(as: {quoted(aggregate)}) |> yield(name: {title})"


def _measured(declared: Sequence[Measurement]) -> str:
    return " or ".join(f"r._measurement == {quoted(each.name)}" for each in declared)


def _numbers(declared: Sequence[Measurement]) -> str:
    """A condition that the storage engine itself can judge: it knows no `not`."""
    return " or ".join(filter(None, (_fields(each, numbers=True) for each in declared)))


def _texts(declared: Sequence[Measurement]) -> str:
    found = " or ".join(filter(None, (_fields(each, numbers=False) for each in declared)))
    return found or 'r._measurement == ""'


def _fields(measurement: Measurement, *, numbers: bool) -> str:
    """The fields of a measurement that are numbers, or those that are not; all of them need no names."""
    wanted = [each.name for each in measurement.fields if (each.kind in NUMBERS) == numbers]
    ours = f"r._measurement == {quoted(measurement.name)}"
    if len(wanted) == len(measurement.fields):
        return f"({ours})" if numbers or wanted else ""
    if not wanted:
        return ""
    return f"({ours} and ({' or '.join(f'r._field == {quoted(each)}' for each in wanted)}))"
