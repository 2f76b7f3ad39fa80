"""The embedded history as lines for InfluxDB, part by part, from any place on.

Raw rows become the lines they were. Minutes become windows of five minutes and hours stay hours, with the fields that
ioc/store/downsampling.py names. A *place* is the key of a row; a part tells the place it ends at, and asking again
from there gives the next. Every method belongs to one thread at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from ioc.errors import StoreError
from ioc.store import line
from ioc.store.downsampling import HOURS, MINUTES, name
from ioc.store.sqlite_rollups import mark
from ioc.store.sqlite_rows import Fold, fold_folds, unpack
from ioc.store.sqlite_schema import HOURS_A_SLOT, MINUTE_US, connect_to_read, trouble

ROWS = 5_000
"""rows read for a part"""
HOUR = 3600

Place = tuple[int, int, int]
"""slot, series and place within the slot, of a row that was given"""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in civil seconds, at whole hours but for the end of what is raw."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines, how many rows and numbers (for raw rows: values) they hold, and the place they end at."""

    lines: Sequence[str]
    rows: int
    held: int
    place: Place


class Export:
    """Reads one file; raises StoreError where it is not there, not ours, or cannot be read."""

    def __init__(self, file: Path) -> None:
        self._file = file
        if not file.is_file():
            raise StoreError(f"{file}: there is no such file; name the embedded history", permanent=True)
        try:
            self._db = connect_to_read(file)
        except sqlite3.Error as error:
            raise trouble(file, error) from error
        self._fields: dict[int, str] = {}
        self._heads: dict[int, str] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # --- what there is ---

    def whole_from(self) -> int:
        """The first hour, in seconds, from which on every raw row is there."""
        oldest = self._one("SELECT min(slot) FROM raw")
        whole = max(mark(self._db, "raw_from"), oldest if oldest is not None else mark(self._db, "minutes"))
        return -(-whole // 60) * HOUR

    def folded_to(self) -> int:
        """The end, in seconds, of the last hour that was folded."""
        return mark(self._db, "hours") * HOUR

    def rows(self, tier: str, span: Span, after: Place | None) -> int:
        """How many rows of a tier (raw, minutes, hours) are left after a place."""
        where, values = _where(tier, span, after)
        return self._one(f"SELECT count(*) FROM {tier} WHERE {where}", *values) or 0  # noqa: S608

    def first(self, tier: str) -> int | None:
        """When the first row of a tier is of, in seconds; None where there is none."""
        at = {"raw": "slot * 60", "minutes": "slot * 3600", "hours": f"(slot * {HOURS_A_SLOT} + at) * 3600"}
        sql = f"SELECT min({at[tier]}) FROM {tier} WHERE slot = (SELECT min(slot) FROM {tier})"  # noqa: S608
        return self._one(sql)

    # --- parts ---

    def part(self, tier: str, span: Span, after: Place | None) -> Part | None:
        """The next part of a tier after a place; None at the end. Raises StoreError."""
        where, values = _where(tier, span, after)
        columns = "numbers, others" if tier == "raw" else "folds"
        sql = f"SELECT slot, series, at, {columns} FROM {tier} WHERE {where} ORDER BY slot, series, at LIMIT {ROWS}"  # noqa: S608
        try:
            rows = self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise trouble(self._file, error) from error
        if not rows:
            return None
        if tier == "minutes" and len(rows) == ROWS:
            rows = _whole_groups(rows)
        made = list(self._lines(tier, rows))
        place: Place = rows[-1][:3]
        return Part([text for text, _ in made], len(rows), sum(held for _, held in made), place)

    def _lines(self, tier: str, rows: list[Any]) -> Iterator[tuple[str, int]]:
        if tier == "raw":
            return self._raw(rows)
        return self._minutes(rows) if tier == "minutes" else self._hours(rows)

    def _raw(self, rows: Iterable[tuple[int, int, int, bytes, str | None]]) -> Iterator[tuple[str, int]]:
        for slot, series, at, numbers, others in rows:
            values = unpack(numbers, others)
            fields = ",".join(f"{self._field(id)}={line.value(value)}" for id, value in values.items())
            if fields:
                yield f"{self._head(series)}{fields} {slot * MINUTE_US + at}", len(values)

    def _minutes(self, rows: Iterable[tuple[int, int, int, bytes]]) -> Iterator[tuple[str, int]]:
        windows = groupby(rows, key=lambda row: (row[0], row[1], row[2] * 60 // MINUTES.seconds))
        for (slot, series, window), some in windows:
            at = slot * HOUR + window * MINUTES.seconds
            yield from self._window(series, at, fold_folds(row[3] for row in some))

    def _hours(self, rows: Iterable[tuple[int, int, int, bytes]]) -> Iterator[tuple[str, int]]:
        for slot, series, at, folds in rows:
            yield from self._window(series, (slot * HOURS_A_SLOT + at) * HOURS.seconds, fold_folds([folds]))

    def _window(self, series: int, at: int, folds: dict[int, Fold]) -> Iterator[tuple[str, int]]:
        fields, held = [], 0
        for id, (count, total, least, most, last) in folds.items():
            of = {"mean": total / count, "sum": total, "min": least, "max": most, "last": last}
            key = self._field(id)
            fields += [f"{name(key, each)}={value!r}" for each, value in of.items() if isfinite(value)]
            fields.append(f"{name(key, 'count')}={count}i")
            held += count
        if fields:
            yield f"{self._head(series)}{','.join(fields)} {line.stamp(at)}", held

    # --- names ---

    def _head(self, series: int) -> str:
        head = self._heads.get(series)
        if head is None:
            sql = "SELECT measurement, tags FROM series WHERE id = ?"
            measurement, tags = self._db.execute(sql, (series,)).fetchone()
            head = self._heads[series] = line.prefix(measurement, orjson.loads(tags))
        return head

    def _field(self, id: int) -> str:
        key = self._fields.get(id)
        if key is None:
            found = self._db.execute("SELECT name FROM field WHERE id = ?", (id,)).fetchone()
            key = self._fields[id] = line.name(found[0])
        return key

    def _one(self, sql: str, *values: int) -> int | None:
        try:
            found: int | None = self._db.execute(sql, values).fetchone()[0]
        except sqlite3.Error as error:
            raise trouble(self._file, error) from error
        return found


def _where(tier: str, span: Span, after: Place | None) -> tuple[str, tuple[int, ...]]:
    """The rows of a tier within a span and after a place."""
    later = "(slot, series, at) > (?, ?, ?)"
    if tier == "hours":
        first, last = span.start // HOUR, span.stop // HOUR
        place = after or (first // HOURS_A_SLOT, -1, -1)
        hour = f"slot * {HOURS_A_SLOT} + at"
        return f"{later} AND slot <= ? AND {hour} >= ? AND {hour} < ?", (
            *place,
            last // HOURS_A_SLOT,
            first,
            last,
        )
    a_slot = 60 if tier == "raw" else HOUR
    place = after or (span.start // a_slot, -1, -1)
    return f"{later} AND slot < ?", (*place, span.stop // a_slot)


def _whole_groups(rows: list[tuple[int, int, int, bytes]]) -> list[tuple[int, int, int, bytes]]:
    """Rows without those of the last hour and series, of which there may be more."""
    last = rows[-1][:2]
    end = len(rows)
    while rows[end - 1][:2] == last:
        end -= 1
    return rows[:end]
