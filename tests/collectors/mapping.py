"""What feeds are given in tests: units by code, national statuses, a working calendar, and a book that remembers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from collectors.casemap import CaseMap
from collectors.caserows import Mapper
from collectors.casevalues import Known
from collectors.feed import Around, Batch
from ioc import deadline
from ioc.cases.model import Finding, Record, Stage, Step, Supplement, Update
from ioc.cases.status import national
from ioc.errors import NotCommitted
from ioc.telemetry import Telemetry
from tests.book.making import CALENDAR, HANOI, at
from tests.fakes import HandClock

CASES = Path(__file__).parents[1] / "cases"
UNITS = {"H44.12": "xa-1", "H44": "tinh"}
NOW = at("2026-10-20 08:00")
DATES = ("at", "received", "due", "closed", "asked", "brought", "due_before", "due_after")


def day_end(day: date) -> float:
    """The end of a date's last session."""
    end = deadline.end_of_day(CALENDAR, day)
    assert end is not None
    return end


def stage_of(kind: str, status: str) -> Stage | None:
    """What a national status means."""
    return national().stage(status) if status else None


KNOWN = Known(HANOI, lambda scheme, code: UNITS.get(code), stage_of, day_end)


def mapper(folder: Path) -> Mapper:
    """The map of a golden case."""
    return Mapper(
        CaseMap.model_validate(yaml.safe_load((folder / "map.yaml").read_text("utf-8"))), "portal", KNOWN
    )


def shown(update: Update | Supplement) -> dict[str, Any]:
    """An update as golden cases show it: what is not empty, moments as they read in Hanoi."""
    found: dict[str, Any] = {} if isinstance(update, Supplement) else {"is": type(update).__name__.lower()}
    for name, value in update._asdict().items():
        if name in DATES and value is not None:
            found[name] = datetime.fromtimestamp(value, HANOI).isoformat(" ").removesuffix("+07:00")
        elif name == "supplements" and value:
            found[name] = [shown(each) for each in value]
        elif value:
            found[name] = value
    return found


class Kept:
    """A book that remembers what it was given; `refuse` makes it refuse."""

    def __init__(self, cursor: str | None = None) -> None:
        self.batches: list[Batch] = []
        self.cursor = cursor
        self.refuse = False
        self.before: Callable[[Batch], None] = lambda batch: None
        self.said: list[tuple[str, str]] = []
        self.telemetry = Telemetry()
        self.clock = HandClock(NOW)

    async def keep(self, batch: Batch) -> None:
        """Remember a batch."""
        self.before(batch)
        if self.refuse:
            raise NotCommitted("the disk is full")
        self.batches.append(batch)
        self.cursor = batch.cursor if batch.cursor is not None else self.cursor

    def around(self) -> Around:
        """What a feed is built from."""
        return Around(
            "mot-cua", self.clock, self.telemetry, HANOI, self.keep, lambda: self.cursor, KNOWN.unit_of, stage_of,
            day_end, lambda state, detail: self.said.append((state, detail)),
        )  # fmt: skip

    @property
    def updates(self) -> list[Record | Step]:
        """Every update, in the order it came."""
        return [each for batch in self.batches for each in batch.updates]

    @property
    def findings(self) -> list[Finding]:
        """Every finding, in the order it came."""
        return [each for batch in self.batches for each in batch.findings]

    @property
    def keys(self) -> list[str]:
        """The keys of the updates."""
        return [each.key for each in self.updates]
