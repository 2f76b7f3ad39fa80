"""A province's service in simulated time: all of it is real but the probes and what is behind the channels."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from alerts.channels.base import Receipt, Receiver
from alerts.engine import Engine
from alerts.notification import Notification
from alerts.rules import Rule
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.config.load import examine
from ioc.errors import Undeliverable
from ioc.expectation import Expectation
from ioc.intake import Intake
from ioc.inventory import Endpoint
from ioc.matchers import parse
from ioc.model import Role, Sample, Verdict
from ioc.picture import Picture
from ioc.reading import parts
from ioc.state.ledger import Ledger, Write
from ioc.telemetry import Telemetry
from tests.alerts.world import HandTimers
from tests.fakes import HandClock

HALF_HOUR = 1800.0
"""seconds between two looks at the calendars; what they say changes at whole half hours"""
ROUNDS = 5
"""how often commits and deliveries are waited for: a decision that follows from a delivery follows within them"""


class FarEnd:
    """What is behind a channel: it keeps what it takes, and does as it is told."""

    Options: ClassVar[type[BaseModel]] = BaseModel

    def __init__(self, own: str = "") -> None:
        self._own = own
        self.does = "takes"
        self.got: list[Notification] = []
        self._cut = asyncio.Event()

    def own_address(self) -> str:
        return self._own

    async def send(self, notification: Notification) -> Receipt:
        match self.does:
            case "refuses":
                raise Undeliverable("500 Internal Server Error", permanent=False)
            case "refuses_for_good":
                raise Undeliverable("550 no such mailbox", permanent=True)
            case "hangs":
                await self._cut.wait()
                raise Undeliverable("gone in the middle of a message", permanent=False)
        self.got.append(notification)
        return Receipt("200 OK")

    def cut_off(self) -> None:
        """End every attempt that hangs."""
        self._cut.set()
        self._cut = asyncio.Event()

    async def close(self) -> None:
        pass


def read(directory: Path, today: date) -> Config:
    """A configuration directory as `ioc run` reads it; a fault fails the test with all of them."""
    reading = examine(directory, parts(), {}, today)
    assert reading.config is not None, "\n".join(reading.faults)
    return reading.config


class Province:
    """One run of the service; `killed` gives the one that starts on what the disk held."""

    def __init__(
        self, config: Config, folder: Path, clock: HandClock, ends: Mapping[str, FarEnd] | None = None
    ) -> None:
        self.config = config
        self.clock = clock
        self.folder = folder
        self.ends = dict(ends or {name: FarEnd(_own(each)) for name, each in config.receivers.items()})
        self.complaints: list[Exception] = []
        self.verdicts: dict[str, Verdict] = dict.fromkeys(config.inventory.endpoints, Verdict.OK)
        folder.mkdir(parents=True, exist_ok=True)
        telemetry = Telemetry()
        self.ledger = Ledger.open(folder / "state.db", telemetry=telemetry, synchronous="OFF")
        self.picture = Picture("week", lambda see, error: self.complaints.append(error))
        self.timers: HandTimers
        self.engine = self._engine(telemetry)
        self._expectation = Expectation(clock, self._look_again)
        self.intake = Intake(
            clock, self.picture, dict.fromkeys(parts().sources, Role.REACHABILITY), self._expectation.expected,
            self.engine.is_maintained, self._remember, telemetry,
        )  # fmt: skip
        self._begin()

    @property
    def receivers(self) -> dict[str, Receiver]:
        """What is configured, with the far ends that are played."""
        return {
            name: Receiver(name, self.ends[name], each.severities, kind=each.channel, unit=each.unit)
            for name, each in self.config.receivers.items()
        }

    def _engine(self, telemetry: Telemetry) -> Engine:
        return Engine(
            self.clock, self.picture, self.ledger, self.config.inventory, _rules(self.config), self.receivers,
            lambda order: None, telemetry, "http://wall.example", on_maintenance=self._maintained, timers=self._hand,
            jitter=lambda: 0.5, duty=self.config.duty, calendars=self.config.calendars,
        )  # fmt: skip

    def _begin(self) -> None:
        self._expectation.apply(self.config.inventory, self.config.calendars)
        self.engine.restore()
        self.picture.watch(self.engine.on_change)
        self.intake.apply(self.config.inventory)
        self.intake.restore(
            self.ledger.read("SELECT subject, state, since FROM states"),
            self.ledger.read("SELECT subject, source, verdict, since FROM verdicts"),
        )

    def apply(self, config: Config) -> None:
        """Take over another configuration, as a reload does."""
        self.config = config
        self.engine.apply(config.inventory, _rules(config), self.receivers, config.duty, config.calendars)
        self._expectation.apply(config.inventory, config.calendars)
        self.intake.apply(config.inventory)

    # --- what happens ---

    def find(self, subject: str, verdict: Verdict) -> None:
        """The probe of an endpoint comes to a verdict."""
        self.verdicts[subject] = verdict
        self._probe(self.config.inventory.endpoints[subject])

    def with_those_behind(self, subject: str) -> list[str]:
        """An endpoint, then everything behind it."""
        return [subject, *self.config.inventory.descendants(subject)]

    def probe_all(self) -> None:
        """Every endpoint is probed once more, with the verdict that it has."""
        for each in self.config.inventory.endpoints.values():
            self._probe(each)

    async def until(self, civil: float) -> None:
        """Move time on: timers ring, calendars are looked at, commits and deliveries finish in between."""
        await self.settle()
        end = civil - self.clock.skew()
        while self.clock.at < end:
            edge = self.clock.at - self.clock.at % HALF_HOUR + HALF_HOUR
            await self._ring_until(min(edge, end))
            if self.clock.at == edge:
                self._expectation.rearm()
                self._look_again(self.config.inventory.endpoints, edge)
                self.probe_all()
            await self.settle()

    async def settle(self) -> None:
        """Let commits and deliveries finish; what hangs is not waited for."""
        for _ in range(ROUNDS):
            await self.ledger.drained()
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
        if self.complaints:
            raise self.complaints[0]

    async def silence(self, match: Iterable[str], end: float, reason: str, by: str) -> str:
        """Silence what the matchers hold of until a civil time; its id."""
        matchers = [parse(each) for each in match]
        return await self.engine.plans.silencing.begin(matchers, None, end - self.clock.skew(), reason, by)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the state file, read as another program would."""
        with sqlite3.connect(f"file:{self.folder / 'state.db'}?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    # --- the end ---

    async def kill(self, folder: Path) -> None:
        """kill -9: nothing of this run goes on, but what the disk held is in `folder`."""
        await self.ledger.drained()
        folder.mkdir(parents=True)
        for each in self.folder.glob("state.db*"):
            if each.suffix in (".db", ".db-wal"):
                shutil.copy(each, folder)
        await self.stop()

    async def stop(self) -> None:
        """Let go of everything."""
        for each in self.ends.values():
            each.cut_off()
        self._expectation.stop()
        self.intake.stop()
        await self.engine.close()
        await self.ledger.close()

    # --- neighbours ---

    async def _ring_until(self, end: float) -> None:
        while self.timers.ring_until(end):
            await self.settle()
        self.clock.at = end

    def _probe(self, endpoint: Endpoint) -> None:
        verdict = self.verdicts[endpoint.id]
        answered = verdict is not Verdict.DOWN
        source = endpoint.probes[0].source
        self.intake.accept(Sample(endpoint.id, self.clock.at, source, verdict, answered=answered))
        if self.complaints:
            raise self.complaints[0]

    def _hand(self, clock: Clock, ring: Callable[[Any, float], None]) -> HandTimers:
        assert isinstance(clock, HandClock)
        self.timers = HandTimers(clock, ring)
        return self.timers

    def _look_again(self, endpoints: Iterable[str], now: float) -> None:
        self.intake.look_again(endpoints, now)

    def _maintained(self, endpoints: Iterable[str]) -> None:
        self._look_again(endpoints, self.clock.now())

    def _remember(self, write: Write) -> None:
        self.ledger.commit(write)


def _rules(config: Config) -> tuple[Rule, ...]:
    return tuple(each for each in config.rules if isinstance(each, Rule))


def _own(receiver: Any) -> str:
    """Where a receiver goes by itself, as its options say."""
    return str(getattr(receiver.options, "url", "") or getattr(receiver.options, "to", "") or "")
