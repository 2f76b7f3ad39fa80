"""Folding raw rows into minutes, and minutes into hours.

A minute is folded once, some seconds after its end, and an hour when its last minute is; until then the finer tier
answers. A line that comes later, or again, has its minute and hour folded anew from what is there: so nothing counts
twice, whatever the order of writing. That needs the minute's raw rows to be whole, hence a line older than raw is
kept is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from ioc.store.sqlite_rows import fold_folds, fold_rows, pack_folds
from ioc.store.sqlite_schema import HOURS_A_SLOT, MINUTE_US, MINUTES_A_SLOT

AFTER = 15
"""seconds after its end when a minute is folded: what comes in time needs no second folding"""
MOST_ROWS = 20_000
"""raw rows folded at one call, the last minute finished"""

_PUT_MINUTE = "INSERT OR REPLACE INTO minutes VALUES (?, ?, ?, ?)"
_PUT_HOUR = "INSERT OR REPLACE INTO hours VALUES (?, ?, ?, ?)"
_first, _rest = itemgetter(0), itemgetter(1, 2)


def mark(db: sqlite3.Connection, name: str) -> int:
    """A mark of the file."""
    found: int = db.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()[0]
    return found


def set_mark(db: sqlite3.Connection, name: str, value: int) -> None:
    """Move a mark of the file."""
    db.execute("UPDATE mark SET value = ? WHERE name = ?", (value, name))


def roll(db: sqlite3.Connection, now: float) -> None:
    """Fold minutes that are over at a civil time, MOST_ROWS or so; and hours that are complete by that."""
    due = int(now - AFTER) // 60
    minute, rows = mark(db, "minutes"), 0
    while minute < due and rows < MOST_ROWS:
        found = db.execute("SELECT min(slot) FROM raw WHERE slot >= ? AND slot < ?", (minute, due)).fetchone()
        if found[0] is None:
            minute = due
            break
        rows += _fold_minute(db, found[0])
        minute = found[0] + 1
    set_mark(db, "minutes", max(minute, mark(db, "minutes")))
    _roll_hours(db)


def again(db: sqlite3.Connection, touched: Iterable[tuple[int, int]]) -> None:
    """Fold minutes anew, and hours, that were folded before a line of theirs came: (minute, series) each."""
    hours = set()
    first_open_hour = mark(db, "hours")
    for minute, series in touched:
        rows = db.execute(
            "SELECT numbers, others FROM raw WHERE slot = ? AND series = ? ORDER BY at", (minute, series)
        )
        slot, at = divmod(minute, MINUTES_A_SLOT)
        db.execute(_PUT_MINUTE, (slot, series, at, pack_folds(fold_rows(rows))))
        if slot < first_open_hour:
            hours.add((slot, series))
    for hour, series in hours:
        rows = db.execute(
            "SELECT folds FROM minutes WHERE slot = ? AND series = ? ORDER BY at", (hour, series)
        )
        slot, at = divmod(hour, HOURS_A_SLOT)
        db.execute(_PUT_HOUR, (slot, series, at, pack_folds(fold_folds(map(_first, rows)))))


def _fold_minute(db: sqlite3.Connection, minute: int) -> int:
    """Fold a minute of every series; how many rows that were."""
    sql = "SELECT series, numbers, others FROM raw WHERE slot = ? ORDER BY series, at"
    slot, at = divmod(minute, MINUTES_A_SLOT)
    folds = (
        (slot, series, at, pack_folds(fold_rows(map(_rest, group))))
        for series, group in groupby(db.execute(sql, (minute,)), key=_first)
    )
    db.executemany(_PUT_MINUTE, folds)
    rows: int = db.execute("SELECT count(*) FROM raw WHERE slot = ?", (minute,)).fetchone()[0]
    return rows


def _roll_hours(db: sqlite3.Connection) -> None:
    due = mark(db, "minutes") // MINUTES_A_SLOT
    hour = mark(db, "hours")
    for found in _hours_there(db, hour, due):
        slot, at = divmod(found, HOURS_A_SLOT)
        rows = db.execute("SELECT series, folds FROM minutes WHERE slot = ? ORDER BY series, at", (found,))
        folds = [
            (slot, series, at, pack_folds(fold_folds(each for _, each in group)))
            for series, group in groupby(rows, key=_first)
        ]
        db.executemany(_PUT_HOUR, folds)
    set_mark(db, "hours", max(due, hour))


def _hours_there(db: sqlite3.Connection, hour: int, due: int) -> Iterator[int]:
    """The hours that have minutes, from one on, before another."""
    while True:
        found = db.execute(
            "SELECT min(slot) FROM minutes WHERE slot >= ? AND slot < ?", (hour, due)
        ).fetchone()
        if found[0] is None:
            return
        yield found[0]
        hour = found[0] + 1


def minute_of(stamp: int) -> tuple[int, int]:
    """A timestamp in microseconds as the minute since the epoch and the place within it."""
    return divmod(stamp, MINUTE_US)
