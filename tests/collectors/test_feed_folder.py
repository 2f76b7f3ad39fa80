"""The folder of tables: what is read of CSV and XLSX, its list of faults, and that a kill loses and repeats nothing."""

from __future__ import annotations

import asyncio
import json
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors import csvfile
from collectors.feed import Batch, Heard
from collectors.feeds.folder import Folder, FolderOptions
from collectors.tablerows import Cells, headed
from tests.collectors.mapping import CASES, Kept, shown

MAP = {"kind": "dossier", "id": "Mã hồ sơ", "unit": "Đơn vị", "received": "Tiếp nhận", "due": "Hẹn trả"}
TABLES = sorted(path.name for path in (CASES / "tables").iterdir())
HEADER = "Mã hồ sơ;Đơn vị;Tiếp nhận;Hẹn trả\r\n"


def feed(kept: Kept, folder: Path, **more: Any) -> Folder:
    options = {"folder": str(folder), "settle": 0, "map": MAP, **more}
    return Folder(FolderOptions.model_validate(options), kept.around())


def line(number: int, received: str = "05/10/2026 08:00") -> str:
    return f"H-{number};H44.12;{received};19/10/2026\r\n"


async def found(case: Path, folder: Path) -> dict[str, Any]:
    """What a golden case comes to: its updates and list of faults, or why it cannot be read."""
    (folder / "in.csv").write_bytes((case / "in.csv").read_bytes())
    kept = Kept()
    await feed(kept, folder, **yaml.safe_load((case / "options.yaml").read_text("utf-8"))).look()
    faults, error = folder / "done" / "in.csv.faults.csv", folder / "faults" / "in.csv.txt"
    said: dict[str, Any] = {"updates": [shown(each) for each in kept.updates]}
    said["faults"] = faults.read_text("utf-8-sig").splitlines()[1:] if faults.exists() else []
    return said | ({"error": error.read_text("utf-8").strip()} if error.exists() else {})


@pytest.mark.parametrize("case", TABLES)
async def test_case(case: str, tmp_path: Path) -> None:
    """`options.yaml`, `in.csv`, and what they come to."""
    expected = json.loads((CASES / "tables" / case / "expected.json").read_text("utf-8"))
    assert await found(CASES / "tables" / case, tmp_path) == expected


async def test_a_file_is_read_once_and_lies_in_done(tmp_path: Path) -> None:
    (tmp_path / "tháng 10.csv").write_bytes(b"\xef\xbb\xbf" + (HEADER + line(1) + "\r\n" + line(2)).encode())
    kept = Kept()
    one = feed(kept, tmp_path)
    assert await one.look() == 1
    assert kept.keys == ["dossier/H-1", "dossier/H-2"]
    assert await one.look() == 0
    assert (tmp_path / "done" / "tháng 10.csv").exists()
    progress = json.loads((tmp_path / "done" / "tháng 10.csv.progress.json").read_bytes())
    assert progress == {"row": 4, "updates": 2, "findings": 0, "done": True}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["done"]
    assert kept.said[-1] == ("ok", "tháng 10.csv: 2 updates, 0 findings")


async def test_the_list_of_faults_lies_beside_the_file(tmp_path: Path) -> None:
    rows = (
        HEADER
        + line(1)
        + "=cmd;H44.12;31/02/2026;\r\n"
        + 'H-3;"H44.12;x";05/10/2026;19/10/2026\r\n'
        + "H-4;H44.12"
    )
    (tmp_path / "a.csv").write_bytes(rows.encode())
    kept = Kept()
    await feed(kept, tmp_path).look()
    listed = (tmp_path / "done" / "a.csv.faults.csv").read_text("utf-8-sig").splitlines()
    assert listed == [
        "row,column,value,fault,what",
        "3,Tiếp nhận,31/02/2026,unreadable,no such date or time (day is out of range for month); correct it",
        "3,Tiếp nhận,,missing,the row names no moment; any other of this case counts more",
        "4,Đơn vị,H44.12;x,unknown_unit,no unit has this code; add it to the codes of units",
        '5,row,,unreadable,"2 cells under 4 columns; the row is cut off, and left out"',
    ]
    assert kept.keys == ["dossier/H-1", "dossier/=cmd", "dossier/H-3"]
    assert len(kept.findings) == 4


async def test_a_value_is_no_formula_in_the_list(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + "H-1;=HYPERLINK(1);05/10/2026;\n", "utf-8")
    await feed(Kept(), tmp_path).look()
    assert "'=HYPERLINK(1)" in (tmp_path / "done" / "a.csv.faults.csv").read_text("utf-8")


@pytest.mark.parametrize("at", [1, 2, 3, 4])
async def test_a_kill_loses_no_row_and_repeats_none(tmp_path: Path, at: int) -> None:
    rows = [line(number, "mai" if number % 100 == 0 else "05/10/2026") for number in range(1, 1_601)]
    (tmp_path / "year.csv").write_text(HEADER + "".join(rows), "utf-8")
    kept = Kept()

    def kill(batch: Batch) -> None:
        if len(kept.batches) == at - 1:
            raise KeyboardInterrupt  # after the list of faults was written, before the commit

    kept.before = kill
    with pytest.raises(KeyboardInterrupt):
        await feed(kept, tmp_path).look()
    kept.before = lambda batch: None
    assert await feed(kept, tmp_path).look() == 1
    assert kept.keys == [f"dossier/H-{number}" for number in range(1, 1_601)]
    listed = (tmp_path / "done" / "year.csv.faults.csv").read_text("utf-8-sig").splitlines()
    assert [int(each.split(",")[0]) for each in listed[1::2]] == [
        number + 1 for number in range(100, 1_601, 100)
    ]
    assert json.loads((tmp_path / "done" / "year.csv.progress.json").read_bytes())["updates"] == 1_600


