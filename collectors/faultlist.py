"""The list of what is wrong with the rows of a file, beside that file, as CSV that a spreadsheet program opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from collectors.casevalues import RowFault

MARK = b"\xef\xbb\xbf"
"""without it a spreadsheet program takes the file for cp1252"""
COLUMNS = ("row", "column", "value", "fault", "what")
_FORMULAS = ("=", "+", "-", "@")


class FaultList:
    """Made with its first fault; `length` is what of it was there when the last batch was committed, in bytes."""

    def __init__(self, path: Path, length: int) -> None:
        self._path, self._length = path, length
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Cut what was written of a batch that was not committed."""
        if self._path.exists():
            self._file = self._path.open("r+b")
            self._length = self._file.truncate(min(self._length, self._file.seek(0, io.SEEK_END)))
            self._file.seek(self._length)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, faults: Sequence[RowFault]) -> int:
        """Write faults; the length of the list then, in bytes."""
        if faults:
            file = self._opened()
            text = io.StringIO()
            csv.writer(text).writerows([_safe(cell) for cell in fault] for fault in faults)
            file.write(text.getvalue().encode("utf-8", "replace"))
            file.flush()
            self._length = file.tell()
        return self._length

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._file = self._path.open("w+b")
        if self._file.tell() == 0:
            self._file.write(MARK + ",".join(COLUMNS).encode() + b"\r\n")
        return self._file


def _safe(cell: object) -> object:
    """A text that no spreadsheet program takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
