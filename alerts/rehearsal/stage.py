"""The real engine in simulated time: a clock that is set, timers that are rung, a state file in a scratch folder."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from alerts.channels.base import Receipt, Receiver
from alerts.engine import Engine, Key, Ring
from alerts.notification import Notification
from alerts.rules import Rule
from ioc.clock import Clock
from ioc.inventory import Inventory
from ioc.model import Command
from ioc.picture import Picture, See
from ioc.state.ledger import Ledger
from ioc.telemetry import Telemetry
from ioc.timers import Heap

ANSWERING = frozenset({"up", "degraded"})
MOST = 100_000
"""things that may happen in the tests of one file: a sample each, and a timer that comes due"""


class TooMuchError(Exception):
    """More happens in the tests of a file than is played."""


class Allowance:
    """How much may still happen in the tests of one file."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._left = most

    def take(self) -> None:
        """One thing more happens. Raises TooMuchError."""
        self._left -= 1
        if self._left < 0:
            raise TooMuchError


class SetClock(Clock):
    """A clock that stands until it is set; civil time is steady time."""

    __slots__ = ("at",)

    def __init__(self, at: float) -> None:
        super().__init__()
        self.at = at

    def now(self) -> float:
        """See Clock."""
        return self.at

    def skew(self) -> float:
        """See Clock."""
        return 0.0

    def civil(self, at: float) -> float:
        """See Clock."""
        return at


class SetTimers:
    """Timers that ring while time is moved over them."""

    def __init__(self, clock: SetClock, ring: Ring, allowance: Allowance) -> None:
        self._clock = clock
        self._ring = ring
        self._allowance = allowance
        self._heap: Heap[Key] = Heap()

    def set(self, key: Key, at: float) -> None:
        """See alerts.engine.Timers."""
        self._heap.set(key, at)

    def cancel(self, key: Key) -> None:
        """See alerts.engine.Timers."""
        self._heap.cancel(key)

    def stop(self) -> None:
        """See alerts.engine.Timers."""
        self._heap = Heap()

    def ring_first(self, end: float) -> bool:
        """Ring what is due first up to a moment; False when nothing is."""
        first = self._heap.next()
        if first is None or first > end:
            return False
        self._clock.at = max(self._clock.at, first)
        for key in self._heap.due(self._clock.at):
            self._allowance.take()
            self._ring(key, self._clock.at)
        return True


class Listener:
    """A channel that keeps what it is told."""

    Options: ClassVar[type[BaseModel]] = BaseModel

    def __init__(self, got: list[Notification]) -> None:
        self._got = got

    async def send(self, notification: Notification) -> Receipt:
        """See Channel."""
        self._got.append(notification)
        return Receipt("told")

    async def close(self) -> None:
        """See Channel."""

    def own_address(self) -> str:
        """Everything it is told, whoever it is for."""
        return "rehearsal"


@dataclass(frozen=True, slots=True)
class Cast:
    """Rules, endpoints, who is told which severities by receiver, and whatever else the engine takes."""

    rules: tuple[Rule, ...]
    inventory: Inventory
    receivers: Mapping[str, frozenset[str]]
    more: Mapping[str, Any]
    """further arguments of the engine: duty, calendars"""


class Stage:
    """One engine on simulated time; use as an async context manager."""

    def __init__(self, cast: Cast, start: float, allowance: Allowance) -> None:
        self.start = start
        self._allowance = allowance
        self.told: list[Notification] = []
        self._cast = cast
        self._clock = SetClock(start)
        self._timers: SetTimers | None = None
        self._errors: list[Exception] = []
        self._folder = tempfile.TemporaryDirectory(prefix="ioc-rules-test-")
        self.picture = Picture("rehearsal", self._complain)
        telemetry = Telemetry()
        path = Path(self._folder.name) / "state.db"
        self._ledger = Ledger.open(path, telemetry=telemetry, synchronous="OFF")
        channel = Listener(self.told)
        receivers = {name: Receiver(name, channel, wants) for name, wants in cast.receivers.items()}
        self.engine = Engine(
            self._clock, self.picture, self._ledger, cast.inventory, cast.rules, receivers, _ignore, telemetry,
            timers=self._make_timers, jitter=lambda: 0.5, **cast.more,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        self.engine.restore()
        self.picture.watch(self.engine.on_change)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.engine.close()
        await self._ledger.close()
        self._folder.cleanup()

    @property
    def since_start(self) -> float:
        """Seconds since the story began."""
        return self._clock.at - self.start

    async def go(self, until: float) -> None:
        """Move time on to so many seconds after the start, with all that comes due on the way."""
        end = self.start + until
        await self.settle()
        while self._timers is not None and self._timers.ring_first(end):
            await self.settle()
        self._clock.at = max(self._clock.at, end)
        self._check()

    async def settle(self) -> None:
        """Let commits and deliveries finish."""
        for _ in range(4):
            await self._ledger.drained()
            await asyncio.sleep(0)
            await self.engine.delivered()

    def put(self, key: str, found: Mapping[str, Any]) -> None:
        """Show a sample of a subject: its state, when it is among what was found, and numbers; None is no number."""
        was = self.picture.get(key) or {}
        now = self._clock.at
        state = found.get("state", was.get("state", "up" if key.startswith("endpoint/") else "ok"))
        fields = {name: each for name, each in {**_numbers(was), **found}.items() if each is not None}
        value = {
            "reason": "stale" if state == "unknown" else "none",
            "detail": "",
            **fields,
            "state": state,
            "since": was.get("since", now) if was.get("state") == state else now,
            "at": now,
            "measured": now,
            "answering": state in ANSWERING,
        }
        self.picture.put(key, value)
        self._check()

    def alerts(self) -> list[dict[str, str]]:
        """Every alert that is not calm: those that the state file has."""
        rows = self._ledger.read("SELECT rule, subject, phase FROM alerts ORDER BY rule, subject")
        return [{"rule": rule, "subject": subject, "phase": phase} for rule, subject, phase in rows]

    def incidents(self) -> list[Mapping[str, Any]]:
        """Every open incident, as the picture shows it."""
        found = [self.picture.get(key) or {} for key in self.picture.keys("incident/")]
        return sorted((each for each in found if each.get("status") == "open"), key=lambda each: each["id"])

    def _make_timers(self, clock: Clock, ring: Callable[[Key, float], None]) -> SetTimers:
        self._timers = SetTimers(self._clock, ring, self._allowance)
        return self._timers

    def _complain(self, see: See, error: Exception) -> None:
        self._errors.append(error)

    def _check(self) -> None:
        if self._errors:
            raise self._errors[0]


def _numbers(value: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("state", "since", "at", "measured", "answering", "reason")
    return {name: each for name, each in value.items() if name not in kept}


def _ignore(command: Command) -> None:
    """Nobody is asked anything in a rehearsal."""
