"""What must survive a crash: one SQLite file, written by one thread, committed in groups.

The event loop never waits for the disk: `commit` queues and gives a future. The thread takes everything that
waits and makes it one transaction, so that a burst costs one fsync; a savepoint a call lets a refused call fail
alone. A disk that is full or failing costs nothing but time: the same calls are tried again, in their order.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

from ioc.errors import NotCommitted, StateUnusable
from ioc.state.files import inode, sync_directory
from ioc.state.lock import Lock
from ioc.state.schema import OURS, migrate, scripts
from ioc.telemetry import Telemetry

Trouble = Callable[[bool, str], None]


@dataclass(frozen=True, slots=True)
class Form:
    """What sort of file it is: the package of its migrations, its `application_id`, and what its counts begin with."""

    package: str
    mark: int
    counts: str


STATE = Form("ioc.state", OURS, "ioc_ledger")

SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
ROOM = 100_000
GROUP = 1_000
RETRY_FIRST, RETRY_MOST = 0.05, 1.0

_DISK = frozenset(
    {
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""primary error codes that blame the disk or the file; every other one blames the call"""


@dataclass(frozen=True, slots=True)
class Write:
    """One SQL statement and its parameters."""

    sql: str
    params: tuple[Any, ...] = ()


Then = Callable[[int, NotCommitted | None], None]
"""told of a call's place in the order, and of why it was refused"""


@dataclass(frozen=True, slots=True)
class _Call:
    number: int
    writes: tuple[Write, ...]
    then: Then


class _DiskTrouble(Exception):
    """The transaction failed for a reason that may pass."""


_Outcome = tuple[_Call, NotCommitted | None]


