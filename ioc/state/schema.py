"""The state file's schema: numbered scripts, applied once each, in order.

`migrations/NNNN_name.sql` brings a file from version NNNN - 1 to NNNN; SQLite's `user_version` says where a file
stands and `application_id` that it is ours. A script and its version number are one transaction.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from importlib.resources import files

from ioc.errors import StateUnusable

OURS = 0x494F4331
"""`application_id` of our state files: "IOC1" in ASCII"""

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


def scripts(package: str = "ioc.state") -> tuple[str, ...]:
    """The migrations of a package, version 1 first; raises StateUnusable when it has a gap in them."""
    folder = files(package).joinpath("migrations")
    found = {int(match[1]): each for each in folder.iterdir() if (match := _NAME.fullmatch(each.name))}
    if sorted(found) != list(range(1, len(found) + 1)):
        raise StateUnusable(f"migrations {sorted(found)} are not numbered 1, 2, 3…; reinstall the package")
    return tuple(found[number].read_text("utf-8") for number in sorted(found))


def migrate(db: sqlite3.Connection, name: str, steps: Sequence[str], ours: int = OURS) -> None:
    """Bring a connection's file to the newest version; raises StateUnusable when it is not ours or is newer.

    Raises sqlite3.Error when it cannot be written.
    """
    version = _version(db, name, len(steps), ours)
    db.execute(
        f"PRAGMA application_id={ours}"
    )  # even when it is so: a file that may only be read shows it here
    for number, script in enumerate(steps[version:], version + 1):
        try:
            db.executescript(f"BEGIN IMMEDIATE;\n{script}\n;PRAGMA user_version={number};COMMIT;")
        except sqlite3.Error as error:
            if db.in_transaction:
                db.rollback()
            raise StateUnusable(f"{name}: cannot bring it to schema version {number}: {error}") from error


def _version(db: sqlite3.Connection, name: str, newest: int, ours: int) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    mark: int = db.execute("PRAGMA application_id").fetchone()[0]
    tables: int = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if mark != ours and (mark or version or tables):
        raise StateUnusable(f"{name}: a database of another program; name another state file")
    if version > newest:
        raise StateUnusable(
            f"{name}: written by a newer release (schema {version}, this one knows {newest}); "
            f"install that release again, or start with another state file"
        )
    return version
