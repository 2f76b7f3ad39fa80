"""Spreadsheets as openpyxl writes them, and as hostile or careless programs do."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import spreadsheet
from collectors.feeds.folder import Folder, FolderOptions
from collectors.officeparts import LONGEST_TEXT
from ioc.errors import CodecError
from tests.collectors.mapping import Kept, shown

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOOK = f'<workbook xmlns="{MAIN}" xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELS = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'
MORNING, NOON = datetime(2026, 10, 5, 8, 30), datetime(2026, 10, 5, 12)  # noqa: DTZ001 – a spreadsheet knows no zone


def written(path: Path, fill: Callable[[Any], None]) -> Path:
    """A workbook whose active sheet is filled."""
    book = openpyxl.Workbook()
    fill(book.active)
    book.save(path)
    return path


def raw(path: Path, sheet: str, **parts: str) -> Path:
    """A workbook of a sheet's XML."""
    members = {"xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": RELS, "xl/worksheets/sheet1.xml": sheet}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**members, **{f"xl/{name}.xml": text for name, text in parts.items()}}.items():
            if text:
                archive.writestr(name, text)
    return path


def read(path: Path, sheet: str = "") -> list[tuple[int, list[object], tuple[str, ...]]]:
    return [(number, list(cells), faults) for number, cells, faults in spreadsheet.rows(path, sheet)]


def test_values_are_as_a_person_sees_them(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["Mã", "Ngày", "Giờ", "Số", "Đúng", None, "Chữ"])
        sheet.append(["H-1", date(2026, 10, 5), MORNING, 12, True, None, "cộng hòa"])
        sheet["H2"] = 46300
        sheet["H2"].number_format = '"ngày" 0'
        sheet["I2"] = 46300.5
        sheet["I2"].number_format = "[$-42A]dd/mm/yyyy hh:mm"
        sheet["C5"] = "sau"

    assert read(written(tmp_path / "a.xlsx", fill)) == [
        (1, ["Mã", "Ngày", "Giờ", "Số", "Đúng", None, "Chữ"], ()),
        (
            2,
            ["H-1", date(2026, 10, 5), MORNING, 12.0, True, None, "cộng hòa", 46300.0, NOON],
            (),
        ),
        (5, [None, None, "sau"], ()),
    ]


def test_merged_cells_have_their_value_and_are_told(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        for row in (["Đơn vị", "Mã"], ["Xã A", "1"], [None, "2"], [None, "3"], ["Xã B", "4"]):
            sheet.append(row)
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("B5:C6")

    assert read(written(tmp_path / "a.xlsx", fill)) == [
        (1, ["Đơn vị", "Mã"], ()),
        (2, ["Xã A", "1"], ("A2:A4 is merged; its value is taken for each of its cells",)),
        (3, ["Xã A", "2"], ()),
        (4, ["Xã A", "3"], ()),
        (5, ["Xã B", "4", "4"], ("B5:C6 is merged; its value is taken for each of its cells",)),
        (6, [None, "4", "4"], ()),
    ]


def test_a_formula_has_its_saved_value_or_is_told(tmp_path: Path) -> None:
    sheet = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>NOW()</f></c>'
        '<c r="C1" t="str"><f>A()</f><v>chữ</v></c><c r="D1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
        "</row></sheetData></worksheet>"
    )
    assert read(raw(tmp_path / "a.xlsx", sheet)) == [
        (
            1,
            [2.0, None, "chữ", None],
            (
                "B1: a formula without a saved value; open the file in a spreadsheet program and save it",
                "D1: the error #DIV/0!; the cell is left out",
            ),
        )
    ]


