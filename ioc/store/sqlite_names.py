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

SHAPES = 10_000
"""different sets of fields that are remembered"""
SERIES = 200_000
"""series that one file holds; each costs memory for as long as it is kept"""

_KINDS: Mapping[type, str] = {
    float: Kind.FLOAT.value,
    int: Kind.INTEGER.value,
    str: Kind.TEXT.value,
    bool: Kind.FLAG.value,
}


_TYPES = {kind: type for type, kind in _KINDS.items()}
_Shape = tuple[tuple[int, ...], tuple[type, ...]]
"""numbers and types of fields that are written together"""


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
        self._fields: dict[tuple[str, str], tuple[int, type]] = {}
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._held: int | None = None

    def series(self, measurement: str, tags: Tags) -> int:
        """The number of a series; raises Unfit when there are too many."""
        key = (measurement, tags)
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = self._known_series(measurement, tags) or self._new(measurement, tags)
        return found

    def fields(self, measurement: str, fields: Mapping[str, Value]) -> tuple[int, ...]:
        """The numbers of a line's fields, in their order; raises Unfit for a value that is of another kind."""
        key = (measurement, *fields)
        known = self._shapes.get(key)
        if known is None:
            known = self._shape(measurement, fields)
            if len(self._shapes) < SHAPES:
                self._shapes[key] = known
        numbers, kinds = known
        for value, kind in zip(fields.values(), kinds, strict=True):
            if type(value) is not kind:
                _refuse(measurement, fields, kinds)
        return numbers

    def _shape(self, measurement: str, fields: Mapping[str, Value]) -> _Shape:
        found = []
        for name, value in fields.items():
            field = self._fields.get((measurement, name))
            if field is None:
                field = self._fields[measurement, name] = self._field(measurement, name, type(value))
            found.append(field)
        return tuple(number for number, _ in found), tuple(kind for _, kind in found)

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

    def _field(self, measurement: str, name: str, kind: type) -> tuple[int, type]:
        db = self._db
        sql = "SELECT id, kind FROM field WHERE measurement = ? AND name = ?"
        row = db.execute(sql, (measurement, name)).fetchone()
        if row:
            return row[0], _TYPES[row[1]]
        number = db.execute("SELECT coalesce(max(id), 0) + 1 FROM field").fetchone()[0]
        if number > FIELDS:
            raise Unfit(
                f"field {name!r} of {measurement!r}: this file knows {FIELDS} fields and takes no more"
            )
        db.execute("INSERT INTO field VALUES (?, ?, ?, ?)", (number, measurement, name, _KINDS[kind]))
        return number, kind


def _refuse(measurement: str, fields: Mapping[str, Value], kinds: tuple[type, ...]) -> None:
    for (name, value), kind in zip(fields.items(), kinds, strict=True):
        if type(value) is not kind:
            raise Unfit(
                f"field type conflict: field {name!r} on measurement {measurement!r} is type "
                f"{_KINDS[type(value)]}, already exists as type {_KINDS[kind]}"
            )


def tags_text(tags: Tags) -> str:
    """Tags, in order of their keys, as the file has them."""
    return orjson.dumps(dict(tags)).decode()