async def test_a_kill_after_the_last_commit_reads_nothing_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + line(1), "utf-8")
    kept = Kept()
    await feed(kept, tmp_path).look()
    (tmp_path / "done" / "a.csv").rename(tmp_path / "a.csv")
    before = len(kept.batches)
    assert await feed(kept, tmp_path).look() == 1
    assert len(kept.batches) == before
    assert (tmp_path / "done" / "a.csv").exists()


async def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER + line(1), "utf-8")
    kept = Kept()

    def grow(batch: Batch) -> None:
        path.write_text(HEADER + line(1) + line(2), "utf-8")

    kept.before = grow
    one = feed(kept, tmp_path)
    assert await one.look() == 0
    assert kept.said == [("failing", "a.csv changed while it was read; it is read again")]
    kept.before = lambda batch: None
    assert await one.look() == 1
    assert kept.keys == ["dossier/H-1", "dossier/H-1", "dossier/H-2"]


async def test_it_can_be_cancelled_while_a_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go, closed = threading.Event(), threading.Event(), threading.Event()

    def rows(*given: object) -> Iterator[Cells]:
        try:
            yield Cells(1, ["Mã hồ sơ", "Đơn vị", "Tiếp nhận", "Hẹn trả"])
            reading.set()
            go.wait()
            yield Cells(2, ["H-1", "H44.12", "05/10/2026", ""])
        finally:
            closed.set()

    monkeypatch.setattr(csvfile, "rows", rows)
    (tmp_path / "a.csv").write_text("x", "utf-8")
    task = asyncio.ensure_future(feed(Kept(), tmp_path).run())
    await asyncio.to_thread(reading.wait)
    task.cancel()
    asyncio.get_running_loop().call_soon(go.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()


async def test_a_book_that_refuses_is_told_and_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + line(1), "utf-8")
    kept = Kept()
    kept.refuse = True
    one = feed(kept, tmp_path)
    assert await one.look() == 0
    assert kept.said == [("failing", "nothing can be kept: the disk is full")]
    kept.refuse = False
    assert await one.look() == 1
    assert kept.keys == ["dossier/H-1"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "there is no row 1 with the names of the columns"),
        (
            "Mã;Đơn vị\n".encode(),
            'row 1 has no column "Hẹn trả", "Mã hồ sơ", "Tiếp nhận"; it has "Mã", "Đơn vị"',
        ),
        ((HEADER.strip() + ";Hẹn trả\n").encode(), 'row 1 names the column "Hẹn trả" twice; keep one'),
        ((HEADER + '"H-1;' + "x" * 200_000).encode(), "row 2: field larger than field limit (131072)"),
        (HEADER.encode() + b"x" * 1_000_001, "a line of more than 1,000,000 characters"),
        (b"PK\x03\x04" + b"\x00" * 40, "row 1 has no column"),
    ],
)
async def test_a_file_that_cannot_be_read_lies_in_faults(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    kept = Kept()
    await feed(kept, tmp_path).look()
    assert what in (tmp_path / "faults" / "a.csv.txt").read_text("utf-8")
    assert (tmp_path / "faults" / "a.csv").exists()
    assert what in kept.findings[-1].value
    assert kept.said[-1][0] == "failing"


async def test_a_file_of_another_encoding(tmp_path: Path) -> None:
    rows = HEADER + "H-1;H44.12;05/10/2026;19/10/2026\r\n"
    cp1258 = "Ma\u0303 hô\u0300 sơ;Đơn vi\u0323;Tiê\u0301p nhâ\u0323n;He\u0323n tra\u0309\r\nH-1;H44.12;05/10/2026;\r\n"
    for number, (encoding, text) in enumerate((("cp1258", cp1258), ("utf-16", rows)), 1):
        (tmp_path / f"{number}.csv").write_bytes(text.encode(encoding))
        kept = Kept()
        assert await feed(kept, tmp_path, encoding=encoding).look() == 1
        assert kept.keys == ["dossier/H-1"]


async def test_letters_of_another_encoding_are_told_by_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER.encode() + b"H-\xd0;H44.12;05/10/2026;\r\n" + line(2).encode())
    kept = Kept()
    await feed(kept, tmp_path).look()
    assert kept.keys == ["dossier/H-\N{REPLACEMENT CHARACTER}", "dossier/H-2"]
    assert [each.value for each in kept.findings] == [
        'row: "": letters that are not utf-8; set `encoding`, or save the file as UTF-8'
    ]


async def test_what_is_no_table_stays(tmp_path: Path) -> None:
    for name in ("note.pdf", "a.csv.part", "~$book.xlsx", "b.csv.faults.csv"):
        (tmp_path / name).write_text("x", "utf-8")
    assert await feed(Kept(), tmp_path).look() == 0
    assert len(list(tmp_path.iterdir())) == 4


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    kept = Kept()
    assert await feed(kept, tmp_path / "none").look() == 0
    assert kept.said[0][0] == "failing"
    assert "the folder must exist" in kept.said[0][1]


async def test_nothing_can_be_posted(tmp_path: Path) -> None:
    assert (await feed(Kept(), tmp_path).hear(Heard("POST", "", {}, b""))).status == 404


def test_a_large_file_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(20_000):
            file.write(line(number))
    tracemalloc.start()
    try:
        rows = headed(csvfile.rows(path, "utf-8", "", 1), 1, frozenset({"Mã hồ sơ"}), whole=True)
        assert sum(1 for _ in rows) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()
