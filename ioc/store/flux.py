"""Questions to InfluxDB in Flux, and its answers in CSV. Pure.

Every text from outside goes through `quoted`, every time is a whole number. The five aggregates of a bucket are one
query of five results, each of a form that the storage engine answers by itself (window, then a bare aggregate).

Source: https://docs.influxdata.com/flux/v0/, https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from ioc.errors import StoreError
from ioc.store.base import Held, NoNumbers, Query
from ioc.store.downsampling import name, quoted

MICRO = 1_000_000
AGGREGATES = ("count", "sum", "min", "max", "last")
POINTS = "points"
"""the result that holds means and counts as they are in a down-sampled bucket"""

Row = Mapping[str, str]


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


# --- answers ---


def rows(text: str) -> Iterator[Row]:
    """The rows of every table; raises StoreError where the answer breaks off with an error."""
    header: list[str] | None = None
    kinds: list[str] = []
    for cells in csv.reader(StringIO(text, newline="")):
        if not cells or cells == [""]:
            header = None
        elif cells[0] == "#datatype":
            kinds, header = cells, None
        elif header is None:
            header = cells
            kinds = kinds if len(kinds) == len(cells) else []
        else:
            row = dict(zip(header, cells, strict=False))
            if "error" in row and "reference" in row:
                raise broken(row["error"])
            if kinds:
                row[_KIND] = kinds[header.index("_value")] if "_value" in header else ""
            yield row


def broken(said: str) -> StoreError:
    """What it means that a question was answered by an error."""
    said = " ".join(said.split())[:300]
    if any(each in said for each in _NO_NUMBERS):
        return NoNumbers(f"a field that has no numbers to draw: {said}")
    return StoreError(f"InfluxDB broke off: {said}", permanent=False)


_NO_NUMBERS = (
    "unsupported input type",
    "unsupported aggregate column type",
    "has no implementation for type",
)
"""what InfluxDB says of an aggregate of texts or flags, whichever of the five comes first"""


Window = tuple[int, int, float, float, float, float]
"""beginning in microseconds, count, sum, least, most, last"""


@dataclass(frozen=True, slots=True)
class Windows:
    """An answer by windows, in order of time.

    `ends` are the times in seconds of the first and the final point, of an answer from a down-sampled bucket.
    """

    folds: Sequence[Window]
    ends: tuple[int, int] | None


def gathered(found: Iterable[Row], step: int) -> Windows:
    """The windows of `step` seconds of an answer; what several series have in one window is taken together.

    Its results are not of one moment: a window that some of them do not have was written meanwhile, and is left to
    the next question. Raises StoreError where the answer is not one to `windows` or `folded_windows`.
    """
    parts: dict[str, dict[int, tuple[float, int]]] = {each: {} for each in AGGREGATES}
    points = _Points()
    try:
        for row in found:
            if row["result"] == POINTS:
                points.add(row)
            else:
                _join(parts[row["result"]], row["result"], row)
        points.weigh(parts["count"], parts["sum"], step * MICRO)
        return Windows(_whole(parts), points.ends())
    except (KeyError, OverflowError, ValueError) as error:
        raise StoreError(f"an answer that is not InfluxDB's: {error!r}", permanent=False) from error


def _whole(parts: Mapping[str, Mapping[int, tuple[float, int]]]) -> list[Window]:
    count, total, least, most, last = (parts[each] for each in AGGREGATES)
    whole = sorted(count.keys() & total.keys() & least.keys() & most.keys() & last.keys())
    return [(at, int(count[at][0]), total[at][0], least[at][0], most[at][0], last[at][0]) for at in whole]


class _Points:
    """Means and counts of single points, in pairs by series and time."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}
        self._values: tuple[dict[_Place, float], dict[_Place, float]] = ({}, {})

    def add(self, row: Row) -> None:
        """Take a mean or a count."""
        text = row["_time"]
        at = self._times.get(text)
        if at is None:
            at = self._times[text] = micros(text)
        series = tuple(each for key, each in row.items() if key not in _NO_SERIES)
        self._values[row["_field"].endswith("_count")][series, at] = float(row["_value"])

    def weigh(
        self, counts: dict[int, tuple[float, int]], sums: dict[int, tuple[float, int]], step: int
    ) -> None:
        """Add each pair to its window's count and sum."""
        means, weights = self._values
        for place in sorted(means.keys() & weights.keys(), key=lambda place: place[1]):
            at, weight = place[1] // step * step, weights[place]
            counts[at] = (counts.get(at, (0, 0))[0] + weight, 0)
            sums[at] = (sums.get(at, (0.0, 0))[0] + means[place] * weight, 0)

    def ends(self) -> tuple[int, int] | None:
        """The first and the final time, in seconds."""
        return (
            (min(self._times.values()) // MICRO, max(self._times.values()) // MICRO) if self._times else None
        )


_Place = tuple[tuple[str, ...], int]
_NO_SERIES = frozenset({"", "result", "table", "_time", "_field", "_value"})


def _join(known: dict[int, tuple[float, int]], aggregate: str, row: Row) -> None:
    at = micros(row["_start"])
    try:
        value = float(row["_value"])
    except ValueError:
        raise NoNumbers(f"a field that has no numbers to draw: {row['_value'][:80]!r}") from None
    time = micros(row["_time"]) if row.get("_time") else 0
    was = known.get(at)
    if was is None:
        known[at] = (value, time)
    elif aggregate in ("count", "sum"):
        known[at] = (was[0] + value, 0)
    elif aggregate == "last":
        known[at] = max(was, (value, time), key=lambda each: each[1])
    else:
        known[at] = (min(was[0], value) if aggregate == "min" else max(was[0], value), 0)


def holdings(found: Iterable[Row]) -> list[Held]:
    """What a store holds, out of the answer to `held`; raises StoreError where it is none."""
    try:
        return [_holding(row) for row in found]
    except (KeyError, ValueError) as error:
        raise StoreError(f"an answer that is not InfluxDB's: {error!r}", permanent=False) from error


def _holding(row: Row) -> Held:
    tags = {key: each for key, each in row.items() if each and key not in _NO_TAGS and key[:1] != "_"}
    return Held(tags, row["_field"], micros(row["_time"]) / MICRO, _typed(row[_KIND], row["_value"]))


_KIND = "_kind"
_NO_TAGS = frozenset({"", "result", "table"})


def _typed(kind: str, text: str) -> float | int | str | bool:
    if kind == "double":
        return float(text)
    if kind in ("long", "unsignedLong"):
        return int(text)
    return text == "true" if kind == "boolean" else text


def micros(time: str) -> int:
    """A time as InfluxDB writes it, in microseconds since the epoch."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return seconds * MICRO + int(fraction.ljust(6, "0")[:6] or 0)
