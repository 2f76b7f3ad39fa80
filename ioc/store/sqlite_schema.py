"""The file of the embedded history: its tables, its version, and opening it.

One row is one line: `numbers` are its floats, `others` its integers, texts and flags. The three big tables are
ordered by a slot of time first (a minute of `raw`, an hour of `minutes`, thirty days of `hours`), then by series: what
is written together lies together, so that a batch touches few pages and expiry frees whole ones, while a series
is still one short stretch within each slot. `at` is the place within the slot: microseconds, minutes, hours.

`minutes` and `hours` are folds of the tier before them, up to the moment that `mark` holds of each; what is later is
answered by the finer tier. `latest` is what each field of each series was given last.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ioc.errors import StoreError

OURS = 0x494F4348
"""`application_id` of our history files: "IOCH" in ASCII"""
VERSION = 1

MINUTE_US = 60_000_000
MINUTES_A_SLOT = 60
HOURS_A_SLOT = 720

_TABLES = """
CREATE TABLE series (
  id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (measurement, tags)
) STRICT;
CREATE TABLE tag (
  measurement TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, series INTEGER NOT NULL,
  PRIMARY KEY (measurement, key, value, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE field (
  id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, UNIQUE (measurement, name)
) STRICT;
CREATE TABLE raw (
  slot INTEGER NOT NULL, series INTEGER NOT NULL, at INTEGER NOT NULL, numbers BLOB NOT NULL, others TEXT,
  PRIMARY KEY (slot, series, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE minutes (
  slot INTEGER NOT NULL, series INTEGER NOT NULL, at INTEGER NOT NULL, folds BLOB NOT NULL,
  PRIMARY KEY (slot, series, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE hours (
  slot INTEGER NOT NULL, series INTEGER NOT NULL, at INTEGER NOT NULL, folds BLOB NOT NULL,
  PRIMARY KEY (slot, series, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE latest (
  series INTEGER NOT NULL, field INTEGER NOT NULL, at INTEGER NOT NULL, value ANY NOT NULL, PRIMARY KEY (series, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO mark VALUES ('minutes', 0), ('hours', 0), ('raw_from', 0);
"""
# mark: `minutes` and `hours` are the first minute and hour since the epoch not folded yet; of `raw` nothing before
# the minute `raw_from` is whole

_BY_A_PERSON = frozenset(
    {
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""primary error codes that only a person can mend; the others may pass"""


def connect(path: Path) -> sqlite3.Connection:
    """The file for writing, made where there is none; raises StoreError where it is not ours or newer.

    Raises sqlite3.Error when it cannot be read or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        _version(db, path)  # first: nothing is altered in a file that is not ours
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # counts only before the first table
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")  # what is taken here, the spool forgets
        db.execute("PRAGMA journal_size_limit=67108864")
        db.execute("PRAGMA secure_delete=OFF")
        db.execute("PRAGMA cache_size=-16000")
        _make(db, path)
    except BaseException:
        db.close()
        raise
    return db


def connect_to_read(path: Path) -> sqlite3.Connection:
    """The file for reading; raises StoreError where it is not ours or newer, sqlite3.Error where it is not there."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=5.0,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        db.execute("PRAGMA query_only=1")
        db.execute("PRAGMA cache_size=-8000")
        _version(db, path)
    except BaseException:
        db.close()
        raise
    return db


def trouble(path: Path, error: sqlite3.Error | OSError) -> StoreError:
    """What went wrong with the file, and what to do about it."""
    if isinstance(error, OSError):
        return StoreError(f"{path}: {error.strerror}; name a file this user may write to", permanent=True)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        hint = "not an SQLite database; name another file, or move it away"
    elif code == sqlite3.SQLITE_CORRUPT:
        return damaged(path, error)
    elif code == sqlite3.SQLITE_FULL:
        hint = "the disk is full; make room, or keep history for a shorter time"
    elif code in _BY_A_PERSON:
        hint = f"{error}; this user must be able to write the file and its directory"
    else:
        hint = str(error)
    return StoreError(f"{path}: {hint}", permanent=code in _BY_A_PERSON)


def damaged(path: Path, error: Exception) -> StoreError:
    """What is there is not what was written."""
    hint = "restore a backup, or move it away to start afresh"
    return StoreError(f"{path}: damaged ({error!r}); {hint}", permanent=True)


def _make(db: sqlite3.Connection, path: Path) -> None:
    db.execute("BEGIN IMMEDIATE")  # the reading thread may be making it at the same time
    try:
        if _version(db, path) == 0:
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id={OURS}")
            db.execute(f"PRAGMA user_version={VERSION}")
    finally:
        db.execute("COMMIT")


def _version(db: sqlite3.Connection, path: Path) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    mark: int = db.execute("PRAGMA application_id").fetchone()[0]
    tables: int = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if mark != OURS and (mark or version or tables):
        raise StoreError(f"{path}: a database of another program; name another file", permanent=True)
    if version > VERSION:
        raise StoreError(
            f"{path}: written by a newer release (schema {version}, this one knows {VERSION}); "
            f"install that release again, or name another file",
            permanent=True,
        )
    return version
