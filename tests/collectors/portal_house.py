"""A feed of the national shape with a book that keeps what it is told, in simulated time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from collectors.feed import Around, Batch, Heard, Said
from collectors.feeds.national import National, NationalOptions
from ioc.cases.merge import merge
from ioc.cases.model import Case, Finding, Stage, Update
from ioc.cases.status import national
from ioc.errors import NotCommitted
from ioc.telemetry import Telemetry
from tests.fakes import HandClock

Keep = Callable[[Batch], Awaitable[None]]
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
USERNAME, PASSWORD = "cong-dvc", "mat-khau-cua-tinh"
UNITS = {"H44.12": "xa-12", "000.17.22.H44": "so-tu-phap", "H44": "tinh"}


def moment(text: str) -> float:
    """A local time as `2026-10-05 08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


HEARD = moment("2026-10-10 12:00")


@dataclass
class Desk:
    """Keeps what it is told, once `gate` is open; while `full` it refuses."""

    updates: list[Update] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    full: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def keep(self, batch: Batch) -> None:
        await self.gate.wait()
        if self.full:
            raise NotCommitted("disk full")
        self.updates += batch.updates
        self.findings += batch.findings
        self.sizes.append(len(batch.updates))

    async def find(self, key: str) -> Case | None:
        case: Case | None = None
        for update in self.updates:
            if update.key == key:
                case = merge(case, update)[0]
        return case


class House:
    """The feed, and a portal's side of it."""

    def __init__(
        self, options: Mapping[str, Any] | None = None, *, finds: bool = True, keep: Keep | None = None
    ) -> None:
        self.clock, self.desk, self.telemetry = HandClock(HEARD), Desk(), Telemetry()
        self.said: list[tuple[str, str]] = []
        given = {"username": USERNAME, "password": PASSWORD, **(options or {})}
        self.feed = National(
            NationalOptions.model_validate(given), self._around(finds, keep or self.desk.keep)
        )

    def _around(self, finds: bool, keep: Keep) -> Around:
        return Around(
            id="portal",
            clock=self.clock,
            telemetry=self.telemetry,
            zone=ZONE,
            keep=keep,
            cursor=lambda: None,
            unit_of=lambda scheme, code: UNITS.get(code),
            stage_of=stage_of,
            day_end=day_end,
            say=lambda state, detail: self.said.append((state, detail)),
            find=self.desk.find if finds else None,
        )

    async def post(self, path: str, body: object) -> Said:
        """What the feed answers to a body; bytes go as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.feed.hear(Heard("POST", path, {}, raw))

    async def sign_in(self, username: str = USERNAME, password: str = PASSWORD) -> Any:
        said = await self.post("/mapi/login", {"username": username, "password": password})
        return json.loads(said.body)

    async def call(self, service: str, rows: Sequence[object], **more: object) -> Any:
        """What is answered to rows, sent with a new session."""
        session = (await self.sign_in())["session"]
        body = {"session": session, "madonvi": "H44", "service": service, "data": rows, **more}
        return json.loads((await self.post("/mapi/g", body)).body)


def stage_of(kind: str, status: str) -> Stage | None:
    return national().stage(status) if kind == "dossier" else None


def day_end(day: date) -> float:
    if day.year > 2050:
        raise ValueError("the calendar ends with 2050")
    return datetime(day.year, day.month, day.day, 17, tzinfo=ZONE).timestamp()
