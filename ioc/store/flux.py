"""Questions to InfluxDB in Flux. Pure; `flux_answer` reads what comes back.

Every text from outside goes through `quoted`, every time is a whole number. The five aggregates of a bucket are one
query of five results, each of a form that the storage engine answers by itself (window, then a bare aggregate).

Source: https://docs.influxdata.com/flux/v0/stdlib/
"""

from __future__ import annotations

from collections.abc import Mapping

from ioc.store.base import Query
from ioc.store.downsampling import name, quoted

AGGREGATES = ("count", "sum", "min", "max", "last")
EDGES = ("first", "final")
"""the results that hold the first and the final point of each series in a down-sampled bucket"""


def windows(query: Query, bucket: str, start: int, stop: int, step: int) -> str:
    """Count, sum, min, max and last of what was written, by windows of `step` seconds from `start` to `stop`."""
    data = _data(bucket, start, stop, _matching(query.measurement, query.tags), query.field)
    return f"data = {data}\n" + "".join(
        f"data |> window(every: {step}s) |> {each}() |> {_as(each)}" for each in AGGREGATES
    )


def folded_windows(query: Query, bucket: str, start: int, stop: int, step: int) -> str:
    """The same out of a down-sampled bucket, and the first and the final point of each series.

    A mean is the sums by the counts: those are added up where they are, which takes half the time of sending a
    year's points.
    """
    matching, field = _matching(query.measurement, query.tags), query.field

    def data(aggregate: str) -> str:
        return _data(bucket, start, stop, matching, name(field, aggregate))

    adding = {"count": "sum"}
    parts = [
        f"{data(each)} |> window(every: {step}s) |> {adding.get(each, each)}() |> {_as(each)}"
        for each in AGGREGATES
    ]
    edges = [
        f"{data('sum')} |> {take}() |> {_as(edge)}"
        for edge, take in zip(EDGES, ("first", "last"), strict=True)
    ]
    return "".join([*parts, *edges])


def held(measurement: str, tags: Mapping[str, str], bucket: str, start: int, most: int) -> str:
    """The last value of every field of every matching series since a time."""
    return (
        f"from(bucket: {quoted(bucket)}) |> range(start: {start}) |> filter(fn: (r) => {_matching(measurement, tags)})"
        f" |> last() |> limit(n: {most})\n"
    )


def _as(result: str) -> str:
    """One table of the columns that are read, under a name."""
    return f'keep(columns: ["_start", "_time", "_value"]) |> group() |> yield(name: {quoted(result)})\n'


def _data(bucket: str, start: int, stop: int, matching: str, field: str) -> str:
    return (
        f"from(bucket: {quoted(bucket)}) |> range(start: {start}, stop: {stop})"
        f" |> filter(fn: (r) => {matching} and r._field == {quoted(field)})"
    )


def _matching(measurement: str, tags: Mapping[str, str]) -> str:
    parts = [f"r._measurement == {quoted(measurement)}"]
    return " and ".join([*parts, *(f"r[{quoted(key)}] == {quoted(each)}" for key, each in tags.items())])