class Ledger:
    """The state file. Made by `open`; `commit`, `drained` and `close` belong to one event loop.

    `on_trouble(ok, detail)` is called on that loop, once for each change between writable and not.
    """

    def __init__(
        self,
        path: Path,
        lock: Lock,
        synchronous: str,
        telemetry: Telemetry,
        on_trouble: Trouble | None,
        form: Form,
    ) -> None:
        self.path = path
        self.on_trouble = on_trouble
        self._lock = lock
        self._db = _connect(path, synchronous)
        try:
            migrate(self._db, str(path), scripts(form.package), form.mark)
            self._reader = _connect(path, synchronous)
            self._reader.execute("PRAGMA query_only=1")
        except BaseException:
            self._db.close()
            raise
        sync_directory(path.parent)
        self._inode = inode(path)
        self._queue: SimpleQueue[_Call | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._number = 0
        self._waiting = 0
        self._ok = True
        self._closing = threading.Event()
        self._quiet: list[asyncio.Future[None]] = []
        self._count(telemetry, form.counts)
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        telemetry: Telemetry,
        synchronous: str = "FULL",
        on_trouble: Trouble | None = None,
        form: Form = STATE,
    ) -> Self:
        """Open or make the state file, bring its schema up to date and take it for this process alone.

        `synchronous` is SQLite's; only FULL and EXTRA survive a power cut. Raises StateUnusable.
        """
        where = Path(path)
        if synchronous not in SYNCHRONOUS:
            raise StateUnusable(f"synchronous={synchronous!r}: not one of {', '.join(SYNCHRONOUS)}")
        if where.is_dir():
            raise StateUnusable(f"{where}: is a directory; name a file in it, such as {where / 'state.db'}")
        lock = Lock(where)
        try:
            return cls(where, lock, synchronous, telemetry, on_trouble, form)
        except sqlite3.Error as error:
            lock.close()
            raise StateUnusable(_unusable(where, error)) from error
        except BaseException:
            lock.close()
            raise

    @property
    def waiting(self) -> int:
        """Calls not committed yet."""
        return self._waiting

    def commit(self, *writes: Write) -> asyncio.Future[int]:
        """Write all or nothing, after everything committed before; the result is this call's place in the order.

        The future fails with NotCommitted when the call is refused (a constraint, a wrong statement) or too many
        wait. Cancelling it does not take the write back.
        """
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.write(writes, settling(future))
        return future

    def write(self, writes: Sequence[Write], then: Then) -> None:
        """As `commit`, but `then` is called in the very step that learns of it, a turn of the loop earlier."""
        self._loop = asyncio.get_running_loop()
        if self._closing.is_set() or self._waiting >= ROOM:
            self._refused.n += 1
            why = "the ledger is closed" if self._closing.is_set() else f"{ROOM} writes wait for the disk"
            self._loop.call_soon(then, 0, NotCommitted(why))
            return
        self._number += 1
        self._waiting += 1
        self._queue.put(_Call(self._number, tuple(writes), then))

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query over what is committed; blocks: for start-up and small questions."""
        return self._reader.execute(sql, params).fetchall()

    async def drained(self) -> None:
        """Return when nothing waits any more."""
        while self._waiting:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._quiet.append(future)
            await future

    async def close(self) -> None:
        """Commit what waits and let go of the file; what a failing disk still refuses fails with NotCommitted."""
        if not self._closing.is_set():
            self._loop = asyncio.get_running_loop()
            self._closing.set()
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            await self.drained()
            self._reader.close()
            self._db.close()
            self._lock.close()

    # --- the writer thread ---

    def _run(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._take()
            if batch:
                self._tell(self._settle, self._persist(batch))

    def _take(self) -> tuple[list[_Call], bool]:
        """Everything that waits, at least one; True when it was the last."""
        batch: list[_Call] = []
        try:
            call = self._queue.get()
            while call is not None:
                batch.append(call)
                if len(batch) == GROUP:
                    return batch, False
                call = self._queue.get_nowait()
        except Empty:
            return batch, False
        return batch, True

    def _persist(self, batch: Sequence[_Call]) -> list[_Outcome]:
        """Commit a batch, however long the disk needs; only closing gives up on it."""
        wait = RETRY_FIRST
        while True:
            try:
                outcomes = self._transaction(batch)
            except _DiskTrouble as error:
                self._retries.n += 1
                self._tell(self._judge, False, str(error))
                if self._closing.wait(wait):
                    return self._last_try(batch)
                wait = min(2 * wait, RETRY_MOST)
            else:
                self._transactions.n += 1
                self._tell(self._judge, True, "")
                return outcomes

    def _last_try(self, batch: Sequence[_Call]) -> list[_Outcome]:
        try:
            return self._transaction(batch)
        except _DiskTrouble as error:
            return [(call, NotCommitted(f"closed while the disk refused: {error}")) for call in batch]

    def _transaction(self, batch: Sequence[_Call]) -> list[_Outcome]:
        db = self._db
        if inode(self.path) != self._inode:  # what is written there, no restart would find
            raise _DiskTrouble(f"{self.path}: was moved, deleted or replaced; put it back, or restart")
        try:
            db.execute("BEGIN IMMEDIATE")
            outcomes = [(call, self._apply(call, len(batch) == 1)) for call in batch]
            if db.in_transaction:
                db.execute("COMMIT")
        except Exception as error:  # whatever it is, it is said and tried again: this thread must not end
            if db.in_transaction:
                with suppress(sqlite3.Error):  # the next attempt rolls back what this one could not
                    db.execute("ROLLBACK")
            raise _DiskTrouble(f"{self.path}: {error}") from error
        return outcomes

    def _apply(self, call: _Call, alone: bool) -> NotCommitted | None:
        """Run one call's statements; its own fault is returned, the disk's is raised.

        One that is alone needs no savepoint: each statement more is a wait for the interpreter beside a busy loop.
        """
        db = self._db
        if not alone:
            db.execute("SAVEPOINT call")
        fault = None
        try:
            for write in call.writes:
                db.execute(write.sql, write.params)
        except Exception as error:
            if _blames_disk(error) or not db.in_transaction:
                raise
            fault = NotCommitted(f"{error}, in: {write.sql}")
            db.execute("ROLLBACK" if alone else "ROLLBACK TO call")
        if not alone:
            db.execute("RELEASE call")
        return fault

    def _tell(self, function: Callable[..., None], *args: object) -> None:
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(function, *args)
            except RuntimeError:  # the loop closed without closing us: nobody is left to be told
                self._closing.set()

    # --- back on the event loop ---

    def _settle(self, outcomes: Sequence[_Outcome]) -> None:
        self._waiting -= len(outcomes)
        for call, fault in outcomes:
            if fault is not None:
                self._refused.n += 1
            else:
                self._commits.n += 1
            self._tell_caller(call, fault)
        if not self._waiting:
            quiet, self._quiet = self._quiet, []
            for future in quiet:
                if not future.done():
                    future.set_result(None)

    def _tell_caller(self, call: _Call, fault: NotCommitted | None) -> None:
        """What a caller raises is its own: the others of its group are told all the same."""
        try:
            call.then(call.number, fault)
        except Exception as error:  # noqa: BLE001 -- see above
            what = {"message": "what follows a commit failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(what)

    def _judge(self, ok: bool, detail: str) -> None:
        if ok is not self._ok:
            self._ok = ok
            if self.on_trouble is not None:
                self.on_trouble(ok, detail)

    def _count(self, telemetry: Telemetry, name: str) -> None:
        self._commits = telemetry.tally(f"{name}_commits", "Calls committed to the state file")
        self._transactions = telemetry.tally(f"{name}_transactions", "Groups of calls, one fsync each")
        self._refused = telemetry.tally(
            f"{name}_refused", "Calls refused by the state file or for want of room"
        )
        self._retries = telemetry.tally(f"{name}_retries", "Transactions the disk did not take")
        telemetry.gauge(f"{name}_waiting", "Calls not committed yet", lambda: self._waiting)
        telemetry.gauge(f"{name}_ok", "1 while the state file takes writes", lambda: self._ok)


def settling(future: asyncio.Future[int]) -> Then:
    """What gives a future the place in the order, or the refusal."""

    def settle(number: int, fault: NotCommitted | None) -> None:
        if future.done():
            return
        if fault is not None:
            future.set_exception(fault)
        else:
            future.set_result(number)

    return settle


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={synchronous}")
        db.execute("PRAGMA foreign_keys=1")
    except BaseException:
        db.close()
        raise
    return db


def _blames_disk(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DISK


def _unusable(path: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return f"{path}: not an SQLite database; name another state file"
    if code == sqlite3.SQLITE_CORRUPT:
        return f"{path}: damaged ({error}); restore a backup, or move it away to start afresh"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"{path}: {error}; this user must be able to write the file and its directory"
    return f"{path}: cannot be opened: {error}"
