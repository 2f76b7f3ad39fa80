"""The files of a spool: each holds records, and is named by the number of its first line and its format."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ioc.errors import SpoolUnusable
from ioc.state.files import sync_directory
from ioc.store.record import Record, scan

FORMAT = 1
_NAME = re.compile(r"(\d{20})\.v(\d+)")


@dataclass(slots=True)
class Segment:
    """One file; `size` is how many bytes of it were written in whole."""

    first: int
    path: Path
    size: int


class Segments:
    """Those of one directory, oldest first. Raises SpoolUnusable for those of a newer service, and OSError."""

    def __init__(self, directory: Path) -> None:
        self._all = _found(directory)
        self._data: tuple[int, bytes] = (-1, b"")
        """the segment read last; a reader asks for one many times"""
        self._come_to = (0, 0)
        """the record read last: its number, and where it stands in that segment"""
        self.rubble = 0
        """bytes read that were no record"""

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._all)

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(segment.size for segment in self._all)

    @property
    def first(self) -> Segment | None:
        """The oldest."""
        return self._all[0] if self._all else None

    @property
    def last(self) -> Segment | None:
        """The newest."""
        return self._all[-1] if self._all else None

    def add(self, segment: Segment) -> None:
        """One more, newer than all."""
        self._all = [*self._all, segment]

    def remove(self, segment: Segment) -> None:
        """Remove one with its file."""
        segment.path.unlink(missing_ok=True)
        self._all = [each for each in self._all if each is not segment]

    def spans(self, end: int) -> list[tuple[Segment, int, int]]:
        """Each with the numbers it is there for: up to where the next one begins, the newest up to `end`."""
        firsts = [segment.first for segment in self._all]
        return list(zip(self._all, firsts, [*firsts[1:], end], strict=False))

    def records(self, segment: Segment) -> list[Record]:
        """The sound records of one, none when it is not there; raises OSError."""
        return [each for each in scan(self._read(segment)) if isinstance(each, Record) and each.sound]

    def records_from(self, number: int) -> Iterator[Record]:
        """Every sound record that ends after a number, in order; raises OSError."""
        firsts = [segment.first for segment in self._all]
        for segment in self._all[max(bisect_right(firsts, number) - 1, 0) :]:
            for each in scan(self._read(segment), self._where(segment, number)):
                if not isinstance(each, Record):
                    self.rubble += each.end - each.at
                elif each.sound:
                    self._come_to = (each.first, each.at)
                    if each.stop > number:
                        yield each

    def _read(self, segment: Segment) -> bytes:
        first, data = self._data
        if first != segment.first or len(data) < segment.size:
            try:
                data = segment.path.read_bytes()[: segment.size]
            except FileNotFoundError:
                data = b""
            if first != segment.first:
                self._come_to = (segment.first, 0)
            self._data = segment.first, data
        return data

    def _where(self, segment: Segment, number: int) -> int:
        """From where on in a segment a number is to be looked for."""
        last, at = self._come_to
        return at if segment.first == self._data[0] and number >= last else 0


class Tail:
    """The segment that is being written. Raises OSError."""

    def __init__(self, directory: Path, first: int, sync: Callable[[int], None]) -> None:
        path = directory / f"{first:020d}.v{FORMAT}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._sync = sync
        self.segment = Segment(first, path, 0)
        try:
            sync_directory(directory)
        except OSError:
            self.close()
            path.unlink(missing_ok=True)
            raise

    def write(self, data: bytes) -> None:
        """Append; raises OSError, with nothing of it counted as written."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self.segment.size += len(data)

    def sync(self) -> None:
        """Return when everything written is there after a power cut; raises OSError."""
        self._sync(self._file)

    @property
    def removed(self) -> bool:
        """Whether somebody has removed the file: what is written would be found by nobody."""
        return os.fstat(self._file).st_nlink == 0

    def cut(self, size: int) -> None:
        """Take back what was written after so many bytes, as far as the disk lets us."""
        with suppress(OSError):
            os.ftruncate(self._file, size)
        self.segment.size = min(size, self.segment.size)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _found(directory: Path) -> list[Segment]:
    out = []
    for path in directory.iterdir():
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        if int(name[2]) != FORMAT:
            raise SpoolUnusable(
                f"{path}: written by another version of this service (format {name[2]}, this one has {FORMAT}); "
                f"run that version until it has emptied the spool, or name another directory"
            )
        out.append(Segment(int(name[1]), path, path.stat().st_size))
    return sorted(out, key=lambda segment: segment.first)
