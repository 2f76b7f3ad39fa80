"""Giving up what is older than it is kept, a little at every write: no write waits long for it.

A file's pages are used again; when much of it is free for good (history kept shorter, fewer endpoints), the file is
given back to the disk page by page.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ioc.store.buckets import DAY
from ioc.store.sqlite_rollups import mark, set_mark
from ioc.store.sqlite_schema import HOURS_A_SLOT, MINUTES_A_SLOT

FREE_PAGES, FREE_SHARE = 16_384, 0.2
"""pages, and share of the file, that may lie free: more is given back"""
PAGES_BACK = 256
"""pages given back at a time"""


@dataclass(frozen=True, slots=True)
class Retention:
    """Seconds that each tier is kept: raw a day at least, each coarser one as long or longer."""

    raw: float = 7 * DAY
    minutes: float = 90 * DAY
    hours: float = 3650 * DAY

    def __post_init__(self) -> None:
        if not DAY <= self.raw <= self.minutes <= self.hours:
            raise ValueError(f"{self}: raw is kept a day at least, and each coarser tier no shorter")


def expire(db: sqlite3.Connection, keep: Retention, now: float, rows: int) -> None:
    """Delete what has expired at a civil time, of each tier no more than so many rows.

    Only what was really deleted moves `raw_from`: a clock that was days ahead would else have every line refused until
    that day comes.
    """
    minute = min(int(now - keep.raw) // 60, mark(db, "minutes"))
    hour = min(int(now - keep.minutes) // 3_600, mark(db, "hours"))
    broken = max(_trim(db, "raw", minute, rows), _trim(db, "minutes", hour, rows) * MINUTES_A_SLOT)
    set_mark(db, "raw_from", max(broken, mark(db, "raw_from")))
    _trim(db, "hours", int(now - keep.hours) // 3_600 // HOURS_A_SLOT, rows)


def _trim(db: sqlite3.Connection, table: str, slot: int, rows: int) -> int:
    """Delete the oldest rows of slots before one; the slot after the last that has lost any, 0 for none."""
    last: int | None = db.execute(f"SELECT max(slot) FROM {table} WHERE slot < ?", (slot,)).fetchone()[0]  # noqa: S608
    if last is None:
        return 0
    beyond = db.execute(
        f"SELECT slot, series, at FROM {table} WHERE slot < ? ORDER BY slot, series, at LIMIT 1 OFFSET ?",  # noqa: S608
        (slot, rows),
    ).fetchone()
    end = beyond or (slot, -1, -1)
    db.execute(f"DELETE FROM {table} WHERE slot <= ? AND (slot, series, at) < (?, ?, ?)", (end[0], *end))  # noqa: S608
    return min(int(end[0]), last) + 1


def give_back(db: sqlite3.Connection) -> None:
    """Make the file shorter by a few pages when much of it lies free; outside a transaction."""
    free: int = db.execute("PRAGMA freelist_count").fetchone()[0]
    if free > FREE_PAGES and free > FREE_SHARE * db.execute("PRAGMA page_count").fetchone()[0]:
        db.executescript(f"PRAGMA incremental_vacuum({PAGES_BACK})")  # `execute` takes one step: one page
