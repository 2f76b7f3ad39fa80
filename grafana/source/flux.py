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
from ioc.schema import DROPPED, STATE, Field, Measurement
from ioc.store.downsampling import TIERS, name

Tags = Mapping[str, str] | Iterable[str]
"""tags that variables choose, or tags with their values"""

RECENT = "6m"
"""a state is written every five minutes: one older than this is of an endpoint that is gone"""
RECENT_WINDOW = "11m"
"""the same for what is kept in windows of five minutes, one of which may have no mark"""


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


def averages(measurement: Measurement, field: str, tags: Tags, by: Iterable[str], fn: str = "mean") -> str:
    """A field over time, a series for each value of the tags `by`: the `fn` of each window, over the series' own.

    `fn` is mean, min or max.
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
            f"  |> aggregateWindow(every: v.windowPeriod, fn: {fn}, createEmpty: false)",
        )
    )


def states(tags: Iterable[str]) -> str:
    """Every endpoint's state at each window's end, as its code; `_time` is that end."""
    return "\n".join(
        (
            'import "date"\n',
            tiered("code", "last"),
            f'seen = if tier == "" then {RECENT} else {RECENT_WINDOW}',
            "period = if int(v: v.windowPeriod) > int(v: seen) then v.windowPeriod else seen\n",
            source("date.sub(d: seen, from: v.timeRangeStart)", "tier"),
            only(STATE, ["code"], tags, named="field"),
            "  |> aggregateWindow(every: v.windowPeriod, period: period, fn: last, createEmpty: false)",
            "  |> toInt()",
        )
    )


def latest(tags: Iterable[str], fields: Iterable[str] = ("code",)) -> str:
    """Every endpoint's newest state before the end of the dashboard's time."""
    return "\n".join(
        (
            'import "date"\n',
            source(f"date.sub(d: {RECENT}, from: v.timeRangeStop)"),
            only(STATE, fields, tags),
            "  |> last()",
        )
    )


def values(tag: str, within: Iterable[str] = (), measurement: Measurement = STATE) -> str:
    """The values of a tag, for a variable, where the variables `within` have theirs."""
    check(measurement, [tag, *within])
    asked = " and ".join([f'r._measurement == "{measurement.name}"', *(_tag(each, "") for each in within)])
    return (
        'import "influxdata/influxdb/schema"\n\n'
        f'schema.tagValues(bucket: v.defaultBucket, tag: "{tag}", predicate: (r) => {asked}, start: -30d)'
    )


def dropped() -> str:
    """History that was given up, each with how many lines and seconds."""
    return "\n".join(
        (
            source(),
            only(DROPPED, ["lines", "seconds"]),
            '  |> pivot(rowKey: ["_time", "store"], columnKey: ["_field"], valueColumn: "_value")',
            '  |> group()\n  |> keep(columns: ["_time", "store", "lines", "seconds"])',
        )
    )
