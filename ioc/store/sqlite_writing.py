"""Writing lines into the embedded history: one transaction a batch, its roll-ups and its expiry included."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ioc.errors import CodecError
from ioc.store import parse
from ioc.store.parse import Value
from ioc.store.sqlite_names import Names, Unfit
from ioc.store.sqlite_retention import Retention, expire, give_back
from ioc.store.sqlite_rollups import again, mark, minute_of, roll
from ioc.store.sqlite_rows import merged, pack

SIZE = 5_000
"""lines of one transaction"""
GIVE_WAY, A_MOMENT = 128, 50e-6
"""lines read between two moments, in seconds, for the event loop: it would wait 5 ms for the interpreter otherwise"""
LEAST_EXPIRED = 2_000
"""rows that a transaction may expire of each tier; twice as many as it writes, when that is more"""

_PUT_RAW = """
INSERT INTO raw VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
  others = merged_others(numbers, others, excluded.numbers, excluded.others),
  numbers = merged_numbers(numbers, others, excluded.numbers, excluded.others)
"""  # every right side reads the row as it was
_PUT_LATEST = """
INSERT INTO latest VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, value = excluded.value
WHERE excluded.at >= latest.at
"""


@dataclass(slots=True)
class _Batch:
    rows: list[tuple[int, int, int, bytes, str | None]] = field(default_factory=list)
    latest: dict[tuple[int, int], tuple[int, Value]] = field(default_factory=dict)
    late: set[tuple[int, int]] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)


class Writing:
    """The one connection that writes; every method belongs to one thread at a time."""

    def __init__(self, db: sqlite3.Connection, keep: Retention) -> None:
        self._db = db
        self._keep = keep
        self._names = Names(db)
        db.create_function("merged_numbers", 4, lambda *row: merged(row[:2], row[2:])[0], deterministic=True)
        db.create_function("merged_others", 4, lambda *row: merged(row[:2], row[2:])[1], deterministic=True)

    def write(self, lines: Sequence[str], now: float) -> list[str]:
        """Store lines at a civil time; why each refused one was. Raises sqlite3.Error, and part may be stored."""
        refusals: list[str] = []
        for start in range(0, len(lines), SIZE):
            refusals += self._write(lines[start : start + SIZE], now)
        give_back(self._db)
        return refusals

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _write(self, lines: Sequence[str], now: float) -> list[str]:
        db = self._db
        with self._transaction():
            batch = self._read(lines, now)
            db.executemany(_PUT_RAW, batch.rows)
            db.executemany(_PUT_LATEST, [(*key, *value) for key, value in batch.latest.items()])
            again(db, sorted(batch.late))
            roll(db, now)
            expire(db, self._keep, now, max(LEAST_EXPIRED, 2 * len(lines)))
        return batch.refusals

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            self._names.forget()
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _read(self, lines: Sequence[str], now: float) -> _Batch:
        batch = _Batch()
        folded = mark(self._db, "minutes")
        oldest = max(int(now - self._keep.raw) // 60, mark(self._db, "raw_from"))
        for number, line in enumerate(lines):
            if number % GIVE_WAY == 0:
                time.sleep(A_MOMENT)
            try:
                self._add(batch, line, folded, oldest)
            except (CodecError, Unfit) as error:
                batch.refusals.append(str(error))
        return batch

    def _add(self, batch: _Batch, line: str, folded: int, oldest: int) -> None:
        measurement, tags, fields, stamp = parse.line(line)
        if stamp is None:
            raise Unfit(f"{line[:80]!r}: a line without a timestamp cannot be told from its repetition")
        minute, at = minute_of(stamp)
        if minute < oldest:
            raise Unfit(f"{line[:80]!r}: older than what is written is kept, see history.embedded.raw")
        ids, values = self._names.fields(measurement, fields), tuple(fields.values())
        series = self._names.series(measurement, tags)
        batch.rows.append((minute, series, at, *pack(ids, values)))
        if minute < folded:
            batch.late.add((minute, series))
        latest = batch.latest
        for id, value in zip(ids, values, strict=True):
            was = latest.get((series, id))
            if was is None or was[0] <= stamp:
                latest[series, id] = (
                    stamp,
                    value if type(value) is not int or value < 2**63 else float(value),
                )
