"""InfluxDB's answers in CSV: sections of rows under one header each. Pure.

Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from io import StringIO

from ioc.errors import StoreError
from ioc.store.base import Held, NoNumbers
from ioc.store.flux import AGGREGATES, EDGES

MICRO = 1_000_000

_NO_NUMBERS = (
    "unsupported input type",
    "unsupported aggregate column type",
    "has no implementation for type",
)
"""what InfluxDB says of an aggregate of texts or flags, whichever of the five comes first"""
_NO_TAGS = frozenset({"", "result", "table"})
_NOT_AN_ANSWER = (IndexError, KeyError, OverflowError, ValueError, csv.Error)


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one header; `kinds` are the columns' types, where they were asked for."""

    header: Sequence[str]
    kinds: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)

    def column(self, name: str) -> int:
        """Where a column stands; raises ValueError where there is none."""
        return self.header.index(name)


def sections(text: str) -> Iterator[Section]:
    """Every section of an answer; raises StoreError where it breaks off with an error."""
    kinds: list[str] = []
    section: Section | None = None
    for cells in csv.reader(StringIO(text, newline="")):
        if section is not None and len(cells) == len(section.header):
            section.rows.append(cells)
            continue
        if section is not None:
            yield _sound(section)
            section = None
        if not cells:
            kinds = []
        elif cells[0] == "#datatype":
            kinds = cells
        else:
            section = Section(cells, kinds if len(kinds) == len(cells) else [])
    if section is not None:
        yield _sound(section)


def _sound(section: Section) -> Section:
    if "error" in section.header and "reference" in section.header and section.rows:
        raise broken(section.rows[0][section.column("error")])
    return section


def broken(said: str) -> StoreError:
    """What it means that a question was answered by an error."""
    said = " ".join(said.split())[:300]
    if any(each in said for each in _NO_NUMBERS):
        return NoNumbers(f"a field that has no numbers to draw: {said}")
    return StoreError(f"InfluxDB broke off: {said}", permanent=False)


def _strange(error: Exception) -> StoreError:
    return StoreError(f"an answer that is not InfluxDB's: {error!r}"[:300], permanent=False)


# --- windows ---

Window = tuple[int, int, float, float, float, float]
"""beginning in microseconds, count, sum, least, most, last"""
_Part = dict[int, tuple[float, int]]
"""by a window's beginning: a value, and its time where that matters"""


@dataclass(frozen=True, slots=True)
class Windows:
    """An answer by windows, in order of time.

    `ends` are the times in seconds of the first and the final point, of an answer from a down-sampled bucket.
    """

    folds: Sequence[Window]
    ends: tuple[int, int] | None


def windows(text: str) -> Windows:
    """The windows of an answer; what several series have in one window is taken together.

    Its results are not of one moment: a window that some of them do not have was written meanwhile, and is left to
    the next question. Raises StoreError where it is no answer to `flux.windows` or `flux.folded_windows`.
    """
    parts: dict[str, _Part] = {each: {} for each in AGGREGATES}
    edges: list[int] = []
    try:
        for section in sections(text):
            result = section.column("result")
            for cells in section.rows:
                if cells[result] in EDGES:
                    edges.append(micros(cells[section.column("_time")]) // MICRO)
                else:
                    _join(parts[cells[result]], cells[result], section, cells)
        return Windows(_whole(parts), (min(edges), max(edges)) if edges else None)
    except _NOT_AN_ANSWER as error:
        raise _strange(error) from error


def _join(known: _Part, aggregate: str, section: Section, cells: Sequence[str]) -> None:
    at = micros(cells[section.column("_start")])
    text = cells[section.column("_value")]
    try:
        value = float(text)
    except ValueError:
        raise NoNumbers(f"a field that has no numbers to draw: {text[:80]!r}") from None
    was = known.get(at)
    if aggregate == "last":
        time = micros(cells[section.column("_time")])
        if was is None or was[1] <= time:
            known[at] = (value, time)
    elif was is None:
        known[at] = (value, 0)
    elif aggregate in ("count", "sum"):
        known[at] = (was[0] + value, 0)
    else:
        known[at] = (min(was[0], value) if aggregate == "min" else max(was[0], value), 0)


def _whole(parts: Mapping[str, _Part]) -> list[Window]:
    count, total, least, most, last = (parts[each] for each in AGGREGATES)
    whole = sorted(count.keys() & total.keys() & least.keys() & most.keys() & last.keys())
    return [(at, int(count[at][0]), total[at][0], least[at][0], most[at][0], last[at][0]) for at in whole]


# --- what there is ---


def holdings(text: str) -> list[Held]:
    """What a store holds, out of the answer to `flux.held`; raises StoreError where it is none."""
    try:
        return [_holding(section, cells) for section in sections(text) for cells in section.rows]
    except _NOT_AN_ANSWER as error:
        raise _strange(error) from error


def _holding(section: Section, cells: Sequence[str]) -> Held:
    row = dict(zip(section.header, cells, strict=True))
    tags = {key: each for key, each in row.items() if each and key not in _NO_TAGS and key[0] != "_"}
    kind = section.kinds[section.column("_value")]
    return Held(tags, row["_field"], micros(row["_time"]) / MICRO, _typed(kind, row["_value"]))


def _typed(kind: str, text: str) -> float | int | str | bool:
    if kind == "double":
        return float(text)
    if kind in ("long", "unsignedLong"):
        return int(text)
    return text == "true" if kind == "boolean" else text


# --- times ---


def micros(time: str) -> int:
    """A time as InfluxDB writes it, in microseconds since the epoch; raises ValueError for what is none."""
    seconds = int(time[11:13]) * 3_600 + int(time[14:16]) * 60 + int(time[17:19])
    fraction = time[20:].rstrip("Z")
    return _day(time[:10]) + seconds * MICRO + (int(fraction[:6].ljust(6, "0")) if fraction else 0)


@lru_cache(maxsize=4_096)
def _day(date: str) -> int:
    return int(datetime.fromisoformat(f"{date}T00:00:00+00:00").timestamp()) * MICRO
