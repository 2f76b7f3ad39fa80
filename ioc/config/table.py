"""CSV tables as rows that know their line.

UTF-8 with or without a byte-order mark, comma or semicolon (what spreadsheets write where the comma is
the decimal sign), one header row, blank rows skipped, spaces around a cell dropped.

Source: RFC 4180.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field

from ioc.config.yaml import Problem

MOST_BYTES = 64_000_000
MOST_ROWS = 500_000
MOST_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One row's filled cells by column, and the line it begins on."""

    line: int
    cells: dict[str, str]


@dataclass(slots=True)
class Table:
    """A table's columns and rows, and what is wrong with it."""

    columns: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def parse(text: str) -> Table:
    """Read a CSV text; never raises, what is wrong stands in `problems`."""
    table = Table()
    text = text.removeprefix("\ufeff")
    if len(text) > MOST_BYTES:
        table.problems.append(Problem("file-too-big", 0, f"file of more than {MOST_BYTES // 1_000_000} MB"))
        return table
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=_delimiter(text), strict=True)
    try:
        _read(reader, lines, table)
    except csv.Error as error:
        table.problems.append(
            Problem("csv-syntax", lines.count, f"not CSV: {error}", hint="check the quotes")
        )
    return table


class _Lines:
    """The text's lines, counted as they are taken; `begin` is the line that the current row begins on."""

    def __init__(self, text: str) -> None:
        self._lines = iter(text.splitlines(keepends=True) if "\r" not in text else _split(text))
        self.count = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        return line


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").splitlines(keepends=True)


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return ";" if header.count(";") > header.count(",") else ","


def _read(reader: Iterator[list[str]], lines: _Lines, table: Table) -> None:
    begin = 1
    for cells in reader:
        here, begin = begin, lines.count + 1
        if not any(cell.strip() for cell in cells):
            continue
        if not table.columns:
            _header(cells, here, table)
            continue
        if len(table.rows) >= MOST_ROWS:
            table.problems.append(Problem("csv-too-many", here, f"more than {MOST_ROWS} rows"))
            return
        _row(cells, here, table)
    if not table.columns:
        table.problems.append(
            Problem("csv-header", 1, "no header row", hint="the first row names the columns")
        )


def _header(cells: list[str], line: int, table: Table) -> None:
    if len(cells) > MOST_COLUMNS:
        what = f"header of {len(cells)} columns; at most {MOST_COLUMNS} are read"
        table.problems.append(Problem("csv-header", line, what))
        cells = cells[:MOST_COLUMNS]
    columns = tuple(cell.strip() for cell in cells)
    for index, name in enumerate(columns):
        if not name:
            table.problems.append(Problem("csv-header", line, f"column {index + 1} has no name"))
        elif name in columns[:index]:
            table.problems.append(Problem("csv-header", line, "column twice", name, "remove one of them"))
    table.columns = columns


def _row(cells: list[str], line: int, table: Table) -> None:
    if len(cells) != len(table.columns):
        what = f"row of {len(cells)} cells under a header of {len(table.columns)}"
        hint = "a cell with the separator in it stands in double quotes"
        table.problems.append(Problem("csv-row", line, what, cells[0].strip(), hint))
        return
    filled = zip(table.columns, map(str.strip, cells), strict=True)
    table.rows.append(Row(line, {name: cell for name, cell in filled if cell}))
