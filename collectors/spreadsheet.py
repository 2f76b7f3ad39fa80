"""Spreadsheets (ECMA-376, Office Open XML), read as a stream: one row in memory at a time, texts kept on disk.

What a person would see is what is read: a formula's saved value, a merged range's value in each of its cells, a number
whose format is a date's as a date. Nothing is computed and nothing is fetched.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from collectors.casedates import EXCEL_ZERO, excel_moment
from collectors.officeparts import DAMAGED, LONGEST_TEXT, PIECE, opened, parse, parsing
from collectors.tablerows import MOST_COLUMNS, Cells
from ioc.errors import CodecError

MOST_MEMBERS = 10_000
MOST_STYLES = 20_000_000
"""bytes of what is kept in memory of styles and names, unpacked"""
MOST_TEXTS = 20_000_000
MOST_MERGED = 50_000
ZERO_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 – a spreadsheet knows no zone
_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^<>]{0,200}?ref=["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']"""
)
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})\Z")
_DATED = re.compile(r"[dmyhs]", re.IGNORECASE)
_LITERAL = re.compile(r'"[^"]*"|\[(?!h|m|s)[^\]]*\]|\\.|_.|General', re.IGNORECASE)
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""number formats that are dates by their number (18.8.30)"""

Range = tuple[int, int, int, int]
"""first column, first row, last column, last row; columns from 0"""


def rows(path: Path, sheet: str) -> Iterator[Cells]:
    """The rows of a sheet, the first one where none is named; raises CodecError, OSError."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryFile() as kept:
            if len(archive.infolist()) > MOST_MEMBERS:
                raise CodecError(f"more than {MOST_MEMBERS:,} parts")
            book = _Book(archive)
            member = book.member(sheet)
            texts = _Texts(kept, archive)
            dated = _dated_styles(archive)
            merged = _Merged(_ranges(archive, member))
            yield from merged.filled(_Sheet(texts, dated, book.zero).rows(archive, member))
    except DAMAGED as error:
        raise CodecError(f"not a spreadsheet that can be read ({error}); save it again as .xlsx") from None


class _Book:
    """What a workbook says of itself."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.zero = EXCEL_ZERO
        self._sheets: dict[str, str] = {}
        self._targets: dict[str, str] = {}
        parse(archive, "xl/workbook.xml", self._described, most=MOST_STYLES)
        parse(archive, "xl/_rels/workbook.xml.rels", self._related, most=MOST_STYLES)

    def member(self, sheet: str) -> str:
        """Where a sheet stands in the archive; raises CodecError."""
        name = sheet or next(iter(self._sheets), "")
        if name not in self._sheets:
            raise CodecError(f'no sheet "{sheet}"; there are {", ".join(list(self._sheets)[:20]) or "none"}')
        target = self._targets.get(self._sheets[name], "")
        return target.lstrip("/") if target.startswith("/") else f"xl/{target}"

    def _described(self, name: str, given: Mapping[str, str]) -> None:
        if name == "sheet":
            self._sheets[given.get("name", "")] = next(
                (each for key, each in given.items() if key.endswith(":id")), ""
            )
        elif name == "workbookPr" and given.get("date1904") in ("1", "true"):
            self.zero = ZERO_1904

    def _related(self, name: str, given: Mapping[str, str]) -> None:
        if name == "Relationship":
            self._targets[given.get("Id", "")] = given.get("Target", "")


class _Texts:
    """The shared texts of a workbook, on disk; in memory only where each begins."""

    def __init__(self, file: IO[bytes], archive: zipfile.ZipFile) -> None:
        self._file = file
        self._begins = array("Q", [0])
        self._text: list[str] = []
        self._phonetic = False
        self._end = 0
        with suppress(KeyError):
            archive.getinfo("xl/sharedStrings.xml")
            parse(archive, "xl/sharedStrings.xml", self._begin, self._over)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._begins) - 1:
            raise CodecError(f"a cell names text {number}, which there is not")
        self._file.seek(self._begins[number])
        return self._file.read(self._begins[number + 1] - self._begins[number]).decode()

    def _begin(self, name: str, given: Mapping[str, str]) -> None:
        if name == "si":
            self._text = []
        elif name == "rPh":
            self._phonetic = True

    def _over(self, name: str, text: str) -> None:
        if name == "rPh":
            self._phonetic = False
        elif name == "t" and not self._phonetic:
            self._text.append(text)
        elif name == "si":
            if len(self._begins) > MOST_TEXTS:
                raise CodecError(f"more than {MOST_TEXTS:,} texts")
            said = "".join(self._text)[:LONGEST_TEXT].encode("utf-8", "replace")
            self._file.seek(self._end)
            self._end += self._file.write(said)
            self._begins.append(self._end)


class _Sheet:
    """A sheet being read: its rows come as their elements end."""

    def __init__(self, texts: _Texts, dated: frozenset[int], zero: datetime) -> None:
        self._texts, self._dated, self._zero = texts, dated, zero
        self._ready: list[Cells] = []
        self._number = 0
        self._cells: list[object] = []
        self._faults: list[str] = []
        self._column = -1
        self._kind, self._style = "", 0
        self._value: str | None = None
        self._formula = False
        self._phonetic = False

    def rows(self, archive: zipfile.ZipFile, member: str) -> Iterator[Cells]:
        """Every row, in the file's order."""
        for _ in parsing(archive, member, self._begin, self._over):
            yield from self._ready
            self._ready.clear()

    def _begin(self, name: str, given: Mapping[str, str]) -> None:
        if name == "row":
            number = given.get("r", "")
            self._number = int(number) if number.isdecimal() and len(number) < 8 else self._number + 1
            self._cells, self._faults, self._column = [], [], -1
        elif name == "c":
            found = _PLACE.match(given.get("r", ""))
            self._column = _column(found[1]) if found else self._column + 1
            style = given.get("s", "")
            self._kind, self._style = (
                given.get("t", "n"),
                int(style) if style.isdecimal() and len(style) < 7 else 0,
            )
            self._value, self._formula = None, False
        elif name == "rPh":
            self._phonetic = True

    def _over(self, name: str, text: str) -> None:
        if name == "c":
            self._put()
        elif name == "v":
            self._value = text
        elif name == "t" and not self._phonetic:
            self._value = (self._value or "") + text
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic = False
        elif name == "row":
            self._ready.append(Cells(self._number, self._cells, tuple(self._faults)))

    def _put(self) -> None:
        if not 0 <= self._column < 2 * MOST_COLUMNS:
            return
        while len(self._cells) < self._column:
            self._cells.append(None)
        value = self._read()
        if len(self._cells) == self._column:
            self._cells.append(value)

    def _read(self) -> object:
        value = self._value
        if value is None or (value == "" and self._kind != "str"):
            if self._formula:
                self._wrong(
                    "a formula without a saved value; open the file in a spreadsheet program and save it"
                )
            return None
        if self._kind == "s":
            return self._texts[int(value) if value.strip().isdecimal() else -1]
        if self._kind == "e":
            self._wrong(f"the error {value[:20]}; the cell is left out")
            return None
        if self._kind == "b":
            return value.strip() == "1"
        return self._number_of(value) if self._kind == "n" else value

    def _number_of(self, value: str) -> object:
        try:
            number = float(value)
        except ValueError:
            return value
        if self._style in self._dated and number >= 1:
            with suppress(OverflowError):
                return excel_moment(number, self._zero)
        return number

    def _wrong(self, what: str) -> None:
        self._faults.append(f"{_letters(self._column)}{self._number}: {what}")


