"""edXML messages from a folder: each whole file is read, committed, and only then put away.

What touches the disk runs in a thread, since a folder can be large and a share slow. The cursor names the
files of the last commit: after a kill they are put away without being read again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import orjson

from collectors.documents.taking import Taking
from collectors.dropbox import Dropbox, Dropped
from collectors.feed import Around
from collectors.wire.edxml import Message, Reader
from ioc.errors import CodecError, SourceError

PIECE = 256 * 1024


class DocumentBox:
    """Reads a folder's messages into a feed."""

    def __init__(self, box: Dropbox, around: Around, taking: Taking) -> None:
        self._box, self._around, self._taking = box, around, taking
        self._resumed = False

    async def look(self) -> bool:
        """Take the files that are whole; whether there were any. Raises SourceError, NotCommitted."""
        if not self._resumed:
            self._resumed = True
            await asyncio.to_thread(self._finish, self._around.cursor())
        ready = await asyncio.to_thread(self._box.ready, self._around.clock.now())
        if ready:
            await self._take(ready)
        return bool(ready)

    async def close(self) -> None:
        """Nothing is held between looks."""

    async def _take(self, ready: list[Dropped]) -> None:
        self._taking.forget()
        read: list[Dropped] = []
        faults: dict[str, str] = {}
        for each in ready:
            read.append(each)
            if what := await self._one(each):
                faults[each.name] = what
            if self._taking.full:
                break
        await self._taking.commit(cursor_of(read))
        await asyncio.to_thread(self._put_away, read, faults)

    async def _one(self, dropped: Dropped) -> str:
        """Read one file; what is wrong with it, or nothing."""
        try:
            self._taking.add(await asyncio.to_thread(_read, self._box.path(dropped), self._taking.reader()))
        except CodecError as error:
            self._taking.unreadable(dropped.name, str(error))
            return str(error)
        return ""

    def _finish(self, cursor: str | None) -> None:
        """Put away what was committed before a kill, and still lies there as it was."""
        self._put_away([each for each in files_of(cursor) if self._box.is_still(each)], {})

    def _put_away(self, read: list[Dropped], faults: dict[str, str]) -> None:
        wrong = self._box.done([each for each in read if each.name not in faults])
        wrong += [self._box.faulty(each, faults[each.name]) for each in read if each.name in faults]
        if found := list(filter(None, wrong)):
            raise SourceError(found[0])


def cursor_of(files: Iterable[Dropped]) -> str:
    """The cursor that names these files, each byte of a name as one character: names need not be Unicode."""
    return orjson.dumps([[_plain(each.name), each.size, each.changed] for each in files]).decode()


def files_of(cursor: str | None) -> list[Dropped]:
    """The files that a cursor names; none where it is another feed's."""
    try:
        said = orjson.loads(cursor or "[]")
        return [Dropped(_name(str(plain)), int(size), int(changed)) for plain, size, changed in said]
    except (TypeError, ValueError):
        return []


def _plain(name: str) -> str:
    return os.fsencode(name).decode("latin-1")


def _name(plain: str) -> str:
    return os.fsdecode(plain.encode("latin-1"))


def _read(path: Path, reader: Reader) -> Message:
    """A file's message; raises CodecError."""
    try:
        with path.open("rb") as file:
            while data := file.read(PIECE):
                reader.feed(data)
    except OSError as error:
        raise CodecError(f"cannot be read: {error.strerror}") from error
    return reader.end()
