"""A folder that others put files into: what is whole there is read once, then lies in `done` or in `faults`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ioc.errors import SourceError
from ioc.legible import legible

MOST_LOOKED_AT = 20_000
"""files of a folder that one look sees; the others come when these are gone"""
MOST_READY = 1_000
DONE, FAULTS = "done", "faults"
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~")
"""how names end while a file is being written"""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file as it was when it was seen; size in bytes, `changed` in nanoseconds since the epoch."""

    name: str
    size: int
    changed: int


class Dropbox:
    """One such folder; `settle` is for how many seconds a file must not have changed."""

    def __init__(self, folder: Path, settle: float, remove: bool = False) -> None:
        self._folder, self._settle, self._remove = folder, settle, remove
        self._seen: dict[str, tuple[Dropped, float]] = {}
        """how each file was, and since when"""
        self._stuck: dict[str, Dropped] = {}

    def ready(self, now: float) -> list[Dropped]:
        """Files that have not changed for long enough, the oldest first; raises SourceError."""
        seen = {each.name: (each, self._since(each, now)) for each in self._look()}
        self._seen = seen
        self._stuck = {name: each for name, each in self._stuck.items() if seen.get(name, (None,))[0] == each}
        whole = [
            each
            for each, since in seen.values()
            if now - since >= self._settle and each.name not in self._stuck
        ]
        return sorted(whole, key=lambda each: (each.changed, each.name))[:MOST_READY]

    def path(self, dropped: Dropped) -> Path:
        """Where a file lies."""
        return self._folder / dropped.name

    def done(self, files: Iterable[Dropped]) -> list[str]:
        """Put away what was read and committed, or remove it; what cannot be is not read again, and is told."""
        return [fault for each in files if (fault := self._away(each, DONE))]

    def faulty(self, dropped: Dropped, what: str) -> str:
        """Put away what cannot be read, with a text that says why; what is wrong with that, or nothing."""
        fault = self._away(dropped, FAULTS)
        if not fault:
            note = self._folder / FAULTS / f"{dropped.name}.txt"
            try:
                note.write_text(f"{legible(dropped.name)}: {what}\n", "utf-8")
            except OSError as error:
                return f"{legible(str(note))} cannot be written: {error.strerror}"
        return fault

    def is_still(self, dropped: Dropped) -> bool:
        """Whether a file lies there unchanged."""
        return _stat(self.path(dropped)) == dropped

    def _since(self, dropped: Dropped, now: float) -> float:
        was = self._seen.get(dropped.name)
        return was[1] if was and was[0] == dropped else now

    def _look(self) -> list[Dropped]:
        try:
            with os.scandir(self._folder) as entries:
                names = [
                    entry.name
                    for entry in islice(entries, MOST_LOOKED_AT)
                    if not entry.name.startswith(".")
                    and not entry.name.lower().endswith(UNFINISHED)
                    and entry.is_file(follow_symlinks=False)
                ]
        except OSError as error:
            raise SourceError(
                f"{self._folder}: {error.strerror}; the folder must exist and be ours to read"
            ) from error
        return [found for name in names if (found := _stat(self._folder / name))]

    def _away(self, dropped: Dropped, where: str) -> str:
        path, folder = self.path(dropped), self._folder / where
        try:
            if self._remove and where == DONE:
                path.unlink()
            else:
                folder.mkdir(exist_ok=True)
                target = folder / dropped.name
                path.rename(folder / f"{dropped.name}.{dropped.changed}" if target.exists() else target)
        except OSError as error:
            self._stuck[dropped.name] = dropped
            return f"{legible(str(path))} cannot be put into {where}: {error.strerror}; make the folder ours to write"
        return ""


def _stat(path: Path) -> Dropped | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return Dropped(path.name, found.st_size, found.st_mtime_ns)
