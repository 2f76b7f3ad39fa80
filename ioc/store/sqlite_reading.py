"""Reading series out of the embedded history.

A coarser tier answers up to its mark, the finer ones from there on, all in one transaction: an answer is as new as
what was written last.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

import orjson

from ioc.schema import Kind
from ioc.store import buckets
from ioc.store.base import Held, NoNumbers, Query, Series
from ioc.store.buckets import HOUR, MINUTE, Cut, Fold, Tier
from ioc.store.sqlite_retention import Retention
from ioc.store.sqlite_rollups import mark
from ioc.store.sqlite_rows import finder, unpack_folds
from ioc.store.sqlite_schema import HOURS_A_SLOT, MINUTE_US, MINUTES_A_SLOT

LOOK_EVERY = 10_000
"""steps of SQLite's machine between two looks whether the answer is still wanted"""

_NUMBERS = frozenset({Kind.FLOAT, Kind.INTEGER})

_SLOTS = "WITH RECURSIVE slots(slot) AS (SELECT ?1 UNION ALL SELECT slot + 1 FROM slots WHERE slot < ?2)"
_RAW = f"""{_SLOTS}
SELECT raw.slot, raw.at, raw.numbers, raw.others FROM slots CROSS JOIN json_each(?3) AS id
CROSS JOIN raw ON raw.slot = slots.slot AND raw.series = id.value
"""  # noqa: S608 -- all of it stands here


def _folds_of(table: str, a_slot: int) -> str:
    return f"""{_SLOTS}
SELECT part.slot * {a_slot} + part.at AS place, part.folds FROM slots CROSS JOIN json_each(?3) AS id
CROSS JOIN {table} AS part ON part.slot = slots.slot AND part.series = id.value WHERE place >= ?4 AND place < ?5
"""  # noqa: S608


_MINUTES = _folds_of("minutes", MINUTES_A_SLOT)
_HOURS = _folds_of("hours", HOURS_A_SLOT)
_HELD = """
SELECT series.tags, field.name, latest.at, latest.value, field.kind
FROM json_each(?) AS id CROSS JOIN latest ON latest.series = id.value
CROSS JOIN series ON series.id = latest.series CROSS JOIN field ON field.id = latest.field LIMIT ?
"""


class Reading:
    """One connection that reads; every method belongs to one thread at a time."""

    def __init__(self, db: sqlite3.Connection, keep: Retention) -> None:
        self._db = db
        self._tiers = (Tier(0, keep.raw), Tier(MINUTE, keep.minutes), Tier(HOUR, keep.hours))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def read(self, query: Query, now: float, unwanted: Callable[[], bool]) -> Series:
        """A series at a civil time; raises StoreError for a field without numbers, sqlite3.Error.

        `unwanted` is asked now and then whether to give up, which raises sqlite3.OperationalError.
        """
        cut = buckets.cut(query.start, query.stop, query.points, self._tiers, now)
        fold = Fold(cut.step * 1_000_000)
        with _Snapshot(self._db, unwanted):
            field = self._field(query)
            if field is not None:
                ids = orjson.dumps(self._series(query.measurement, query.tags)).decode()
                self._gather(fold, cut, ids, field)
        found = fold.buckets(1_000_000)
        gaps = buckets.gaps(found, query.start, min(query.stop, now), cut.step)
        return Series(float(cut.step), found, gaps)

    def held(
        self, measurement: str, tags: Mapping[str, str], most: int, unwanted: Callable[[], bool]
    ) -> list[Held]:
        """The fields of matching series and what was written last; raises sqlite3.Error."""
        with _Snapshot(self._db, unwanted):
            ids = orjson.dumps(self._series(measurement, tags)).decode()
            rows = self._db.execute(_HELD, (ids, most)).fetchall()
        return [
            Held(orjson.loads(text), name, at / 1e6, bool(value) if kind == Kind.FLAG else value)
            for text, name, at, value, kind in rows
        ]

    def _field(self, query: Query) -> int | None:
        sql = "SELECT id, kind FROM field WHERE measurement = ? AND name = ?"
        row = self._db.execute(sql, (query.measurement, query.field)).fetchone()
        if row is None:
            return None
        if row[1] not in _NUMBERS:
            what = f"field {query.field!r} of {query.measurement!r} is {row[1]}"
            raise NoNumbers(f"{what}: it has no numbers to draw")
        number: int = row[0]
        return number

    def _series(self, measurement: str, tags: Mapping[str, str]) -> list[int]:
        if not tags:
            rows = self._db.execute("SELECT id FROM series WHERE measurement = ?", (measurement,))
            return [id for (id,) in rows]
        one = "SELECT series FROM tag WHERE measurement = ? AND key = ? AND value = ?"
        given = [part for key, value in tags.items() for part in (measurement, key, value)]
        rows = self._db.execute(" INTERSECT ".join([one] * len(tags)), given)
        return [id for (id,) in rows]

    def _gather(self, fold: Fold, cut: Cut, ids: str, field: int) -> None:
        """Fold what each tier has between the cut's ends: the coarser up to its mark, the finer from there."""
        start, stop = cut.start // 60, -(-cut.stop // 60)
        minutes = max(start, min(stop, mark(self._db, "minutes"))) if cut.tier.resolution else start
        hours = start
        if cut.tier.resolution == HOUR:
            hours = max(start, min(stop, mark(self._db, "hours") * 60))
            self._folds(fold, _HOURS, ids, field, (start // 60, hours // 60), HOURS_A_SLOT, 3_600_000_000)
        self._folds(fold, _MINUTES, ids, field, (hours, minutes), MINUTES_A_SLOT, MINUTE_US)
        self._raw(fold, ids, field, minutes, (cut.start * 1_000_000, cut.stop * 1_000_000))

    def _folds(
        self, fold: Fold, sql: str, ids: str, field: int, span: tuple[int, int], a_slot: int, unit: int
    ) -> None:
        start, stop = span
        if start >= stop:
            return
        rows = self._db.execute(sql, (start // a_slot, (stop - 1) // a_slot, ids, start, stop))
        for place, folds in rows:
            for id, count, total, least, most, last in unpack_folds(folds):
                if id == field:
                    fold.merge(place * unit, count, total, least, most, last)

    def _raw(self, fold: Fold, ids: str, field: int, first: int, span: tuple[int, int]) -> None:
        start, stop = span
        last = (stop - 1) // MINUTE_US
        if first > last:
            return
        find = finder(field)
        for slot, at, numbers, others in self._db.execute(_RAW, (first, last, ids)):
            value, stamp = find(numbers, others), slot * MINUTE_US + at
            if value is not None and start <= stamp < stop:
                fold.add(stamp, value)


class _Snapshot:
    """One moment of the file for several questions, given up when the answer is unwanted."""

    def __init__(self, db: sqlite3.Connection, unwanted: Callable[[], bool]) -> None:
        self._db = db
        self._unwanted = unwanted

    def __enter__(self) -> None:
        self._db.set_progress_handler(self._unwanted, LOOK_EVERY)
        self._db.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        self._db.set_progress_handler(None, 0)
        if self._db.in_transaction:
            self._db.execute("COMMIT")
