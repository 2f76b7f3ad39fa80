"""`cases.db`: what of cases must survive a crash. One thread writes it, in groups, as the state file is written.

Updates are answered once they are in the log, which is only appended to; rows are written later, many at once and in
the order of their keys, because a row changed in its place costs a page of the disk. After a crash the log is merged
once more, and since merging is a join that changes nothing which was in the rows already.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, Self

import orjson

from ioc.cases.contribution import Share
from ioc.cases.counts import Place, places_of
from ioc.cases.model import Case, Finding, Kind, Update
from ioc.cases.packed import pack, unpack, unpack_updates
from ioc.cases.standing import Times
from ioc.deadline import Result
from ioc.state.ledger import Form, Ledger, Then, Trouble, Write
from ioc.telemetry import Telemetry

FORM = Form("ioc.cases", 0x494F4343, "ioc_cases_file")
""""IOCC" in ASCII"""
CHUNK = 5_000

_UPSERT = """
INSERT INTO cases (key, live, unit, procedure, officer, channel, stage, received, due, soon, overdue, stuck, paused,
                   closed, result, body, private)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    live = excluded.live, unit = excluded.unit, procedure = excluded.procedure, officer = excluded.officer,
    channel = excluded.channel, stage = excluded.stage, received = excluded.received, due = excluded.due,
    soon = excluded.soon, overdue = excluded.overdue, stuck = excluded.stuck, paused = excluded.paused,
    closed = excluded.closed, result = excluded.result, body = excluded.body,
    private = coalesce(excluded.private, private)
