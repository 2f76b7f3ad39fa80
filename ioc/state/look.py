"""Reading the state file beside whoever writes it: another connection, that cannot write, for one question."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ioc.errors import StateUnusable

PATIENCE = 5.0
"""seconds to wait for a lock"""
STEPS = 1_000
MOST_STEPS = 200_000
"""thousands of SQLite's own instructions after which a question is given up"""


class Look:
    """Answers questions over what is committed; each opens the file anew, and blocks: call it in a thread.

    `read` has the form of the ledger's own. It raises StateUnusable when the file is not there, is not ours, or
    has no answer in bounded work.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        if not self._path.is_file():
            raise StateUnusable(f"{self._path}: there is no state file; has the service run here?")
        try:
            address = f"file:{quote(str(self._path.absolute()))}?mode=ro"
            with closing(sqlite3.connect(address, timeout=PATIENCE, uri=True)) as db:
                steps = iter(range(MOST_STEPS))
                db.set_progress_handler(lambda: 0 if next(steps, None) is not None else 1, STEPS)
                return db.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise StateUnusable(f"{self._path}: cannot be read: {error}") from error
