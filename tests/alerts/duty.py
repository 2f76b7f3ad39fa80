"""A duty to be told by: three people with telephones and mail, a desk, a chain of three steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from alerts.channels.base import Receiver
from ioc.duty import Chain, Contact, Duty, Layer, Person, Route, Schedule, Step
from ioc.matchers import parse
from ioc.worktime import WorkCalendar
from tests.alerts.world import Inbox, World
from tests.fakes import HandClock

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = WorkCalendar(ZONE, frozenset({1, 2, 3, 4, 5}), ((450, 690), (810, 1020)))
NAMES = {"an": "Nguyễn Văn An", "binh": "Trần Thị Bình", "hai": "Lê Hải"}
PHONES = {"an": "+84912000101", "binh": "+84912000102", "hai": "+84912000106"}


def person(id: str, unit: str = "") -> Person:
    contacts = (Contact("sms", PHONES[id]), Contact("mail", f"{id}@example.vn"))
    return Person(id, NAMES[id], contacts, unit)


def duty(*routes: Route, repeat: int = 1, remind: float = 3600.0) -> Duty:
    """An and Bình take turns of a week, and it is An's at first; Hải is of the province's own unit."""
    people = {"an": person("an"), "binh": person("binh"), "hai": person("hai", "th")}
    layer = Layer((("an",), ("binh",)), datetime(2026, 1, 12, 8, 0), days=7)  # noqa: DTZ001 -- local by definition
    chain = Chain(
        "truc",
        (Step(("schedule:truc",), 600.0), Step(("unit",), 900.0), Step(("person:binh",), 1200.0)),
        repeat,
        remind,
    )
    return Duty(
        people, {"truc": Schedule("truc", "Trực", ZONE, (layer,))}, {"truc": chain}, routes or usual()
    )


def usual() -> tuple[Route, ...]:
    """Critical: the desk, and the chain. Anything else: the desk alone."""
    return (
        Route("grave", severities=frozenset({"critical"}), tell=("receiver:desk",), chain="truc"),
        Route("rest", match=(parse('kind!="uplink"'),), tell=("receiver:desk",)),
    )


class Addressed(Inbox):
    """A channel that only goes where a person's contact says."""

    def own_address(self) -> str:
        return ""


class Office:
    """A World whose receivers are a desk, telephones and mail; `told` is what arrived, in order."""

    def __init__(self, path: Path, configured: Duty | None = None, **more: Any) -> None:
        self.path = path
        self.duty = configured if configured is not None else duty()
        self.more = more
        self.lines: Mapping[str, Inbox] = {"desk": Inbox(), "sms": Addressed(), "mail": Addressed()}
        self.world = self._begin(None)

    def _begin(self, clock: HandClock | None) -> World:
        receivers = {name: Receiver(name, line) for name, line in self.lines.items()}
        calendars = {"office": OFFICE}
        return World(
            self.path, clock=clock, receivers=receivers, duty=self.duty, calendars=calendars, **self.more
        )

    async def restart(self, after: float = 0.0) -> None:
        """Kill the service, and start it on what the file holds."""
        await self.world.stop()
        clock = HandClock(self.world.clock.at + after)
        self.world = self._begin(clock)

    def got(self) -> list[tuple[str, str]]:
        """Kind and party of everything that arrived, in order of their ids."""
        every = [each for line in self.lines.values() for each in line.got]
        return [
            (str(each.kind), each.person or each.receiver) for each in sorted(every, key=lambda one: one.id)
        ]

    def news(self) -> list[tuple[str, str]]:
        """What arrived since the last look."""
        found = self.got()
        for line in self.lines.values():
            line.got.clear()
        return found
