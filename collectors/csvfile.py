"""CSV (RFC 4180) as programs here write it: any of four delimiters, UTF-8 with or without a mark, cp1258, UTF-16."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TextIO

from collectors.tablerows import Cells
from ioc.errors import CodecError

Encoding = Literal["utf-8", "cp1258", "utf-16"]
DELIMITERS = ",;\t|"
LONGEST_LINE = 1_000_000
"""characters of one line"""


def rows(path: Path, encoding: Encoding, delimiter: str, header: int) -> Iterator[Cells]:
    """The rows of a file, one in memory at a time; an empty delimiter is found out in row `header`.

    Raises CodecError, with the row, for what cannot be read on; OSError.
    """
    found = delimiter or _delimiter(path, encoding, header)
    with _opened(path, encoding) as file:
        number = 0
        try:
            for number, cells in enumerate(csv.reader(_lines(file), delimiter=found), 1):
                yield Cells(number, cells, _faults(cells, encoding))
        except csv.Error as error:
            raise CodecError(f"row {number + 1}: {error}; is a quotation mark not closed?") from None
        except UnicodeError as error:
            raise CodecError(f"row {number + 1}: not {encoding} ({error}); set `encoding`") from None


def _opened(path: Path, encoding: Encoding) -> TextIO:
    """A file as text; bytes that are none in its encoding come as lone surrogates, where there are no pairs."""
    errors = "strict" if encoding == "utf-16" else "surrogateescape"
    return path.open(
        "r", encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors=errors, newline=""
    )


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise CodecError(f"a line of more than {LONGEST_LINE:,} characters")
        yield line


def _delimiter(path: Path, encoding: Encoding, header: int) -> str:
    """The delimiter that a header has most of."""
    with _opened(path, encoding) as file:
        try:
            line = next((each for number, each in enumerate(_lines(file), 1) if number == header), "")
        except UnicodeError as error:
            raise CodecError(f"not {encoding} ({error}); set `encoding`") from None
    return max(DELIMITERS, key=line.count)


def _faults(cells: list[str], encoding: Encoding) -> tuple[str, ...]:
    for cell in cells:
        if not cell.isascii() and any("\udc80" <= each <= "\udcff" for each in cell):
            return (f"letters that are not {encoding}; set `encoding`, or save the file as UTF-8",)
    return ()
