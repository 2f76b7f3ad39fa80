"""Where the feed `edxml` stands in a test: the book beside it, a letter, a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collectors.feed import MOST_A_BATCH, Around, Batch
from collectors.feeds.edxml import Edxml, EdxmlOptions
from ioc.cases.model import Finding, Record, Step
from ioc.errors import NotCommitted
from ioc.telemetry import Telemetry
from tests.collectors.documents_made import Letter
from tests.fakes import HandClock

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VXP = {"lists": ["/v1/getReceivedEdocList"], "fetch": "/v1/getEdoc"}
NOON = datetime(2026, 11, 24, 12, tzinfo=ZONE).timestamp()


@dataclass
class Book:
    """Stands where the book of cases does: keeps what is committed, refuses when told to."""

    clock: HandClock = field(default_factory=lambda: HandClock(NOON))
    batches: list[Batch] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    cursor: str | None = None
    refuses: bool = False
    commits: int = 1_000
    """after which it refuses"""
    telemetry: Telemetry = field(default_factory=Telemetry)

    async def keep(self, batch: Batch) -> None:
        if self.refuses or len(self.batches) >= self.commits:
            raise NotCommitted("the disk is full")
        assert len(batch.updates) <= MOST_A_BATCH
        self.batches.append(batch)
        self.cursor = batch.cursor if batch.cursor is not None else self.cursor

    def around(self) -> Around:
        units = {"000.00.12.H44": "viet-tri"}
        return Around(
            "axis", self.clock, self.telemetry, ZONE, self.keep, lambda: self.cursor,
            lambda scheme, code: units.get(code), lambda kind, status: None, day_end,
            lambda state, detail: self.said.append((state, detail)),
        )  # fmt: skip

    @property
    def updates(self) -> list[Record | Step]:
        return [each for batch in self.batches for each in batch.updates]

    @property
    def findings(self) -> list[Finding]:
        return [each for batch in self.batches for each in batch.findings]

    def count(self, name: str) -> int:
        return self.telemetry.count(f"ioc_feed_{name}", feed="axis")


def day_end(day: date) -> float:
    return datetime.combine(day, time(17), ZONE).timestamp()


def letter(n: int) -> Letter:
    return Letter(f"000.00.00.H44,2026/11/24,{n}/UBND-VP")


def boxed(folder: Path, book: Book, **given: Any) -> Edxml:
    return Edxml(EdxmlOptions.model_validate({"folder": str(folder), **given}), book.around())


async def settled(feed: Edxml, book: Book) -> float:
    """Look, let what is there settle, look again."""
    await feed.turn()
    book.clock.at += 10
    return await feed.turn()


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()} if folder.exists() else set()
