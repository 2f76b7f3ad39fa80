"""A folder that tables are dropped into: CSV and XLSX, read as a stream, a batch of rows at a time.

Beside a file that is being read lie `NAME.progress.json` and, where rows are wrong, `NAME.faults.csv`, a line for each
fault; the three go to `done` together. After a kill reading goes on behind the last row that was committed: the cursor
names the file by a digest of what is in it. A file that cannot be read goes to `faults` with a text that says why; what
was read of it is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field

from collectors import csvfile, spreadsheet
from collectors.casemap import CaseMap
from collectors.caserows import Mapped, Mapper, findings
from collectors.casevalues import Known, RowFault
from collectors.dropbox import DONE, FAULTS, Dropbox, Dropped
from collectors.faultlist import FaultList
from collectors.feed import Around, Batch, Heard, Said
from collectors.tablerows import TableRow, headed
from ioc.cases.model import Fault, Finding
from ioc.errors import CodecError, NotCommitted, SourceError

ROWS_A_BATCH = 500
"""which are 1,000 updates where a row gives a step too"""
MOST_FINDINGS = 10_000
"""findings of one file that the book keeps; all of them are in its list"""
PIECE = 1_048_576
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
SHEETS = (".xlsx", ".xlsm")
OURS = (".faults.csv", ".progress.json")
Made = TypeVar("Made")


class FolderOptions(BaseModel):
    """Which folder is looked into, and how its tables are read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: str = Field(min_length=1, max_length=1_000)
    """where files are dropped; `done` and `faults` are made in it"""
    every: float = Field(default=10.0, ge=1.0, le=3_600.0)
    """seconds between looks"""
    settle: float = Field(default=5.0, ge=0.0, le=600.0)
    """seconds for which a file must not have changed before it is read"""
    encoding: Literal["utf-8", "cp1258", "utf-16"] = "utf-8"
    """how letters are written in CSV"""
    delimiter: Literal["", ",", ";", "\t", "|"] = ""
    """what separates cells in CSV; empty: whichever the header has most of"""
    sheet: str = Field(default="", max_length=31)
    """the sheet of a workbook; empty: the first"""
    header: int = Field(default=1, ge=1, le=100)
    """the row with the names of the columns"""
    map: CaseMap
    """where each field of a case stands in a row"""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file is read: its digest, the last row committed, the length of its list of faults then."""

    file: str = ""
    digest: str = ""
    row: int = 0
    updates: int = 0
    findings: int = 0
    faults: int = 0
    """bytes"""
    done: bool = False

    @classmethod
    def of(cls, cursor: str | None) -> Place:
        """As `text` wrote it; the beginning where there is none, or one of another form."""
        try:
            return cls(**orjson.loads(cursor)) if cursor else cls()
        except (TypeError, ValueError):
            return cls()

    def text(self) -> str:
        """As the book keeps it."""
        return orjson.dumps(self).decode()


class Folder:
    """Reads each file once, the oldest first."""

    name: ClassVar[str] = "folder"
    Options: ClassVar[type[BaseModel]] = FolderOptions

    def __init__(self, options: FolderOptions, around: Around) -> None:
        self._options, self._around = options, around
        self._dropbox = Dropbox(Path(options.folder), options.settle)
        known = Known(around.zone, around.unit_of, around.stage_of, around.day_end)
        self._mapper = Mapper(options.map, around.id, known)
        self._rows = self._tally("ioc_feed_rows", "rows that a feed read")
        self._updates = self._tally("ioc_feed_updates", "updates that a feed brought")
        self._dropped = self._tally("ioc_feed_findings_dropped", "findings of a feed that only its list has")

    async def run(self) -> None:
        """Look into the folder until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._options.every)

    async def hear(self, heard: Heard) -> Said:
        """Nothing can be posted."""
        return Said(404, orjson.dumps({"error": "path", "message": "this feed reads files"}))

    async def look(self) -> int:
        """Read what lies there whole; how many files that were."""
        try:
            ready = await asyncio.to_thread(self._dropbox.ready, self._around.clock.now())
            tables = [each for each in ready if _is_table(each.name)]
            for dropped in tables:
                await self._read(dropped)
        except NotCommitted as error:
            self._around.say("failing", f"nothing can be kept: {error}")
        except (SourceError, OSError) as error:
            self._around.say("failing", str(error))
        else:
            return len(tables)
        return 0

    async def _read(self, dropped: Dropped) -> None:
        path = self._dropbox.path(dropped)
        digest = await asyncio.to_thread(_digest, path)
        before = Place.of(self._around.cursor())
        place = before if before.digest == digest else Place(dropped.name, digest)
        try:
            if not place.done:
                place = await self._read_on(path, place)
        except CodecError as error:
            await self._refuse(dropped, str(error))
            return
        if not await asyncio.to_thread(self._dropbox.is_still, dropped):
            raise SourceError(f"{dropped.name} changed while it was read; it is read again")
        await self._put_away(dropped)
        self._around.say("ok", f"{dropped.name}: {place.updates} updates, {place.findings} findings")

    async def _read_on(self, path: Path, place: Place) -> Place:
        """Read a file from a place to its end; raises CodecError, NotCommitted, OSError."""
        began, first = self._around.clock.now(), place.row
        with closing(self._table(path)) as table, FaultList(_beside(path, OURS[0]), place.faults) as faults:
            rows = dropwhile(lambda row: row.number <= first, table)
            while mapped := await _whole(asyncio.to_thread(self._mapped, rows)):
                place = await self._keep(mapped, place, faults)
                took = max(self._around.clock.now() - began, 0.001)
                await asyncio.to_thread(self._show, path, place, (place.row - first) / took)
            place = replace(place, done=True)
            await self._around.keep(Batch(cursor=place.text()))
            await asyncio.to_thread(self._show, path, place, None)
        return place

    def _table(self, path: Path) -> Generator[TableRow, None, None]:
        """The rows of a file, whatever its format."""
        options, sheet = self._options, path.suffix.lower() in SHEETS
        rows = (
            spreadsheet.rows(path, options.sheet)
            if sheet
            else csvfile.rows(path, options.encoding, options.delimiter, options.header)
        )
        return headed(rows, options.header, options.map.columns(), whole=not sheet)

    def _mapped(self, rows: Iterator[TableRow]) -> list[tuple[int, Mapped]]:
        """The next rows, each with its number."""
        now = self._around.clock.civil(self._around.clock.now())
        return [(row.number, self._of(row, now)) for row in islice(rows, ROWS_A_BATCH)]

    def _of(self, row: TableRow, now: float) -> Mapped:
        own = tuple(RowFault(row.number, "row", "", Fault.UNREADABLE, what) for what in row.faults)
        if not row.values:
            return Mapped("", (), own)
        mapped = self._mapper.row_to(row.values, row.number, now)
        return mapped._replace(faults=(*own, *mapped.faults)) if own else mapped

    async def _keep(self, mapped: list[tuple[int, Mapped]], place: Place, faults: FaultList) -> Place:
        """Commit a batch and where it ends; the list of faults is written before, and cut to that after a kill."""
        updates = [update for _, each in mapped for update in each.updates]
        wrong = [fault for _, each in mapped for fault in each.faults]
        length = await _whole(asyncio.to_thread(faults.add, wrong))
        room = max(0, MOST_FINDINGS - place.findings)
        found = list(islice((one for _, each in mapped for one in findings(each, self._around.id)), room))
        following = replace(
            place,
            row=mapped[-1][0],
            updates=place.updates + len(updates),
            findings=place.findings + len(wrong),
            faults=length,
        )
        await self._around.keep(Batch(updates, found, following.text()))
        self._rows.n += len(mapped)
        self._updates.n += len(updates)
        self._dropped.n += len(wrong) - len(found)
        return following

    def _show(self, path: Path, place: Place, rate: float | None) -> None:
        """Write how far it is beside the file."""
        shown: dict[str, Any] = {
            "row": place.row, "updates": place.updates, "findings": place.findings, "done": place.done,
        }  # fmt: skip
        if rate is not None:
            shown["rows_a_second"] = round(rate)
        _beside(path, OURS[1]).write_bytes(orjson.dumps(shown))

    async def _refuse(self, dropped: Dropped, what: str) -> None:
        """Put a file away that cannot be read, or not further, and tell."""
        finding = Finding("", Fault.UNREADABLE, self._around.id, f"{dropped.name}: {what}")
        await self._around.keep(Batch((), (finding,)))
        await asyncio.to_thread(_ahead, self._dropbox.path(dropped), FAULTS)
        wrong = await asyncio.to_thread(self._dropbox.faulty, dropped, what)
        self._around.say("failing", f"{dropped.name}: {wrong or what}")

    async def _put_away(self, dropped: Dropped) -> None:
        await asyncio.to_thread(_ahead, self._dropbox.path(dropped), DONE)
        wrong = await asyncio.to_thread(self._dropbox.done, [dropped])
        if wrong:
            raise SourceError(wrong[0])

    def _tally(self, name: str, help: str) -> Any:
        return self._around.telemetry.tally(name, help, feed=self._around.id)


async def _whole(work: Coroutine[Any, Any, Made]) -> Made:
    """What a thread makes; when cancelled, once it has ended, for until then it holds what it reads from."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _is_table(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(TABLES) and not lower.endswith(OURS) and not lower.startswith("~$")


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _ahead(path: Path, where: str) -> None:
    """Put what was written beside a file to where the file goes next, so that a kill between leaves none behind."""
    for ending in OURS:
        beside = _beside(path, ending)
        if beside.exists():
            (path.parent / where).mkdir(exist_ok=True)
            beside.replace(path.parent / where / beside.name)


def _digest(path: Path) -> str:
    found = blake2b(digest_size=16)
    with path.open("rb") as file:
        for piece in iter(partial(file.read, PIECE), b""):
            found.update(piece)
    return found.hexdigest()