def test_shared_and_inline_texts_without_what_is_only_spoken(tmp_path: Path) -> None:
    texts = "<sst><si><r><t>Trần </t></r><r><t>An</t></r><rPh><t>x</t></rPh></si><si><t/></si></sst>"
    sheet = (
        '<x:worksheet xmlns:x="urn:x"><x:sheetData><x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c>'
        '<x:c t="inlineStr"><x:is><x:t>trong</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert read(raw(tmp_path / "a.xlsx", sheet, sharedStrings=texts)) == [(1, ["Trần An", "", "trong"], ())]


def test_dates_of_1904(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append([date(2026, 10, 5)])
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx")[0][1] == [date(2026, 10, 5)]


def test_a_sheet_by_its_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Tháng 10").append(["b"])
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx", "Tháng 10") == [(1, ["b"], ())]
    with pytest.raises(CodecError, match='no sheet "Tháng 11"; there are Sheet, Tháng 10'):
        read(tmp_path / "a.xlsx", "Tháng 11")


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;">]><worksheet>&y;</worksheet>'


@pytest.mark.parametrize(
    ("sheet", "parts", "what"),
    [
        (BOMB, {}, "sheet1.xml has a document type, which no spreadsheet has"),
        ("<worksheet/>", {"styles": BOMB}, "styles.xml has a document type"),
        ("<worksheet><sheetData><row>", {}, "sheet1.xml is not whole: no element found"),
        ("", {}, "xl/worksheets/sheet1.xml is missing"),
        (
            '<worksheet><row><c t="s"><v>7</v></c></row></worksheet>',
            {},
            "a cell names text 7, which there is not",
        ),
        ('<worksheet><row><c t="s"><v>-1</v></c></row></worksheet>', {}, "names text -1"),
        (f"<worksheet a='{'x' * 2_000_000}'/>", {}, "an element of more than 1,000,000 bytes"),
    ],
)
def test_what_is_refused(tmp_path: Path, sheet: str, parts: Mapping[str, str], what: str) -> None:
    with pytest.raises(CodecError) as refused:
        read(raw(tmp_path / "a.xlsx", sheet, **parts))
    assert what in str(refused.value)


def test_numbers_that_are_none_cost_their_cell_alone(tmp_path: Path) -> None:
    sheet = (
        '<worksheet><row r="x"><c r="A1"><v>nan</v></c><c r="ZZZ1"><v>1</v></c><c r="C1" s="999999999"><v>1e999</v></c>'
        '<c r="B1"><v>muộn</v></c></row><row r="99999999"/></worksheet>'
    )
    ((number, cells, faults), (following, *_)) = read(raw(tmp_path / "a.xlsx", sheet))
    assert (number, len(cells), faults, following) == (1, 3, (), 2)


def test_a_text_of_a_megabyte_is_cut_in_little_memory(tmp_path: Path) -> None:
    sheet = "<worksheet><row><c t='inlineStr'><is><t>" + "x" * 900_000 + "</t></is></c></row></worksheet>"
    path = raw(tmp_path / "a.xlsx", sheet)
    del sheet
    tracemalloc.start()
    try:
        ((_, cells, _),) = read(path)
        assert len(str(cells[0])) == LONGEST_TEXT
        assert tracemalloc.get_traced_memory()[1] < 600_000
    finally:
        tracemalloc.stop()


def _good() -> bytes:
    file = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["Mã", 1, date(2026, 10, 5)])
    book.save(file)
    return file.getvalue()


GOOD = _good()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD)), st.binary(min_size=1, max_size=6))
def test_a_damaged_file_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, at: int, new: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    path.write_bytes(GOOD[:at] + new + GOOD[at + len(new) :])
    try:
        rows = read(path)
    except CodecError:
        return
    assert len(rows) <= 1


async def test_a_workbook_in_the_folder(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["BÁO CÁO THÁNG 10"])
        sheet.merge_cells("A1:D1")
        sheet.append(["Mã hồ sơ", "Đơn vị", "Tiếp nhận", "Hẹn trả"])
        sheet.append(["H-1", "H44.12", MORNING, date(2026, 10, 19)])
        sheet.append(["H-2", None, "06/10/2026", "=C4+10"])
        sheet.merge_cells("B3:B4")

    written(tmp_path / "tháng 10.xlsx", fill)
    kept = Kept()
    how = {"kind": "dossier", "id": "Mã hồ sơ", "unit": "Đơn vị", "received": "Tiếp nhận", "due": "Hẹn trả"}
    options = FolderOptions.model_validate({"folder": str(tmp_path), "settle": 0, "header": 2, "map": how})
    assert await Folder(options, kept.around()).look() == 1
    assert [
        (each["key"], each["unit"], each["received"], each.get("due")) for each in map(shown, kept.updates)
    ] == [
        ("dossier/H-1", "xa-1", "2026-10-05 08:30:00", "2026-10-19 17:00:00"),
        ("dossier/H-2", "xa-1", "2026-10-06 00:00:00", None),
    ]
    assert [each.value.partition(";")[0] for each in kept.findings] == [
        'row: "": B3:B4 is merged',
        'row: "": D4: a formula without a saved value',
    ]
