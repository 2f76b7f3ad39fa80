"""The embedded store and its file: what it refuses, what it survives, what it gives up and when."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import struct
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ioc.errors import StoreError
from ioc.store import sqlite as module
from ioc.store import sqlite_names, sqlite_retention, sqlite_rollups
from ioc.store.base import Query
from ioc.store.buckets import DAY, HOUR
from ioc.store.sqlite import Sqlite
from ioc.store.sqlite_reading import Reading
from ioc.store.sqlite_retention import Retention
from ioc.store.sqlite_schema import VERSION, connect
from tests.fakes import HandClock

AT = 1_699_999_200
E1 = {"endpoint": "e1"}


class Place:
    """A store, its file and its clock."""

    def __init__(self, folder: Path, keep: Retention | None = None) -> None:
        self.file = folder / "state" / "history.db"
        self.clock = HandClock(float(AT))
        self.keep = keep
        self.store = self.open()

    def open(self) -> Sqlite:
        return Sqlite(self.file, self.clock, self.keep)

    async def again(self) -> None:
        await self.store.close()
        self.store = self.open()

    async def values(self, start: float = AT - 600, stop: float = AT, points: int = 1_200) -> list[float]:
        found = await self.store.read(Query("m", "v", E1, start, stop, points))
        return [each.last for each in found.buckets]

    def ask(self, sql: str) -> int:
        db = sqlite3.connect(self.file)
        try:
            found: int = db.execute(sql).fetchone()[0]
            return found
        finally:
            db.close()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.store.close()


def line(at: float, value: float = 1.0, endpoint: str = "e1") -> str:
    return f"m,endpoint={endpoint} v={value!r} {round(at * 1e6)}"


# --- the file ---


async def test_building_opens_nothing_and_the_first_write_makes_the_file(place: Place) -> None:
    assert not place.file.parent.exists()
    assert await place.store.write([line(AT - 5, 2.0)]) == 0
    assert await place.values() == [2.0]


async def test_reading_first_is_an_empty_answer(place: Place) -> None:
    assert await place.values() == []
    assert await place.store.held("m", {}, 9) == []


async def test_what_was_written_is_there_after_a_restart(place: Place) -> None:
    await place.store.write([line(AT - 9, 2.0)])
    await place.again()
    await place.store.write([line(AT - 8, 3.0), line(AT - 9, 4.0)])
    assert await place.values() == [4.0, 3.0]
    assert place.ask("SELECT count(*) FROM series") == 1


async def test_closing_twice_is_closing_once(place: Place) -> None:
    await place.store.write([line(AT - 9)])
    await place.store.close()
    await place.store.close()
    for call in (place.store.write([line(AT)]), place.values()):
        with pytest.raises(StoreError, match="closed, the service is stopping"):
            await call


def _text(file: Path) -> None:
    file.write_text("this is not a database\n" * 100)


def _of_others(file: Path) -> None:
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE theirs (x)")
    db.close()


def _newer(file: Path) -> None:
    connect(file).close()
    db = sqlite3.connect(file)
    db.execute(f"PRAGMA user_version={VERSION + 1}")
    db.close()


def _folder(file: Path) -> None:
    file.mkdir()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_text, "not an SQLite database; name another file, or move it away"),
        (_of_others, "a database of another program; name another file"),
        (
            _newer,
            f"written by a newer release (schema {VERSION + 1}, this one knows {VERSION}); install that",
        ),
        (_folder, "unable to open database file; this user must be able to write the file and its directory"),
    ],
)
async def test_a_file_that_cannot_be_used_is_said_and_left_alone(
    place: Place, make: Callable[[Path], None], sentence: str
) -> None:
    place.file.parent.mkdir()
    make(place.file)
    before = place.file.read_bytes() if place.file.is_file() else b""
    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            await place.store.write([line(AT)])
        assert str(caught.value).startswith(f"{place.file}: {sentence}")
        assert caught.value.permanent
        with pytest.raises(StoreError, match="history.db"):
            await place.values()
    assert (place.file.read_bytes() if place.file.is_file() else b"") == before


async def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    place = Place(tmp_path)
    with pytest.raises(StoreError, match="state/history.db: File exists; name a file this user may write to"):
        await place.store.write([line(AT)])
    await place.store.close()


async def test_once_the_fault_is_mended_writing_goes_on(place: Place) -> None:
    place.file.parent.mkdir()
    _text(place.file)
    with pytest.raises(StoreError):
        await place.store.write([line(AT - 1)])
    place.file.unlink()
    assert await place.store.write([line(AT - 1, 5.0)]) == 0
    assert await place.values() == [5.0]


async def test_a_file_that_was_moved_away_is_begun_anew(place: Place) -> None:
    await place.store.write([line(AT - 9, 1.0)])
    assert await place.values() == [1.0]
    place.file.rename(place.file.with_name("old.db"))
    await place.store.write([line(AT - 8, 2.0)])
    assert await place.values() == [2.0]


async def test_a_full_disk_is_said_and_may_pass_and_nothing_is_half_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own bound on the number of pages answers as a full disk does: SQLITE_FULL."""

    def small(path: Path) -> sqlite3.Connection:
        db = connect(path)
        db.execute("PRAGMA max_page_count=24")
        return db

    await place.store.write([line(AT - 9, 7.0)])
    await place.again()
    monkeypatch.setattr(module, "connect", small)
    many = [line(AT - 600 + n / 10, 1.0, f"e{n}") for n in range(3000)]
    with pytest.raises(
        StoreError, match="the disk is full; make room, or keep history for a shorter time"
    ) as caught:
        await place.store.write(many)
    assert not caught.value.permanent
    assert await place.values() == [7.0]
    monkeypatch.undo()
    assert await place.store.write(many) == 0
    assert place.ask("SELECT count(*) FROM raw") == 3001
    assert place.ask("SELECT count(*) FROM series") == 3000


