"""The ledger: order, atomicity, refusal of one call, trouble with the disk, closing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ioc.errors import NotCommitted
from ioc.state import ledger as module
from ioc.state.ledger import Ledger, Write
from ioc.telemetry import Telemetry

PUT = "INSERT INTO states (subject, state, since, reason) VALUES (?, 'up', 1.0, 'answered')"


def put(subject: str) -> Write:
    return Write(PUT, (subject,))


@pytest.fixture
async def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
async def ledger(tmp_path: Path, telemetry: Telemetry) -> AsyncIterator[Ledger]:
    ledger = Ledger.open(tmp_path / "state.db", telemetry=telemetry)
    yield ledger
    await ledger.close()


def subjects(ledger: Ledger) -> list[str]:
    return [row[0] for row in ledger.read("SELECT subject FROM states ORDER BY subject")]


async def test_a_committed_call_can_be_read(ledger: Ledger) -> None:
    assert await ledger.commit(put("a"), put("b")) == 1
    assert subjects(ledger) == ["a", "b"]


async def test_calls_keep_their_order(ledger: Ledger) -> None:
    await ledger.commit(put("a"))
    steps = [Write("UPDATE states SET detail = detail || ?", (chr(97 + n),)) for n in range(26)]
    numbers = await asyncio.gather(*(ledger.commit(step) for step in steps))
    assert numbers == list(range(2, 28))
    assert ledger.read("SELECT detail FROM states") == [("abcdefghijklmnopqrstuvwxyz",)]


async def test_what_waits_is_one_transaction(ledger: Ledger, telemetry: Telemetry) -> None:
    await asyncio.gather(*(ledger.commit(put(str(n))) for n in range(500)))
    assert telemetry.count("ioc_ledger_commits") == 500
    assert telemetry.count("ioc_ledger_transactions") < 50


async def test_a_refused_call_fails_alone_and_leaves_nothing(ledger: Ledger, telemetry: Telemetry) -> None:
    good = ledger.commit(put("a"))
    bad = ledger.commit(put("b"), put("a"))
    after = ledger.commit(put("c"))
    await asyncio.gather(good, after)
    with pytest.raises(
        NotCommitted, match="UNIQUE constraint failed: states.subject, in: INSERT INTO states"
    ):
        await bad
    assert subjects(ledger) == ["a", "c"]
    assert telemetry.count("ioc_ledger_refused") == 1


@pytest.mark.parametrize(
    "write",
    [
        Write("INSERT INTO nowhere VALUES (1)"),
        Write("INSERT gibberish"),
        Write(PUT, ()),
        Write(PUT, (object(),)),
        Write(PUT, (2**70,)),
        Write(PUT, ("\ud800",)),
        Write("INSERT INTO states (subject, state, since, reason) VALUES ('x', 'up', 'soon', '')"),
    ],
)
async def test_a_wrong_statement_is_that_calls_own_fault(ledger: Ledger, write: Write) -> None:
    with pytest.raises(NotCommitted):
        await ledger.commit(put("a"), write)
    await ledger.commit(put("z"))
    assert subjects(ledger) == ["z"]


async def test_a_file_that_was_moved_away_is_not_written_to(ledger: Ledger, telemetry: Telemetry) -> None:
    told: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
    ledger.on_trouble = lambda ok, detail: told.put_nowait((ok, detail))
    await ledger.commit(put("a"))
    away = ledger.path.with_suffix(".away")
    ledger.path.rename(away)
    waiting = ledger.commit(put("b"))
    async with asyncio.timeout(10):
        assert await told.get() == (
            False,
            f"{ledger.path}: was moved, deleted or replaced; put it back, or restart",
        )
        assert not waiting.done()
        away.rename(ledger.path)
        await waiting
        assert await told.get() == (True, "")
    assert subjects(ledger) == ["a", "b"]


async def test_a_cancelled_future_does_not_take_the_write_back(ledger: Ledger) -> None:
    future = ledger.commit(put("a"))
    future.cancel()
    await ledger.drained()
    assert subjects(ledger) == ["a"]


async def test_closing_commits_what_waits(tmp_path: Path, telemetry: Telemetry) -> None:
    ledger = Ledger.open(tmp_path / "state.db", telemetry=telemetry)
    futures = [ledger.commit(put(str(n))) for n in range(100)]
    await ledger.close()
    assert [future.result() for future in futures] == list(range(1, 101))
    with pytest.raises(NotCommitted, match="closed"):
        await ledger.commit(put("late"))
    await ledger.close()


async def test_too_many_waiting_is_refused_and_counted(
    ledger: Ledger, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM", 3)
    futures = [ledger.commit(put(str(n))) for n in range(5)]
    done = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(each) for each in done] == [int, int, int, NotCommitted, NotCommitted]
    assert telemetry.count("ioc_ledger_refused") == 2


async def test_a_full_disk_keeps_the_writes_and_their_order(ledger: Ledger, telemetry: Telemetry) -> None:
    """`max_page_count` gives the very error of a full disk."""
    told: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
    ledger.on_trouble = lambda ok, detail: told.put_nowait((ok, detail))
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count={pages}")
    big = [ledger.commit(Write(PUT, (f"{n}" + "x" * 4000,))) for n in range(20)]
    ok, detail = await told.get()
    assert not ok
    assert "database or disk is full" in detail
    small = ledger.commit(Write("DELETE FROM states WHERE subject LIKE '1%'"))
    assert not any(future.done() for future in big)
    ledger._db.execute("PRAGMA max_page_count=10000")
    await asyncio.gather(*big, small)
    assert await told.get() == (True, "")
    assert told.empty()
    assert [subject[0] for subject in subjects(ledger)] == list("023456789")
    assert telemetry.count("ioc_ledger_retries") >= 1


async def test_closing_gives_up_on_a_disk_that_stays_full(tmp_path: Path, telemetry: Telemetry) -> None:
    ledger = Ledger.open(tmp_path / "state.db", telemetry=telemetry)
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count={pages}")
    future = ledger.commit(Write(PUT, ("x" * 100_000,)))
    await ledger.close()
    with pytest.raises(NotCommitted, match="closed while the disk refused: .*full"):
        await future


class Failing:
    """A connection whose first statements fail as a dying disk's do, ROLLBACK included."""

    def __init__(self, db: sqlite3.Connection, failures: dict[str, int]) -> None:
        self._db = db
        self._failures = failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, sql: str, params: tuple[Any, ...] = ()) -> Any:
        if self._failures.get(sql):
            self._failures[sql] -= 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return self._db.execute(sql, params)


