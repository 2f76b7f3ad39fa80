"""Flux, the query language of InfluxDB 2, for what the schema declares. Pure.

Grafana puts a record `v` before each query (the dashboard's time, the width of a pixel, the data source's bucket)
and the dashboard's variables in place of `${name:regex}`.

What makes a query fast: filters stand before everything that groups, so that the store applies them; windows are
averaged per series, which the store does as well; only these averages, not the samples, travel through a group; and
windows of five minutes or more are read from the bucket that holds them ready.

Sources: https://docs.influxdata.com/flux/v0/, https://docs.influxdata.com/influxdb/v2/query-data/optimize-queries/,
https://grafana.com/docs/grafana/latest/datasources/influxdb/query-editor/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ioc.errors import SchemaError
from ioc.model import State
from ioc.schema import DROPPED, STATE, Field, Measurement
from ioc.store.downsampling import TIERS, name
from ioc.store.line import CODES

Tags = Mapping[str, str] | Iterable[str]
"""tags that variables choose, or tags with their values"""

RECENT = "6m"
"""a state is written every five minutes: one older than this is of an endpoint that is gone"""
FILLED = "10m"
"""windows shorter than this may lack a mark, and take over the one before"""


DATE = 'import "date"\n'
"""what a query that reckons with time begins with"""


def source(start: str = "v.timeRangeStart", tier: str = "") -> str:
    """The records of the dashboard's time, from the bucket that Grafana's data source names."""
    bucket = f"v.defaultBucket + {tier}" if tier else "v.defaultBucket"
    return f"from(bucket: {bucket})\n  |> range(start: {start}, stop: v.timeRangeStop)"


def tiered(field: str, aggregate: str) -> str:
    """Statements that name the bucket's ending `tier` and what a field is called there, by the window's length."""
    ready = " else ".join(
        f'if int(v: v.windowPeriod) >= int(v: {each.length}) then "{each.bucket("")}"'
        for each in sorted(TIERS, key=lambda each: -each.seconds)
    )
    return f'tier = {ready} else ""\nfield = if tier == "" then "{field}" else "{name(field, aggregate)}"'


def field_of(measurement: Measurement, name: str) -> Field:
    """A field of a measurement; raises SchemaError for one that it does not declare."""
    found = measurement.field(name)
    if found is None:
        raise SchemaError(f"measurement {measurement.name!r} has no field {name!r}")
    return found


def only(measurement: Measurement, fields: Iterable[str], tags: Tags = (), named: str = "") -> str:
    """A filter of a measurement, of fields, and of tags: by the variables of the same names, or by the values given.

    `named` is the Flux variable that holds the field's name, where that depends. Raises SchemaError for a field or a
    tag that the measurement does not declare.
    """
    wanted = dict(tags) if isinstance(tags, Mapping) else dict.fromkeys(tags, "")
    check(measurement, wanted)
    known = [f'"{field_of(measurement, name).name}"' for name in fields]
    any_field = " or ".join(f"r._field == {name}" for name in ([named] if named else known))
    conditions = [f'r._measurement == "{measurement.name}"', f"({any_field})"]
    conditions += [_tag(tag, value) for tag, value in wanted.items()]
    return f"  |> filter(fn: (r) => {' and '.join(conditions)})"


def _tag(tag: str, value: str) -> str:
    return f'r.{tag} == "{value}"' if value else f"r.{tag} =~ /^${{{tag}:regex}}$/"


def check(measurement: Measurement, tags: Iterable[str]) -> None:
    """Raises SchemaError for a tag that the measurement does not declare."""
    for tag in tags:
        if tag not in measurement.tags:
            raise SchemaError(f"measurement {measurement.name!r} has no tag {tag!r}")


def averages(
    measurement: Measurement, field: str, tags: Tags, by: Iterable[str], fn: str = "mean", over: str = ""
) -> str:
    """A field over time, a series for each value of the tags `by`: `fn` of each window, `over` of the series' own.

    `fn` is mean, min or max; `over` any function of Flux over a table, `fn` itself when empty.
    """
    by = list(by)
    check(measurement, by)
    listed = ", ".join(f'"{tag}"' for tag in by)
    return "\n".join(
        (
            tiered(field, fn) + "\n",
            source(tier="tier"),
            only(measurement, [field], tags, named="field"),
            f'  |> aggregateWindow(every: v.windowPeriod, fn: {fn}, createEmpty: false, timeSrc: "_start")',
            f"  |> group(columns: [{listed}])",
            f"  |> aggregateWindow(every: v.windowPeriod, fn: {over or fn}, createEmpty: false)",
        )
    )


def highest(query: str, label: str, most: int = 20) -> str:
    """Of a query's series those with the highest mean, told apart by the label that is their whole group key."""
    before, begins, after = query.rpartition("from(bucket:")
    return "\n".join(
        (
            f"{before}all = {begins}{after}",
            f'top = all |> mean() |> group() |> sort(columns: ["_value"], desc: true) |> limit(n: {most})',
            f'  |> findColumn(fn: (key) => true, column: "{label}")',
            f"all |> filter(fn: (r) => contains(value: r.{label}, set: top))",
        )
    )