async def test_two_writers_that_meet_wait_for_each_other(place: Place) -> None:
    other = place.open()
    await asyncio.gather(
        *(place.store.write([line(AT - n, 1.0, f"a{n}")]) for n in range(9)),
        *(other.write([line(AT - n, 1.0, f"b{n}")]) for n in range(9)),
    )
    await other.close()
    assert place.ask("SELECT count(*) FROM raw") == 18


KILLED = """
import asyncio, sys
from pathlib import Path
from ioc.store.sqlite import Sqlite
from tests.fakes import HandClock

async def main():
    store = Sqlite(Path(sys.argv[1]), HandClock({at}.0))
    for n in range(1_000_000):
        await store.write([f"m,endpoint=e{{n % 50}} v={{n}}.0 {{({at} - 500 + n % 400) * 1_000_000 + n}}"])
        print(n, flush=True)

asyncio.run(main())
"""


def _write_until_killed(file: Path, lines: int) -> int:
    """How many lines a process of its own was told were taken."""
    command = [sys.executable, "-c", KILLED.format(at=AT), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}) as writer:
        assert writer.stdout is not None
        for _ in range(lines):
            writer.stdout.readline()
        writer.kill()
        return lines + len(writer.stdout.read().split())


@pytest.mark.parametrize("lines", [1, 40, 150])
async def test_what_was_taken_survives_kill_9(place: Place, lines: int) -> None:
    taken = _write_until_killed(place.file, lines)
    assert place.ask("SELECT count(*) FROM raw") in (taken, taken + 1)
    await place.store.write([line(AT - 1, 9.0)])
    assert place.ask("SELECT count(*) FROM series") == place.ask("SELECT count(DISTINCT series) FROM raw")


# --- what is refused, and why ---


