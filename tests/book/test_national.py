"""The national shape into the book: what was answered is in the file after a kill, and a fault is told once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from collectors.feed import Batch
from collectors.wire import portal
from ioc.cases.book import Book
from ioc.cases.file import CaseFile
from ioc.telemetry import Telemetry
from tests.book.making import TERMS, above
from tests.collectors.portal_house import HEARD, House
from tests.fakes import HandClock


def opened(path: Path) -> tuple[Book, CaseFile]:
    file = CaseFile.open(path, telemetry=Telemetry(), synchronous="OFF")
    return Book(file, TERMS, "1", above, HandClock(HEARD), Telemetry(), lambda key, value: None), file


def house_of(book: Book) -> House:
    async def keep(batch: Batch) -> None:
        await book.apply(batch.updates, batch.findings)

    return House(keep=keep)


def dossier(n: int, **changed: object) -> dict[str, object]:
    return {
        "MaHoSo": f"H44.12-261005-{n:04d}",
        "MaTTHC": "2.000815",
        "NgayTiepNhan": "20261005081500",
        "NgayHenTra": "20261012170000",
        "TrangThaiHoSo": "4",
        "HinhThuc": "2",
        "DonViXuLy": "H44.12",
        **changed,
    }


async def test_what_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    book, file = opened(tmp_path / "cases.db")
    house = house_of(book)
    rows = [dossier(n) for n in range(1_200)] + [dossier(0, MaHoSo="")]
    answer = await house.call(portal.SYNC, rows)
    assert answer["message"].startswith("1,200 kept, 1 cannot be")
    act = {"MaHoSo": "H44.12-261005-0007", "ThoiDiemXuLy": "20261007100000", "TrangThai": "9"}
    assert (await house.call(portal.PROGRESS, [act]))["error_code"] == "00"
    book.flush()
    await file.close()
    again, _ = opened(tmp_path / "cases.db")
    assert len(again) == 1_199
    assert await again.verify() == []
    await again.close()


async def test_a_fault_that_merging_finds_too_is_one_finding(tmp_path: Path) -> None:
    book, _ = opened(tmp_path / "cases.db")
    house = house_of(book)
    early, brought = "20261001170000", "20261006080000"
    wrong = dossier(
        1,
        NgayHenTra=early,
        NgayKetThucXuLy=early,
        TrangThaiHoSo="9",
        DanhSachHoSoBoSung=[{"NgayBoSung": "20261007080000", "NgayTiepNhanBoSung": brought}],
    )
    for _ in range(2):
        assert (await house.call(portal.SYNC, [wrong]))["faults"] == 3
    await book.close()
    with closing(sqlite3.connect(tmp_path / "cases.db")) as db:
        found = db.execute("SELECT fault FROM findings ORDER BY fault").fetchall()
    faults = [fault for (fault,) in found if fault != "due_differs"]
    assert faults == ["brought_before_asked", "closed_before_received", "due_before_received"]