@pytest.mark.parametrize(
    "failures", [{"COMMIT": 2}, {"BEGIN IMMEDIATE": 2}, {"COMMIT": 1, "ROLLBACK": 1}, {PUT: 1}]
)
async def test_a_failing_disk_is_tried_again(
    ledger: Ledger, failures: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_FIRST", 0.001)
    ledger._db = Failing(ledger._db, failures)  # type: ignore[assignment]
    told: list[bool] = []
    ledger.on_trouble = lambda ok, detail: told.append(ok)
    first, second = ledger.commit(put("a")), ledger.commit(put("b"))
    assert (await first, await second) == (1, 2)
    await ledger.drained()
    assert subjects(ledger) == ["a", "b"]
    assert told == [False, True]


async def test_another_writer_only_delays(ledger: Ledger) -> None:
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    future = ledger.commit(put("a"))
    other.execute("ROLLBACK")
    other.close()
    await future
    assert subjects(ledger) == ["a"]


async def test_the_reader_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        ledger.read("DELETE FROM states")


async def test_what_follows_a_commit_may_fail_without_costing_the_others_of_its_group(tmp_path: Path) -> None:
    told: list[int] = []
    said: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, what: said.append(str(what["exception"])))
    ledger = Ledger.open(tmp_path / "state.db", telemetry=Telemetry())

    def fails(place: int, fault: NotCommitted | None) -> None:
        raise RuntimeError("a bug")

    ledger.write([], fails)
    ledger.write([], lambda place, fault: told.append(place))
    await ledger.drained()
    await ledger.close()
    assert told == [2]
    assert said == ["a bug"]