async def test_a_refusal_says_what_and_why(place: Place) -> None:
    await place.store.write([line(AT)])
    for bad, why in [
        (
            "m v=1i 1700000000000000",
            "field type conflict: field 'v' on measurement 'm' is type integer, already",
        ),
        ("m v=1.0", "'m v=1.0': a line without a timestamp cannot be told from its repetition"),
        ("m v=1.0 5", "'m v=1.0 5': older than what is written is kept, see history.embedded.raw"),
        ("m v=x 1", "field 'v' has no value that can be held"),
    ]:
        assert await place.store.write([bad, line(AT)]) == 1
        assert place.store.last_refusal.startswith(why)


async def test_too_many_series_or_fields_cost_only_the_new_ones(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_names, "SERIES", 3)
    assert await place.store.write([line(AT - 9, 1.0, f"e{n}") for n in range(5)]) == 2
    assert "this file holds 3 and takes no more" in place.store.last_refusal
    await place.again()
    assert await place.store.write([line(AT - 8, 1.0, f"e{n}") for n in range(5)]) == 2
    monkeypatch.setattr(sqlite_names, "FIELDS", 2)
    new = [f"m,endpoint=e1 f{n}=1.0 {AT * 1_000_000}" for n in range(3)]
    assert await place.store.write([*new, line(AT)]) == 2
    assert "knows 2 fields and takes no more" in place.store.last_refusal


async def test_whole_numbers_of_any_size_are_kept(place: Place) -> None:
    whole = ["9223372036854775807i", "-9223372036854775808i", "18446744073709551615u"]
    rows = [f"n,endpoint=e1 i={each} {(AT - n - 1) * 1_000_000}" for n, each in enumerate(whole)]
    assert await place.store.write(rows) == 0
    found = await place.store.read(Query("n", "i", E1, AT - 10, AT, 600))
    assert [each.last for each in found.buckets] == [2.0**64, -(2.0**63), 2.0**63]
    assert (await place.store.held("n", {}, 9))[0].last == 9223372036854775807


# --- retention ---


async def test_each_tier_expires_in_its_time(tmp_path: Path) -> None:
    place = Place(tmp_path, Retention(DAY, 2 * DAY, 60 * DAY))
    for first in range(0, 70 * 24, 12):
        place.clock.at = AT + (first + 11) * HOUR + 120.0
        await place.store.write([line(AT + hour * HOUR + 60) for hour in range(first, first + 12)])
    now = place.clock.at
    assert abs(place.ask("SELECT count(*) FROM raw") - 24) <= 1
    assert abs(place.ask("SELECT count(*) FROM minutes") - 48) <= 12  # the last twelve hours came at once
    assert (
        60 * 24 <= place.ask("SELECT count(*) FROM hours") <= 91 * 24
    )  # a slot of thirty days goes as a whole
    year = await place.store.read(Query("m", "v", E1, now - 60 * DAY, now, 2000))
    assert (year.step, sum(each.count for each in year.buckets)) == (3600, 60 * 24 + 1)
    await place.store.close()


