"""A service's alerting in simulated time: a clock that is set, timers that are rung, a real state file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from alerts.channels.base import Receipt, Receiver
from alerts.engine import Engine, Key, Ring, Silenced
from alerts.notification import Notification
from alerts.rules import Rule, shipped
from ioc.clock import Clock
from ioc.duty import Duty
from ioc.inventory import Endpoint, Inventory, Owner, Probe, Site
from ioc.model import Command
from ioc.picture import Picture
from ioc.state.ledger import Ledger
from ioc.telemetry import Telemetry
from ioc.timers import Heap
from ioc.units import Span, Unit, Units
from ioc.worktime import WorkCalendar
from tests.fakes import HandClock

START = 1_790_000_000.0


class HandTimers:
    """Timers that ring when the test moves time over them."""

    def __init__(self, clock: HandClock, ring: Ring) -> None:
        self._clock = clock
        self._ring = ring
        self._heap: Heap[Key] = Heap()

    def set(self, key: Key, at: float) -> None:
        self._heap.set(key, at)

    def cancel(self, key: Key) -> None:
        self._heap.cancel(key)

    def stop(self) -> None:
        self._heap = Heap()

    def ring_until(self, end: float) -> bool:
        """Ring the earliest moment up to `end`; False when there is none."""
        first = self._heap.next()
        if first is None or first > end:
            return False
        self._clock.at = max(self._clock.at, first)
        for key in self._heap.due(self._clock.at):
            self._ring(key, self._clock.at)
        return True


class Inbox:
    """A channel that keeps what it is told; `fail` may raise instead."""

    Options: ClassVar[type[BaseModel]] = BaseModel

    def __init__(self, options: Any = None) -> None:
        self.got: list[Notification] = []
        self.arrived = asyncio.Event()
        self.fail: Callable[[Notification], None] = lambda notification: None

    def own_address(self) -> str:
        return "inbox"

    async def send(self, notification: Notification) -> Receipt:
        self.fail(notification)
        self.got.append(notification)
        self.arrived.set()
        return Receipt("200")

    async def close(self) -> None:
        pass

    @property
    def kinds(self) -> list[str]:
        return [each.kind for each in self.got]


def province() -> Inventory:
    """A core, an MCU, two uplinks with three rooms each, in two communes of one province."""
    probe = (Probe("sip", 10.0, 2.0, None),)
    owner = Owner("Lê Văn Tám", "0912000111", "VNPT", "TH-0042", "18001260")

    def thing(id: str, kind: str, parent: str = "", **more: Any) -> Endpoint:
        return Endpoint(
            id, f"Tên {id}", kind, "vc", more.pop("unit", "th"), "127.0.0.1", probe, parent=parent, **more
        )

    things = [thing("core", "core"), thing("mcu", "mcu", "core", critical=True, owner=owner)]
    for commune in ("a", "b"):
        things.append(thing(f"up-{commune}", "uplink", "core", unit=f"x-{commune}", site=f"s-{commune}"))
        things += [
            thing(f"room-{commune}{n}", "room", f"up-{commune}", unit=f"x-{commune}", site=f"s-{commune}")
            for n in (1, 2, 3)
        ]
    units = Units(
        [
            Unit("th", (Span("Tỉnh Thanh Hóa"),)),
            Unit("x-a", (Span("Xã A", parent="th"),)),
            Unit("x-b", (Span("Xã B", parent="th"),)),
        ]
    )
    sites = [Site(f"s-{c}", f"Trụ sở {c}", f"x-{c}", owner) for c in ("a", "b")]
    return Inventory(units, sites, things)


class World:
    """One run of the service; `crash` ends it as a kill would, another World on the same path goes on."""

    def __init__(
        self,
        path: Path,
        *,
        rules: Iterable[Rule] | None = None,
        inventory: Inventory | None = None,
        clock: HandClock | None = None,
        inbox: Inbox | None = None,
        ledger: Any = None,
        receivers: Mapping[str, Receiver] | None = None,
        duty: Duty | None = None,
        calendars: Mapping[str, WorkCalendar] | None = None,
        silenced: Silenced | None = None,
    ) -> None:
        self.clock = clock or HandClock(START)
        self.telemetry = Telemetry()
        self.ledger = ledger or Ledger.open(path / "state.db", telemetry=self.telemetry, synchronous="OFF")
        self.complaints: list[Exception] = []
        self.picture = Picture("test", lambda see, error: self.complaints.append(error))
        self.inventory = inventory or province()
        self.inbox = inbox or Inbox()
        self.commands: list[Command] = []
        self.changed: list[tuple[str, ...]] = []
        self.timers: HandTimers
        self.engine = Engine(
            self.clock, self.picture, self.ledger, self.inventory, tuple(rules) if rules is not None else shipped(),
            receivers if receivers is not None else {"desk": Receiver("desk", self.inbox)},
            self.commands.append, self.telemetry, "http://wall.example",
            on_maintenance=self.maintained,
            timers=self._hand, jitter=lambda: 0.5, duty=duty, calendars=calendars,
        )  # fmt: skip
        if silenced is not None:
            self.engine.silenced = silenced
        self.engine.restore()
        self.picture.watch(self.engine.on_change)

    def _hand(self, clock: Clock, ring: Ring) -> HandTimers:
        assert isinstance(clock, HandClock)
        self.timers = HandTimers(clock, ring)
        return self.timers

    def put(self, subject: str, state: str = "up", **more: Any) -> None:
        """Show a sample of an endpoint."""
        key = subject if subject.startswith("self/") else f"endpoint/{subject}"
        was = self.picture.get(key) or {}
        now = self.clock.at
        since = was.get("since", now) if was.get("state") == state else now
        fields = {name: was[name] for name in ("rtt", "loss") if name in was}
        answering = more.pop("answering", state in ("up", "degraded"))
        value = {
            "state": state,
            "since": since,
            "at": now,
            "reason": "none",
            "detail": "",
            "answering": answering,
        }
        self.picture.put(key, {**value, **fields, **more})
        if self.complaints:
            raise self.complaints[0]

    def all(self, state: str = "up") -> None:
        """Show a sample of every endpoint."""
        for each in self.inventory.endpoints:
            self.put(each, state)

    def maintained(self, endpoints: Iterable[str]) -> None:
        """Maintenance of these has begun or ended."""
        self.changed.append(tuple(endpoints))

    async def settle(self) -> None:
        """Let commits and deliveries finish."""
        for _ in range(4):
            await self.ledger.drained()
            await asyncio.sleep(0)
            await self.engine.delivered()

    async def go(self, seconds: float) -> None:
        """Move time on, ringing what comes due, letting commits and deliveries finish in between."""
        end = self.clock.at + seconds
        await self.settle()
        while self.timers.ring_until(end):
            await self.settle()
        self.clock.at = end
        if self.complaints:
            raise self.complaints[0]

    def incident(self, number: int) -> Mapping[str, Any]:
        value = self.picture.get(f"incident/{number}")
        assert value is not None, f"incident {number} is not in the picture"
        return value

    def explain(self, incident: int) -> list[dict[str, object]]:
        """Every decision about an incident and every delivery of it, as the state file has them, oldest first."""
        names = ("at", "verb", "because", "subject", "alert", "by", "note")
        sent = ("at", "kind", "receiver", "state", "attempts", "settled", "answer")
        both: list[dict[str, Any]] = []
        for columns, table in ((names, "decisions"), (sent, "deliveries")):
            rows = self.ledger.read(
                f"SELECT {', '.join(columns)} FROM {table} WHERE incident = ? ORDER BY id",
                (incident,),
            )
            both += [dict(zip(columns, row, strict=True)) for row in rows]
        return sorted(both, key=lambda each: each["at"])

    def open(self) -> list[int]:
        values = [self.picture.get(key) or {} for key in self.picture.keys("incident/")]
        return sorted(each["id"] for each in values if each["status"] == "open")

    async def stop(self) -> None:
        await self.engine.close()
        await self.ledger.close()
