"""The book: durable before it answers, whole after a kill, right to the second, equal to a recount."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.cases import book as module
from ioc.cases.book import Book, Turned
from ioc.cases.file import CaseFile
from ioc.cases.model import Fault, Finding, Update
from ioc.cases.standing import PAST, Standing, Terms
from ioc.telemetry import Telemetry
from tests.book.making import BASE, DAY, TERMS, above, at, record, step, updates
from tests.fakes import HandClock

KEYS = [f"dossier/H44-261005-000{n}" for n in range(6)]
DUE = at("2026-10-08 17:00")


class House:
    """A book over a file, on a clock that stands, and what it published."""

    def __init__(self, folder: Path, now: float = BASE) -> None:
        self.path = folder / "cases.db"
        self.clock = HandClock(now)
        self.telemetry = Telemetry()
        self._shown: dict[str, Mapping[str, Mapping[str, int]]] = {}

    def open(self, terms: Terms = TERMS, mark: str = "1") -> Book:
        self.file = CaseFile.open(self.path, telemetry=self.telemetry, synchronous="OFF")
        self._shown = {}
        self.book = Book(self.file, terms, mark, above, self.clock, self.telemetry, self.publish)
        return self.book

    @property
    def shown(self) -> dict[str, Mapping[str, Mapping[str, int]]]:
        """What is published, without waiting for it."""
        self.book.flush()
        return self._shown

    def publish(self, key: str, value: Mapping[str, Mapping[str, int]] | None) -> None:
        self._shown.pop(key, None)
        if value is not None:
            self._shown[key] = value

    async def kill(self) -> None:
        """Let go of the file without writing rows: what a kill after the last answer leaves."""
        self.book.flush()
        await self.file.close()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        db = sqlite3.connect(self.path)
        found = db.execute(sql).fetchall()
        db.close()
        return found


@pytest.fixture
async def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_what_was_answered_is_there_after_a_kill(house: House) -> None:
    book = house.open()
    await book.apply(
        [record("2026-10-05 08:00", key=key, received=BASE, due=DUE) for key in KEYS], (), ("p", "7")
    )
    await book.apply([step("2026-10-05 09:00", "9", key=KEYS[0])])
    before = house.shown
    await house.kill()
    again = house.open()
    assert house.shown == before
    assert len(again) == 5
    assert house.file.cursor("p") == "7"
    assert await again.verify() == []
    assert house.rows("SELECT count(*) FROM log") == [(0,)]
    await again.close()


async def test_figures_of_a_unit_and_those_above_it_are_published(house: House) -> None:
    book = house.open()
    await book.apply([record("2026-10-05 08:00", key=KEYS[0], received=BASE, due=DUE)])
    assert house.shown["cases/dossier/xa-1"] == house.shown["cases/dossier/tinh"]
    assert house.shown["cases/dossier/tinh"]["now"]["standing/on_track"] == 1
    await book.apply([step("2026-10-05 09:00", "9", key=KEYS[0])])
    assert "now" not in house.shown["cases/dossier/tinh"]
    assert house.shown["cases/dossier/tinh"]["2026-10-05"]["resolved/early"] == 1
    await book.close()


async def test_a_case_is_overdue_at_its_moment_and_not_before(house: House) -> None:
    book = house.open()
    await book.apply([record("2026-10-05 08:00", key=KEYS[0], received=BASE, due=DUE)])
    house.clock.at = DUE
    book.turn()
    assert house.shown["cases/dossier/tinh"]["now"]["standing/soon"] == 1
    house.clock.at = DUE + PAST
    (turned,) = book.turn()
    assert (turned.key, turned.was.standing, turned.now.standing) == (
        KEYS[0],
        Standing.SOON,
        Standing.OVERDUE,
    )
    assert house.shown["cases/dossier/tinh"]["now"]["standing/overdue"] == 1
    assert await book.verify() == []
    await book.close()


async def test_the_running_book_tells_of_a_moment_by_itself(house: House) -> None:
    house.clock.at = DUE + PAST - 1e-4
    book = house.open()
    told: asyncio.Queue[Sequence[Turned]] = asyncio.Queue()
    running = asyncio.create_task(book.run(told.put_nowait))
    await asyncio.sleep(0)
    await book.apply([record("2026-10-05 08:00", key=KEYS[0], received=BASE, due=DUE)])
    house.clock.at = DUE + PAST
    async with asyncio.timeout(5):
        (turned,) = await told.get()
    assert turned.now.standing is Standing.OVERDUE
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await book.close()


async def test_repeats_change_nothing_and_what_is_over_is_found_in_the_file(house: House) -> None:
    book = house.open()
    reports: list[Update] = [
        record("2026-10-05 08:00", key=KEYS[0], received=BASE, due=DUE),
        step("2026-10-05 09:00", "9", key=KEYS[0]),
    ]
    await book.apply(reports)
    await book.fold()
    before = dict(house.shown)
    await book.apply(reports)
    assert house.shown == before
    await book.apply([step("2026-10-05 10:00", "4", key=KEYS[0])])
    assert len(book) == 1
    assert ("went_back", "9 → 4") in house.rows("SELECT fault, value FROM findings")
    assert await book.verify() == []
    await book.close()


async def test_findings_of_a_source_are_kept_once(house: House) -> None:
    book = house.open()
    wrong = Finding(KEYS[0], Fault.UNKNOWN_UNIT, "portal", "H44.99")
    await book.apply([], [wrong])
    await book.apply([], [wrong])
    assert house.rows("SELECT key, fault, source, value FROM findings") == [
        (KEYS[0], "unknown_unit", "portal", "H44.99")
    ]
    await book.close()


async def test_names_stand_in_a_column_of_their_own_and_are_dropped(house: House) -> None:
    book = house.open()
    named = record(
        "2026-10-05 08:00", "9", key=KEYS[0], received=BASE, applicant="Nguyễn Văn A", subject="Đất đai"
    )
    await book.apply([named])
    await book.fold()
    sql = "SELECT private, instr(body, 'Nguy') FROM cases"
    assert house.rows(sql) == [('["Nguyễn Văn A","Đất đai"]', 0)]
    house.file.forget(BASE + DAY, lambda number, fault: None)
    await house.file.ledger.drained()
    await book.apply([named])
    await book.fold()
    assert house.rows(sql) == [(None, 0)]
    await book.close()


async def test_other_terms_have_everything_counted_anew(house: House) -> None:
    book = house.open()
    await book.apply([record("2026-10-05 08:00", key=key, received=BASE, due=DUE) for key in KEYS])
    await book.apply([step("2026-10-08 17:30", "9", key=KEYS[0])])
    await book.close()
    house.clock.at = at("2026-10-08 10:00")
    other = replace(TERMS, soon=lambda kind: 3_600.0)
    book = house.open(other, "2")
    assert house.shown["cases/dossier/tinh"]["now"]["standing/on_track"] == 5
    assert await book.verify() == []
    await book.close()
    book = house.open(other, "2")
    assert house.shown["cases/dossier/tinh"]["now"]["standing/on_track"] == 5
    await book.close()


async def test_text_that_is_not_unicode_is_refused(house: House) -> None:
    book = house.open()
    with pytest.raises(TypeError):
        await book.apply([step("2026-10-05 08:00", key=KEYS[0], officer="\ud800")])
    assert len(book) == 0
    await book.apply([record("2026-10-05 08:00", key=KEYS[0], received=BASE, due=DUE)])
    assert await book.verify() == []
    await book.close()


scripts = st.lists(
    st.one_of(
        st.lists(st.sampled_from(KEYS).flatmap(updates), max_size=6),
        st.sampled_from(("kill", "fold", "wait")),
    ),
    max_size=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=scripts)
def test_whatever_happens_figures_equal_a_recount_and_an_order_of_its_own(
    script: list[list[Update] | str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    asyncio.run(_plays(script, tmp_path_factory.mktemp("book")))


async def _plays(script: list[list[Update] | str], folder: Path) -> None:
    house = House(folder)
    book = house.open()
    for act in script:
        if act == "kill":
            await house.kill()
            book = house.open()
        elif act == "fold":
            await book.fold()
        elif act == "wait":
            house.clock.at += 3 * DAY
            book.turn()
        else:
            await book.apply(list(act))  # type: ignore[arg-type]
    assert await book.verify() == []
    await book.close()


async def test_rows_are_written_while_updates_come(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FOLD_AT", 20)
    monkeypatch.setattr(module, "PIECE", 7)
    monkeypatch.setattr(module, "ROWS", 5)
    book = house.open()
    keys = [f"dossier/H44-261005-{n:04d}" for n in range(200)]
    reports: list[Update] = [record("2026-10-05 08:00", key=key, received=BASE, due=DUE) for key in keys]
    acts: list[Update] = [
        step("2026-10-05 09:00", "9" if n % 2 else "5", key=key) for n, key in enumerate(keys)
    ]
    await asyncio.gather(book.apply(reports), book.apply(acts), book.apply(acts[::-1]))
    assert len(book) == 100
    assert await book.verify() == []
    assert house.rows("SELECT count(*), sum(live) FROM cases") == [(200, 100)]
    await book.close()