async def test_expiry_takes_small_steps(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.store.sqlite_writing.LEAST_EXPIRED", 10)
    await place.store.write([line(AT - n) for n in range(100)])
    place.clock.at += 8 * DAY
    left = []
    for n in range(14):
        await place.store.write([line(place.clock.at - n)])
        left.append(place.ask("SELECT count(*) FROM raw"))
    assert left[:9] == [100 + n + 1 - 10 * (n + 1) for n in range(9)]
    assert left[-1] == 14


async def test_a_line_that_comes_when_its_minute_has_expired_spoils_no_roll_up(place: Place) -> None:
    await place.store.write([line(AT - 60 - n, 4.0) for n in range(60)])
    place.clock.at += 8 * DAY
    await place.store.write([line(place.clock.at)])
    assert await place.store.write([line(AT - 90, 100.0)]) == 1
    place.clock.at = float(AT)  # a clock that was set back does not make what is gone whole again
    assert await place.store.write([line(AT - 90, 100.0)]) == 1
    place.clock.at += 8 * DAY
    found = await place.store.read(Query("m", "v", E1, AT - 120, AT, 10))
    assert [(each.count, each.most) for each in found.buckets] == [(59, 4.0), (1, 4.0)]


async def test_pages_are_used_again_and_a_file_with_much_room_gets_shorter(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_retention, "FREE_PAGES", 16)
    monkeypatch.setattr("ioc.store.sqlite_writing.LEAST_EXPIRED", 100_000)

    async def day(many: int) -> int:
        place.clock.at += DAY
        lines = [line(place.clock.at - n % 3000 - 1, n / 7, f"e{n // 3000}") for n in range(many)]
        await place.store.write(lines)
        return place.ask("PRAGMA page_count")

    sizes = [await day(3_000) for _ in range(14)]
    assert max(sizes[9:]) <= sizes[8] * 1.1
    less = [await day(30) for _ in range(12)]
    assert less[-1] < sizes[-1] / 2


async def test_retention_that_cannot_be_meant_is_refused() -> None:
    for keep in (
        (3600.0, 90.0 * DAY, 3650.0 * DAY),
        (7.0 * DAY, DAY, 3650.0 * DAY),
        (7.0 * DAY, 90.0 * DAY, DAY),
    ):
        with pytest.raises(ValueError, match="raw is kept a day at least, and each coarser tier no shorter"):
            Retention(*keep)


# --- roll-ups ---


async def test_a_great_backlog_is_folded_over_several_writes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_rollups, "MOST_ROWS", 100)
    await place.store.write([line(AT - n - 1, float(n % 8)) for n in range(3600)])
    marks = []
    for n in range(40):
        await place.store.write([line(AT - 1, 1.0, f"x{n}")])
        marks.append(place.ask("SELECT value FROM mark WHERE name = 'minutes'"))
        found = await place.store.read(Query("m", "v", E1, AT - 3600, AT, 60))
        assert [each.count for each in found.buckets] == [60] * 60  # whichever tier answers by now
    assert marks[0] < marks[9] < marks[-1] == AT // 60 - 1


async def test_a_line_of_the_future_is_kept_and_folded_when_its_time_comes(place: Place) -> None:
    await place.store.write([line(AT + 7200, 5.0), line(AT - 1, 1.0)])
    assert await place.values(AT - 10, AT + 2 * HOUR + 10, points=2000) == [1.0, 5.0]
    place.clock.at += 3 * HOUR
    await place.store.write([line(place.clock.at)])
    assert place.ask("SELECT count(*) FROM minutes") == 2
    assert await place.values(AT - 10, AT + 2 * HOUR + 10, points=130) == [1.0, 5.0]


async def test_a_clock_that_is_set_back_costs_nothing(place: Place) -> None:
    place.clock.ahead = 5 * HOUR
    await place.store.write([line(AT + 5 * HOUR - 1, 1.0)])
    place.clock.ahead = 0.0
    await place.store.write([line(AT - 100 + n, float(n)) for n in range(100)])
    place.clock.at += HOUR
    await place.store.write([line(AT + 1, 2.0), line(AT - 100, 0.0)])
    found = await place.store.read(Query("m", "v", E1, AT - 120, AT + 60, 4))
    assert [(each.count, each.last) for each in found.buckets] == [(40, 39.0), (60, 99.0), (1, 2.0)]


async def test_a_clock_that_was_weeks_ahead_refuses_nothing_once_it_is_right(place: Place) -> None:
    await place.store.write([line(AT - 30, 1.0)])
    place.clock.ahead = 30.0 * DAY
    await place.store.write([line(AT + 30 * DAY, 2.0)])
    place.clock.ahead = 0.0
    place.clock.at += 300
    assert await place.store.write([line(place.clock.at - 60, 3.0)]) == 0
    assert await place.values(stop=AT + 600) == [3.0]
    assert await place.store.write([line(AT - 31)]) == 1  # its minute is gone, and a roll-up would be spoiled


# --- questions ---


