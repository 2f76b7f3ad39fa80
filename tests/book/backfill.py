"""A process that reads a folder of tables into a book, until it is through or killed: `python -m … FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from collectors.feed import Batch
from collectors.feeds.folder import Folder, FolderOptions
from ioc.cases.book import Book
from ioc.cases.file import CaseFile
from ioc.telemetry import Telemetry
from tests.book.making import TERMS, above
from tests.collectors.mapping import NOW, Kept
from tests.fakes import HandClock

FEED = "sao-luu"
HEADER = "Mã hồ sơ;Đơn vị;Tiếp nhận;Hẹn trả\n"
MAP = {"kind": "dossier", "id": "Mã hồ sơ", "unit": "Đơn vị", "received": "Tiếp nhận", "due": "Hẹn trả"}


def opened(folder: Path) -> tuple[Book, CaseFile]:
    """The book of a folder."""
    file = CaseFile.open(folder / "cases.db", telemetry=Telemetry())
    return Book(file, TERMS, "1", above, HandClock(NOW), Telemetry(), lambda key, value: None), file


async def read(folder: Path) -> None:
    """Read what lies in the folder; a line is printed when a batch is on disk."""
    book, file = opened(folder)

    async def keep(batch: Batch) -> None:
        cursor = None if batch.cursor is None else (FEED, batch.cursor)
        await book.apply(batch.updates, batch.findings, cursor)
        print(batch.cursor, flush=True)

    options = FolderOptions.model_validate({"folder": str(folder / "in"), "settle": 0, "map": MAP})
    around = replace(Kept().around(), keep=keep, cursor=lambda: file.cursor(FEED))
    await Folder(options, around).look()
    await book.close()


if __name__ == "__main__":
    asyncio.run(read(Path(sys.argv[1])))