"""
_ADD = """
INSERT INTO sums (kind, axis, value, day, name, n) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, axis, value, day, name) DO UPDATE SET n = n + excluded.n
"""
_SUMMED = "SELECT kind, axis, value, day, name, n FROM sums WHERE day >= ?"
_FOUND = "INSERT OR IGNORE INTO findings (key, fault, source, value, at) VALUES (?, ?, ?, ?, ?)"

SumKey = tuple[Place, int, str]


class Row(NamedTuple):
    """A case as its row has it, with what is counted and shown of it; `private` is (applicant, subject)."""

    case: Case
    live: bool
    times: Times
    closed: float | None
    result: Result
    private: tuple[str, str] | None


class CaseFile:
    """The file of cases. Made by `open`; belongs to one event loop. Reading blocks."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._reader = sqlite3.connect(ledger.path, isolation_level=None, check_same_thread=False)
        self._reader.execute("PRAGMA query_only=1")
        self.logged: int = self._one("SELECT coalesce(max(n), 0) FROM log")

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        telemetry: Telemetry,
        synchronous: str = "FULL",
        on_trouble: Trouble | None = None,
    ) -> Self:
        """Open or make the file and take it for this process alone; raises StateUnusable."""
        form = {"telemetry": telemetry, "synchronous": synchronous, "on_trouble": on_trouble, "form": FORM}
        return cls(Ledger.open(Path(path), **form))  # type: ignore[arg-type]

    async def close(self) -> None:
        """Commit what waits and let go of the file."""
        self._reader.close()
        await self.ledger.close()

    # --- writing ---

    def log(
        self,
        updates: bytes | None,
        findings: Iterable[Finding],
        cursor: tuple[str, str] | None,
        at: float,
        then: Then,
    ) -> None:
        """Keep updates (packed), what is wrong with them, and where their source stands: all of it or nothing."""
        writes = [Write(_FOUND, (*map(str, finding), at)) for finding in findings]
        if updates is not None:
            self.logged += 1
            writes.append(Write("INSERT INTO log (n, body) VALUES (?, ?)", (self.logged, updates)))
        if cursor is not None:
            writes.append(Write("INSERT OR REPLACE INTO cursors (source, body) VALUES (?, ?)", cursor))
        self.ledger.write(writes, then)

    def fold(self, rows: Sequence[Row], sums: Mapping[SumKey, int], then: Then) -> None:
        """Write rows, and what they changed of the daily sums, as one."""
        writes = [Write(_UPSERT, _columns(row)) for row in rows]
        self.ledger.write([*writes, *_added(sums)], then)

    def folded(self, logged: int, terms: str, then: Then) -> None:
        """Let go of the log up to one of its numbers: all of it is in the rows, by these terms."""
        writes = [
            Write("INSERT OR REPLACE INTO facts (name, value) VALUES ('terms', ?)", (terms,)),
            Write("DELETE FROM log WHERE n <= ?", (logged,)),
            Write("DELETE FROM sums WHERE n = 0"),
        ]
        self.ledger.write(writes, then)

    def set_sums(self, sums: Mapping[SumKey, int], then: Then) -> None:
        """Put all sums anew."""
        self.ledger.write([Write("DELETE FROM sums"), *_added(sums)], then)

    def forget(self, before: float, then: Then) -> None:
        """Drop applicants and subjects of what was over before a moment."""
        sql = "UPDATE cases SET private = NULL WHERE private IS NOT NULL AND closed < ?"
        self.ledger.write([Write(sql, (before,))], then)

    # --- reading ---

    def find(self, keys: Sequence[str]) -> dict[str, Case]:
        """The cases of these keys that have a row."""
        sql = "SELECT key, body FROM cases WHERE key IN (SELECT value FROM json_each(?))"
        rows = self._reader.execute(sql, (orjson.dumps(list(keys)).decode(),))
        return {key: unpack(key, body) for key, body in rows}

    def live(self) -> Iterator[tuple[Any, ...]]:
        """Every case that is not over: what stands before its Times in the row, and these."""
        sql = """SELECT key, body, unit, procedure, officer, channel, stage, received, due, soon, overdue, stuck, paused
                 FROM cases INDEXED BY cases_live WHERE live = 1"""
        yield from self._all(sql)

    def cases(self) -> Iterator[Case]:
        """Every case."""
        for key, body in self._all("SELECT key, body FROM cases"):
            yield unpack(key, body)

    def summed(self, first: date) -> Iterator[tuple[Place, int, str, int]]:
        """Sums of the days from one on: place, day (its ordinal), name, sum."""
        for kind, axis, value, day, name, n in self._all(_SUMMED, (first.toordinal(),)):
            yield Place(Kind(kind), axis, value), day, name, n

    def waiting(self) -> Iterator[list[Update]]:
        """The log, oldest first."""
        for (body,) in self._all("SELECT body FROM log ORDER BY n"):
            yield unpack_updates(body)

    def cursor(self, source: str) -> str | None:
        """Where a source stood at the last batch that was answered."""
        rows = self._reader.execute("SELECT body FROM cursors WHERE source = ?", (source,)).fetchall()
        return rows[0][0] if rows else None

    def terms(self) -> str | None:
        """The terms that the sums were counted by."""
        rows = self._reader.execute("SELECT value FROM facts WHERE name = 'terms'").fetchall()
        return rows[0][0] if rows else None

    def _one(self, sql: str) -> int:
        found: int = self._reader.execute(sql).fetchone()[0]
        return found

    def _all(self, sql: str, params: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        found = self._reader.execute(sql, params)
        while rows := found.fetchmany(CHUNK):
            yield from rows


def sums_of(shares: Iterable[tuple[Share, int]]) -> Counter[SumKey]:
    """What shares, each so many times, add to the daily sums; of units to their own alone."""
    sums: Counter[SumKey] = Counter()
    for share, n in shares:
        for place in places_of(share._replace(units=share.units[:1])):
            for name in share.names:
                sums[place, share.day, name] += n
    return sums


def _added(sums: Mapping[SumKey, int]) -> list[Write]:
    return [Write(_ADD, (*map(str, place), day, name, n)) for (place, day, name), n in sums.items() if n]


def _columns(row: Row) -> tuple[Any, ...]:
    case, record, times = row.case, row.case.record, row.times
    private = None if row.private is None else orjson.dumps(row.private).decode()
    return (
        *(case.key, int(row.live), case.unit),
        *((record.procedure, case.officer, record.channel) if record else ("", case.officer, "")),
        *(str(case.latest.stage), record.received if record else None),
        *(times.due, times.soon, times.overdue, times.stuck, int(times.paused)),
        *(row.closed, str(row.result), pack(case), private),
    )