async def test_a_question_that_nobody_waits_for_is_given_up(place: Place) -> None:
    await place.store.write([line(AT - n / 100) for n in range(50_000)])
    running, given_up = threading.Event(), threading.Event()
    real = Reading.read

    def slow(self: Reading, query: Query, now: float, unwanted: Callable[[], bool]) -> object:
        def look() -> bool:
            running.set()
            if unwanted():
                given_up.set()
            return unwanted()

        while not given_up.is_set():
            try:
                real(self, query, now, look)
            except sqlite3.OperationalError:
                raise
        raise AssertionError

    Reading.read = slow  # type: ignore[assignment, method-assign]
    try:
        question = asyncio.create_task(place.values(points=2000))
        assert await asyncio.to_thread(running.wait, 20)
        question.cancel()
        assert await asyncio.to_thread(given_up.wait, 20)
    finally:
        Reading.read = real  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await question
    assert len(await place.values(points=2000)) == 500


async def test_too_many_questions_at_once_are_turned_away(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUESTIONS", 4)
    await place.store.write([line(AT - 9)])
    answers = await asyncio.gather(*(place.values() for _ in range(6)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, StoreError)]
    assert len(refused) == 2
    assert "4 questions wait already" in str(refused[0])
    assert await place.values() == [1.0]


async def test_reading_goes_on_while_a_write_is_under_way(place: Place) -> None:
    await place.store.write([line(AT - 9)])
    db = sqlite3.connect(place.file, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(place.store.write([line(AT - 8)]))
    assert await place.values() == [1.0]
    assert not writing.done()
    db.execute("COMMIT")
    db.close()
    assert await writing == 0


# --- a damaged file ---


@pytest.mark.parametrize("seed", range(12))
async def test_flipped_bytes_are_an_answer_or_a_store_error_and_nothing_else(place: Place, seed: int) -> None:
    head = "state,endpoint=e1"
    lines = [
        f'{head} code={n % 7}i,reason="x{n}",v={n / 3!r} {(AT - 7200 + n * 4) * 1_000_000}'
        for n in range(1800)
    ]
    await place.store.write([*lines, *(line(AT - 3600 + n, n / 7) for n in range(0, 3600, 7))])
    await place.store.close()
    chance, content = random.Random(seed), bytearray(place.file.read_bytes())
    for _ in range(1 + seed):
        content[chance.randrange(100, len(content))] ^= 1 << chance.randrange(8)
    place.file.write_bytes(content)
    store = place.open()
    said = []
    for measurement, field in (("m", "v"), ("state", "code"), ("state", "v")):
        for points in (1_800, 120, 4):
            query = Query(measurement, field, E1, AT - 7200, AT, points)
            said.append(await _told(store.read(query)))
    said += [await _told(store.held("state", {}, 100)), await _told(store.write([lines[5], line(AT - 1)]))]
    assert len(said) == 11
    await store.close()


@pytest.mark.parametrize(
    ("column", "damage"),
    [
        ("raw SET others", '{"1":5,"1r":3}'),
        ("raw SET others", "{"),
        ("raw SET numbers", b"\1"),
        ("minutes SET folds", struct.pack("<HI4d", 1, 0, 0.0, 0.0, 0.0, 0.0)),
    ],
)
async def test_a_damaged_row_is_told_by_writing_and_reading(
    place: Place, column: str, damage: str | bytes
) -> None:
    await place.store.write([f"m,endpoint=e1 v=7i {AT * 1_000_000}"])
    if "minutes" in column:
        place.clock.at += 3600
        await place.store.write([f"m,endpoint=e1 v=7i {(AT + 3500) * 1_000_000}"])
    db = sqlite3.connect(place.file)
    with db:
        db.execute(f"UPDATE {column} = ?", (damage,))
    db.close()
    place.clock.at += 3600
    said = [
        await _told(place.store.read(Query("m", "v", E1, AT - DAY, AT + 60, 100))),
        await _told(place.store.write([f"m,endpoint=e1 v=7i {AT * 1_000_000 + 1}"])),
    ]
    assert any("damaged (" in each and "restore a backup, or move it away" in each for each in said)


async def _told(answer: Awaitable[object]) -> str:
    try:
        return repr(await answer)
    except StoreError as error:
        return str(error)
