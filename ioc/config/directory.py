"""The files of a configuration directory as one document that knows where everything stands."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ioc.config import table, yaml
from ioc.config.faults import Faults, Place, did_you_mean, listed

MAIN = "ioc.yaml"
MOST_FILES = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the configuration and where it stands: a YAML value, or a CSV row on one line."""

    data: Any
    file: str
    path: yaml.Path = ()
    lines: Mapping[yaml.Path, int] = field(default_factory=dict)
    line: int = 0

    def place(self, *loc: str | int) -> Place:
        """Where a value inside stands; parts of `loc` that are not in the file are passed over."""
        path, line = self.path, self.lines.get(self.path, self.line)
        for part in loc:
            if (*path, part) in self.lines:
                path = (*path, part)
                line = self.lines[path]
        return Place(self.file, line)

    def within(self, part: str | int) -> Piece:
        """The piece of a key or a list item."""
        return Piece(self.data[part], self.file, (*self.path, part), self.lines, self.line)


@dataclass(frozen=True, slots=True)
class Columns:
    """What a table may hold.

    `needed` is the part of `known` that must be there; with `prefixes` of `{"label": "labels"}` the column
    `label:floor` becomes the key `floor` of a mapping `labels`.
    """

    known: Sequence[str]
    needed: Sequence[str]
    prefixes: Mapping[str, str]

    def knows(self, column: str) -> bool:
        """Whether a column means anything."""
        prefix, _, rest = column.partition(":")
        return column in self.known or (bool(rest) and prefix in self.prefixes)

    def gather(self, cells: Mapping[str, str]) -> dict[str, Any]:
        """A row's cells as the keys of one thing."""
        out: dict[str, Any] = {}
        for column, cell in cells.items():
            prefix, colon, rest = column.partition(":")
            if colon and prefix in self.prefixes:
                out.setdefault(self.prefixes[prefix], {})[rest] = cell
            elif column in self.known:
                out[column] = cell
        return out


class Directory:
    """Reads each file once; what cannot be read is a fault of that file alone."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self.path = path
        self._faults = faults
        self._digest = hashlib.sha256()
        self._pieces: dict[str, Piece] = {}
        self.gaps: set[str] = set()
        """the keys whose list could not be read whole"""
        self._torn = False
        for name in self._names():
            self._merge(name)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of every file read so far, by name and content."""
        return self._digest.hexdigest()

    @property
    def top(self) -> Mapping[str, Piece]:
        """The piece of each top-level key."""
        return self._pieces

    def lost(self, key: str) -> bool:
        """Whether what a key holds is not known: its list, or the file it may stand in, could not be read."""
        return key in self.gaps or (self._torn and key not in self._pieces)

    def entries(self, key: str, columns: Columns) -> list[Piece]:
        """The items of a list that stands in YAML or, as `{csv: FILE}`, in a table."""
        piece = self._pieces.get(key)
        if piece is None or piece.data is None:
            return []
        if isinstance(piece.data, list):
            return [piece.within(index) for index in range(len(piece.data))]
        if isinstance(piece.data, dict) and set(piece.data) == {"csv"} and isinstance(piece.data["csv"], str):
            return self._rows(key, piece, columns)
        self.gaps.add(key)
        what = f"{key} is neither a list nor a CSV file"
        self._faults.add("wrong-type", piece.place(), what, "", "write {csv: FILE}")
        return []

    def text(self, name: str, place: Place, most: int) -> str | None:
        """A file's text; `place` is where it is asked for."""
        try:
            raw = read_file(self.path / name, most)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self._faults.add("missing-file", place, "unreadable file", name, (why or "").lower())
            return None
        if len(raw) > most:
            size = f"file of more than {most // 1_000_000} MB"
            self._faults.add(
                "file-too-big", place, size, name, "keep long lists in CSV files, and split them"
            )
            return None
        self._digest.update(f"{name}\0{len(raw)}\0".encode())
        self._digest.update(raw)
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self._faults.add("not-utf-8", Place(name, line), "not UTF-8", "", "save the file as UTF-8")
            return None

    def _names(self) -> list[str]:
        try:
            names = sorted(each.name for each in self.path.iterdir() if not each.name.startswith("."))
        except OSError as error:
            self._faults.add("missing-file", Place(str(self.path)), "unreadable directory", "", _why(error))
            self._torn = True
            return []
        for name in names:
            if name.endswith(".yml"):
                self._faults.warn("not-read", Place(name), "file that is not read", "", "name it .yaml")
        if MAIN not in names:
            self._faults.add(
                "missing-file", Place(MAIN), "missing file", "", "a configuration begins with it"
            )
        files = [name for name in names if name.endswith(".yaml")]
        if len(files) > MOST_FILES:
            self._faults.add("too-many-files", Place(files[MOST_FILES]), f"more than {MOST_FILES} YAML files")
        return files[:MOST_FILES]

    def _merge(self, name: str) -> None:
        text = self.text(name, Place(name), yaml.MOST_BYTES)
        parsed = yaml.parse(text) if text is not None else yaml.Parsed(broken=True)
        self._tell(name, parsed.problems)
        if parsed.broken:
            self._torn = True
        if parsed.data is None:
            return
        if not isinstance(parsed.data, dict):
            self._faults.add(
                "wrong-type", Place(name, 1), "file that is not a mapping", "", "begin with a key:"
            )
            return
        whole = Piece(parsed.data, name, (), parsed.lines)
        for key in parsed.data:
            self._adopt(key, whole.within(key))

    def _adopt(self, key: str, piece: Piece) -> None:
        first = self._pieces.setdefault(key, piece)
        if first is not piece:
            hint = f"it stands in {first.place()} already"
            self._faults.add("key-in-two-files", piece.place(), "key in two files", key, hint)

    def _rows(self, key: str, piece: Piece, columns: Columns) -> list[Piece]:
        name = piece.data["csv"]
        text = self.text(name, piece.place("csv"), table.MOST_BYTES)
        read = table.parse(text) if text is not None else table.Table()
        self._tell(name, read.problems)
        if text is None or read.problems:
            self.gaps.add(key)
        if read.columns and not self._check_columns(name, read.columns, columns):
            self.gaps.add(key)
            return []
        return [Piece(columns.gather(row.cells), name, line=row.line) for row in read.rows]

    def _check_columns(self, name: str, there: Sequence[str], columns: Columns) -> bool:
        """Whether the columns that every row needs are there."""
        for column in there:
            if column and not columns.knows(column):
                hint = did_you_mean(column, columns.known, f"known columns: {listed(columns.known, 20)}")
                self._faults.add("unknown-column", Place(name, 1), "unknown column", column, hint)
        missing = [column for column in columns.needed if column not in there]
        for column in missing:
            self._faults.add("missing-column", Place(name, 1), "missing column", column, "every row needs it")
        return not missing

    def _tell(self, name: str, problems: Sequence[yaml.Problem]) -> None:
        for each in problems:
            self._faults.add(each.id, Place(name, each.line), each.what, each.value, each.hint)


def read_file(path: Path, most: int) -> bytes:
    """A file's bytes, one more than `most` at most; raises OSError, also for a pipe or a device: they may not end."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return file.read(most + 1)


def _why(error: OSError) -> str:
    return (error.strerror or "").lower()
