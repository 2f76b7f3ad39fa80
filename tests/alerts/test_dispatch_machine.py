"""Whatever fails, moves or restarts: every message arrives, by itself or in a summary, and none twice unmarked."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ioc.duty import Contact, Person
from tests.alerts.office import AN, Line, Office
from tests.fakes import HandClock

BINH = Person("bình", "Trần Bình", (Contact("sms", "0913"),))
LINES = ("zalo", "sms", "mail", "desk")
MODES = st.sampled_from(["ok", "ok", "away", "never", "hang"])


class Deliveries(RuleBasedStateMachine):
    """Offers, failures for now and for good, hangs, time, kills and receivers that come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.lines = {name: Line() for name in LINES}
        self.owed: dict[int, tuple[int, str]] = {}
        """every message that the desk owed: its incident and kind"""
        self.opened: set[tuple[int, str]] = set()
        self.office: Office

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        async def start() -> None:
            self.office = Office(Path(self.folder.name), lines=self.lines, people={"an": AN, "bình": BINH})

        self.run(start())

    @rule(incident=st.integers(1, 3), whom=st.sampled_from(["an", "bình", "desk"]), grave=st.booleans())
    def open(self, incident: int, whom: str, grave: bool) -> None:
        async def owe() -> None:
            person = self.office.people.get(whom)
            if person and self.office.dispatch.contact(incident, person) is None:
                return  # no receiver of this person is configured: the desk owes nothing
            kind = "raised" if (incident, whom) in self.opened else "opened"
            self.opened.add((incident, whom))
            more = {"receiver": "desk"} if whom == "desk" else {"person": whom}
            severity = "critical" if grave else "warning"
            self.owed[self.office.owe(incident, kind, severity=severity, **more)] = (incident, kind)
            await self.office.settle()

        self.run(owe())

    @rule(name=st.sampled_from(LINES), mode=MODES)
    def fares(self, name: str, mode: str) -> None:
        line = self.lines[name]
        line.let_go.set()  # whoever hangs now learns the new way
        line.mode = mode
        if mode == "hang":
            line.let_go = asyncio.Event()
        self.run(self.office.settle())

    @rule(seconds=st.sampled_from([1.0, 20.0, 61.0, 301.0, 1800.0, 4000.0]))
    def time(self, seconds: float) -> None:
        self.run(self.office.go(seconds))

    @rule(names=st.sets(st.sampled_from(LINES)))
    def configured(self, names: set[str]) -> None:
        async def apply() -> None:
            receivers = {
                name: self.office.receiver(name) for name in LINES if name in names or name == "desk"
            }
            self.office.dispatch.apply(receivers, self.office.people)
            await self.office.settle()

        self.run(apply())

    @rule(off=st.sampled_from([0.5, 30.0, 7200.0]))
    def killed(self, off: float) -> None:
        """Die with whatever is under way, and start again a while later."""

        async def again() -> None:
            was = self.office
            was.timers.stop()
            await was.ledger.drained()
            for task in list(was.dispatch._outbox._tasks):
                task.cancel()
            was.dispatch._outbox._closing = True
            await asyncio.sleep(0)
            await was.ledger.close()
            clock = HandClock(was.clock.at + off)
            self.office = Office(Path(self.folder.name), lines=self.lines, people=was.people, clock=clock)
            await self.office.settle()

        self.run(again())

    @invariant()
    def nothing_is_told_twice_unmarked(self) -> None:
        got = [each for line in self.lines.values() for each in line.got]
        for id in {each.id for each in got}:
            assert sum(each.id == id and not each.repeat for each in got) <= 1

    @invariant()
    def what_is_through_says_so(self) -> None:
        for settlement in getattr(getattr(self, "office", None), "settlements", ()):
            if settlement.state == "withdrawn":
                assert settlement.answer
            if settlement.instead is not None:
                assert settlement.instead.id > settlement.notification.id

    def teardown(self) -> None:
        async def end() -> None:
            for line in self.lines.values():
                line.mode = "ok"
                line.let_go.set()
            self.office.dispatch.apply(
                {name: self.office.receiver(name) for name in LINES}, self.office.people
            )
            await self.office.go(3 * 3600)
            rows = {row[0]: row[1:] for row in self.office.rows("id, state, summary, incident, kind")}
            await self.office.stop()
            assert all(row[0] != "owed" for row in rows.values()), rows
            for id in self.owed:
                assert self._is_told(id, rows), f"message {id} is lost: {rows}"

        if hasattr(self, "office"):
            self.run(end())
        self.loop.close()
        self.folder.cleanup()

    def _is_told(self, id: int, rows: dict[int, tuple[Any, ...]]) -> bool:
        """Whether it, or what took its place, arrived, or was refused for good by whoever was left."""
        state, summary, *_ = rows[id]
        if state == "told":
            return True
        if state == "withdrawn" and summary is not None:
            return self._is_told(summary, rows)
        after = [other for other, before in self._instead().items() if before == id]
        if after:
            return any(self._is_told(each, rows) for each in after)
        if state == "withdrawn":  # another one was told first
            return any(row[0] == "told" for row in rows.values())
        return bool(state == "failed")

    def _instead(self) -> dict[int, int]:
        import sqlite3

        db = sqlite3.connect(Path(self.folder.name) / "state.db")
        found = dict(db.execute("SELECT id, instead_of FROM deliveries WHERE instead_of IS NOT NULL"))
        db.close()
        return found


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