class _Merged:
    """Merged ranges, whose value stands in their first cell alone."""

    def __init__(self, ranges: list[Range]) -> None:
        self._coming = sorted(ranges, key=lambda each: -each[1])
        self._open: list[tuple[Range, object]] = []

    def filled(self, sheet: Iterator[Cells]) -> Iterator[Cells]:
        """Rows with the value of a range in each of its cells; the row where one begins says so."""
        for number, cells, faults in sheet:
            filled, noted = list(cells), list(faults)
            while self._coming and self._coming[-1][1] <= number:
                each = self._coming.pop()
                if each[1] == number:
                    self._open.append((each, filled[each[0]] if each[0] < len(filled) else None))
                    noted.append(f"{_shown(each)} is merged; its value is taken for each of its cells")
            for (left, _, right, _), value in self._open:
                filled += [None] * (right + 1 - len(filled))
                filled[left : right + 1] = [value] * (right + 1 - left)
            self._open = [each for each in self._open if each[0][3] > number]
            yield Cells(number, filled, tuple(noted))


def _ranges(archive: zipfile.ZipFile, member: str) -> list[Range]:
    """The merged ranges of a sheet, which stand behind its rows."""
    found: list[Range] = []
    held = b""
    with opened(archive, member) as file:
        while piece := file.read(PIECE):
            held += piece
            end = 0
            for match in _MERGED.finditer(held):
                first, top, last, bottom = (each.decode() for each in match.groups())
                found.append((_column(first), int(top), min(_column(last), 2 * MOST_COLUMNS), int(bottom)))
                end = match.end()
            held = held[max(end, len(held) - 300) :]
            if len(found) > MOST_MERGED:
                raise CodecError(f"more than {MOST_MERGED:,} merged ranges")
    return [each for each in found if each[0] < 2 * MOST_COLUMNS]


def _dated_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """The styles whose numbers are dates."""
    formats = dict.fromkeys(_DATES, True)
    styles: list[int] = []
    within: list[str] = []

    def begin(name: str, given: Mapping[str, str]) -> None:
        number = int(given["numFmtId"]) if given.get("numFmtId", "").isdecimal() else 0
        if name == "numFmt":
            formats[number] = bool(
                _DATED.search(_LITERAL.sub("", given.get("formatCode", "").partition(";")[0]))
            )
        elif name == "xf" and within and within[-1] == "cellXfs":
            styles.append(number)
        elif name in ("cellXfs", "cellStyleXfs"):
            within.append(name)

    with suppress(KeyError):
        archive.getinfo("xl/styles.xml")
        parse(archive, "xl/styles.xml", begin, most=MOST_STYLES)
    return frozenset(at for at, number in enumerate(styles) if formats.get(number))


def _column(letters: str) -> int:
    number = 0
    for each in letters:
        number = number * 26 + ord(each) - 64
    return number - 1


def _letters(column: int) -> str:
    found, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def _shown(each: Range) -> str:
    return f"{_letters(each[0])}{each[1]}:{_letters(each[2])}{each[3]}"
