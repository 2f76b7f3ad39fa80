"""Questions to InfluxDB in Flux. Pure; `flux_answer` reads what comes back.

Every text from outside goes through `quoted`, every time is a whole number. The five aggregates of a bucket are one
query of five results, each of a form that the storage engine answers by itself (window, then a bare aggregate).

Source: https://docs.influxdata.com/flux/v0/stdlib/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ioc.store.base import Query
from ioc.store.downsampling import name, quoted

AGGREGATES = ("count", "sum", "min", "max", "last")
POINTS = "points"
"""the result that holds means and counts as they are in a down-sampled bucket"""


def windows(query: Query, bucket: str, start: int, stop: int, step: int) -> str:
    """Count, sum, min, max and last of what was written, by windows of `step` seconds from `start` to `stop`."""
    data = _data(bucket, start, stop, _matching(query.measurement, query.tags), [query.field])
    return f"data = {data}\n" + "".join(
        f"data |> window(every: {step}s) |> {each}() |> {_as(each)}" for each in AGGREGATES
    )


def folded_windows(query: Query, bucket: str, start: int, stop: int, step: int) -> str:
    """Min, max and last out of a down-sampled bucket by the same windows, and each point's mean and count as they are.

    A mean weighs as much as its count. That is worked out here: in Flux it would need a pivot, which takes InfluxDB
    four times as long as sending the points.
    """
    matching, field = _matching(query.measurement, query.tags), query.field

    def data(*aggregates: str) -> str:
        return _data(bucket, start, stop, matching, [name(field, each) for each in aggregates])

    known = ", ".join(quoted(each) for each in ("_start", "_stop", "_measurement", *query.tags))
    window = f"window(every: {step}s)"
    parts = [
        *(f"{data(each)} |> {window} |> {each}() |> {_as(each)}" for each in ("min", "max", "last")),
        f"{data('mean', 'count')} |> drop(columns: [{known}]) |> yield(name: {quoted(POINTS)})\n",
    ]
    return "".join(parts)


def held(measurement: str, tags: Mapping[str, str], bucket: str, start: int, most: int) -> str:
    """The last value of every field of every matching series since a time."""
    return (
        f"from(bucket: {quoted(bucket)}) |> range(start: {start}) |> filter(fn: (r) => {_matching(measurement, tags)})"
        f" |> last() |> limit(n: {most})\n"
    )


def _as(result: str) -> str:
    """One table of the columns that are read, under a name."""
    return f'keep(columns: ["_start", "_time", "_value"]) |> group() |> yield(name: {quoted(result)})\n'


def _data(bucket: str, start: int, stop: int, matching: str, fields: Sequence[str]) -> str:
    wanted = " or ".join(f"r._field == {quoted(field)}" for field in fields)
    return (
        f"from(bucket: {quoted(bucket)}) |> range(start: {start}, stop: {stop})"
        f" |> filter(fn: (r) => {matching} and ({wanted}))"
    )


def _matching(measurement: str, tags: Mapping[str, str]) -> str:
    parts = [f"r._measurement == {quoted(measurement)}"]
    return " and ".join([*parts, *(f"r[{quoted(key)}] == {quoted(each)}" for key, each in tags.items())])
