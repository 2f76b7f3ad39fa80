"""Which number stands for which series and field in the embedded history.

Numbers are given within the writer's transaction: after one that failed, `forget` what it may have given.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import orjson

from ioc.schema import Kind
from ioc.store.parse import Tags, Value
from ioc.store.sqlite_rows import FIELDS

SERIES = 200_000
"""series that one file holds; each costs memory for as long as it is kept"""

_KINDS: Mapping[type, str] = {
    float: Kind.FLOAT.value,
    int: Kind.INTEGER.value,
    str: Kind.TEXT.value,
    bool: Kind.FLAG.value,
}


class Unfit(Exception):
    """A line that is well written and cannot be held; says why."""


class Names:
    """Series and fields by number, remembered; a new one gets the next number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.forget()

    def forget(self) -> None:
        """Ask the file for everything again."""
        self._series: dict[tuple[str, Tags], int] = {}
        self._fields: dict[tuple[str, str], tuple[int, str]] = {}
        self._held: int | None = None

    def series(self, measurement: str, tags: Tags) -> int:
        """The number of a series; raises Unfit when there are too many."""
        key = (measurement, tags)
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = self._known_series(measurement, tags) or self._new(measurement, tags)
        return found

    def values(self, measurement: str, fields: Mapping[str, Value]) -> dict[int, Value]:
        """A line's values by the numbers of their fields; raises Unfit for a field that is of another kind."""
        known, values = self._fields, {}
        for name, value in fields.items():
            field = known.get((measurement, name))
            if field is None:
                field = known[measurement, name] = self._field(measurement, name, _KINDS[type(value)])
            number, kind = field
            if _KINDS[type(value)] != kind:
                raise Unfit(
                    f"field type conflict: field {name!r} on measurement {measurement!r} is type "
                    f"{_KINDS[type(value)]}, already exists as type {kind}"
                )
            values[number] = value
        return values

    def _known_series(self, measurement: str, tags: Tags) -> int | None:
        sql = "SELECT id FROM series WHERE measurement = ? AND tags = ?"
        row = self._db.execute(sql, (measurement, tags_text(tags))).fetchone()
        return row[0] if row else None

    def _new(self, measurement: str, tags: Tags) -> int:
        if self._held is None:
            self._held = self._db.execute("SELECT count(*) FROM series").fetchone()[0]
        if self._held >= SERIES:
            raise Unfit(f"a new series of {measurement!r}: this file holds {SERIES} and takes no more")
        self._held += 1
        db = self._db
        sql = "INSERT INTO series (measurement, tags) VALUES (?, ?) RETURNING id"
        number: int = db.execute(sql, (measurement, tags_text(tags))).fetchall()[0][0]
        rows = [(measurement, key, value, number) for key, value in tags]
        db.executemany("INSERT INTO tag VALUES (?, ?, ?, ?)", rows)
        return number

    def _field(self, measurement: str, name: str, kind: str) -> tuple[int, str]:
        db = self._db
        sql = "SELECT id, kind FROM field WHERE measurement = ? AND name = ?"
        row = db.execute(sql, (measurement, name)).fetchone()
        if row:
            return row[0], row[1]
        number = db.execute("SELECT coalesce(max(id), 0) + 1 FROM field").fetchone()[0]
        if number > FIELDS:
            raise Unfit(
                f"field {name!r} of {measurement!r}: this file knows {FIELDS} fields and takes no more"
            )
        db.execute("INSERT INTO field VALUES (?, ?, ?, ?)", (number, measurement, name, kind))
        return number, kind


def tags_text(tags: Tags) -> str:
    """Tags, in order of their keys, as the file has them."""
    return orjson.dumps(dict(tags)).decode()