def states(tags: Iterable[str]) -> str:
    """Every endpoint's state at each window's end, as its code; `_time` is that end.

    An endpoint that was taken out of the configuration stays to the end of a view with short windows.
    """
    return "\n".join(
        (
            DATE,
            tiered("code", "last"),
            f"short = int(v: v.windowPeriod) < int(v: {FILLED})\n",
            source(f"date.sub(d: {RECENT}, from: v.timeRangeStart)", "tier"),
            only(STATE, ["code"], tags, named="field"),
            "  |> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: short)",
            "  |> fill(usePrevious: true) |> filter(fn: (r) => exists r._value) |> toInt()",
        )
    )


def runs(tags: Iterable[str], states: Iterable[State]) -> str:
    """A row for each time that an endpoint was in one of some states: `from` and `to`, its first and last mark then.

    Times are nanoseconds; two marks are of one time when the next is not later than the state is written again. Only
    marks of these states leave the store, which are few.
    """
    wanted = " or ".join(f"r._value == {CODES[state]}" for state in states)
    return "\n".join(
        (
            source(f"date.sub(d: {RECENT}, from: v.timeRangeStart)"),
            only(STATE, ["code"], tags) + f"\n  |> filter(fn: (r) => {wanted})",
            "  |> map(fn: (r) => ({r with at: int(v: r._time), apart: int(v: r._time)}))",
            '  |> difference(columns: ["apart"], keepFirst: true)',
            f"  |> map(fn: (r) => ({{r with run: if exists r.apart and r.apart <= int(v: {RECENT}) then 0 else 1}}))",
            '  |> cumulativeSum(columns: ["run"])',
            '  |> group(columns: ["endpoint", "system", "run"])',
            "  |> reduce(identity: {from: int(v: v.timeRangeStop), to: 0}, fn: (r, accumulator) => ({",
            "      from: if r.at < accumulator.from then r.at else accumulator.from,",
            "      to: if r.at > accumulator.to then r.at else accumulator.to,",
            "  }))",
            "  |> group()",
        )
    )


def latest(tags: Iterable[str], fields: Iterable[str] = ("code",)) -> str:
    """Every endpoint's newest state before the end of the dashboard's time; it needs the package `date`."""
    since = f"date.sub(d: {RECENT}, from: v.timeRangeStop)"
    return f"{source(since)}\n{only(STATE, fields, tags)}\n  |> last()"


def newest(measurement: Measurement, fields: Iterable[str], tags: Tags, by: Iterable[str]) -> str:
    """A table with a row for each combination of the tags `by`, and each field's newest number as a column."""
    by, fields = list(by), list(fields)
    check(measurement, by)
    row = ", ".join(f'"{tag}"' for tag in by)
    columns = ", ".join(f'"{each}"' for each in (*by, *fields))
    return "\n".join(
        (
            source(),
            only(measurement, fields, tags),
            "  |> last() |> toFloat() |> group()",
            f'  |> pivot(rowKey: [{row}], columnKey: ["_field"], valueColumn: "_value")',
            f"  |> keep(columns: [{columns}])",
        )
    )


def values(tag: str, within: Tags = (), measurement: Measurement = STATE) -> str:
    """The values of a tag, for a variable, of what has the tags `within`: as chosen, or of the values given."""
    wanted = dict(within) if isinstance(within, Mapping) else dict.fromkeys(within, "")
    check(measurement, [tag, *wanted])
    conditions = [f'r._measurement == "{measurement.name}"', *(_tag(each, to) for each, to in wanted.items())]
    return (
        'import "influxdata/influxdb/schema"\n\n'
        f'schema.tagValues(bucket: v.defaultBucket, tag: "{tag}", '
        f"predicate: (r) => {' and '.join(conditions)}, start: -30d)"
    )


def dropped() -> str:
    """History that was given up, each with how many lines and seconds."""
    return "\n".join(
        (
            source(),
            only(DROPPED, ["lines", "seconds"]),
            '  |> pivot(rowKey: ["_time", "store"], columnKey: ["_field"], valueColumn: "_value")',
            '  |> group() |> rename(columns: {_time: "time"}) |> sort(columns: ["time"], desc: true)',
            '  |> limit(n: 200) |> keep(columns: ["time", "store", "lines", "seconds"])',
        )
    )
