"""Dispatch alone in simulated time: people with contacts, channels that fail as told, a real state file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alerts import journal
from alerts.channels.base import Receiver
from alerts.dispatch import Dispatch, Settlement
from alerts.notification import Notification, decode
from alerts.recorder import Recorder
from ioc.duty import Contact, Person
from ioc.errors import Undeliverable
from ioc.picture import Picture
from ioc.state.ledger import Ledger, Then, Write
from ioc.telemetry import Telemetry
from tests.alerts.world import START, HandTimers, Inbox
from tests.fakes import HandClock

AN = Person(
    "an", "Nguyễn Văn An", (Contact("zalo", "84912"), Contact("sms", "0912"), Contact("mail", "an@x"))
)


class Line(Inbox):
    """A channel that is well, away (for now), or refuses for good; and may hang until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.mode = "ok"
        self.let_go = asyncio.Event()
        self.tried: list[Notification] = []

    async def send(self, notification: Notification) -> Any:
        self.tried.append(notification)
        if self.mode == "hang":
            await self.let_go.wait()
        if self.mode in ("away", "never"):
            raise Undeliverable(self.mode, permanent=self.mode == "never")
        return await super().send(notification)

    @property
    def ids(self) -> list[int]:
        return [each.id for each in self.got]


class Mortal:
    """A state file that takes so many commits and then none any more, as of a process that was killed."""

    def __init__(self, ledger: Ledger, commits: int | None) -> None:
        self._ledger = ledger
        self._left = commits

    @property
    def dead(self) -> bool:
        return self._left is not None and self._left < 0

    def write(self, writes: Sequence[Write], then: Then) -> None:
        if self._left is not None:
            self._left -= 1
        if not self.dead:
            self._ledger.write(writes, then)


class Office:
    """One run of dispatch; another Office on the same path goes on after `stop`, which loses nothing written."""

    def __init__(
        self, path: Path, *, lines: Mapping[str, Line] | None = None, people: Mapping[str, Person] | None = None,
        clock: HandClock | None = None, dies_after: int | None = None, **more: Any,
    ) -> None:  # fmt: skip
        self.clock = clock or HandClock(START)
        self.ledger = Ledger.open(path / "state.db", telemetry=Telemetry(), synchronous="OFF")
        self.mortal = Mortal(self.ledger, dies_after)
        self.telemetry = Telemetry()
        self.picture = Picture("test", self._complain)
        self.lines = dict(lines or {"zalo": Line(), "sms": Line(), "mail": Line(), "desk": Line()})
        self.people = dict(people if people is not None else {"an": AN})
        self.closed: dict[int, float] = {}
        self.settlements: list[Settlement] = []
        self.timers = HandTimers(self.clock, self._ring)
        recorder = Recorder(
            self.mortal, self.clock.now, lambda number, at: self.timers.set(("record", number), at),
            lambda ok, detail: None, list, self.telemetry,
        )  # fmt: skip
        self._recorder = recorder
        highest = self.ledger.read("SELECT coalesce(max(id), 0) FROM deliveries")[0][0]
        self._next = int(highest)
        self.dispatch = Dispatch(
            self.clock, self.picture, recorder, self.timers, self.number, self.closed.get,
            self.settlements.append, lambda: 0.5, self.telemetry,
        )  # fmt: skip
        self.dispatch.apply({name: self.receiver(name, **more) for name in self.lines}, self.people)
        self.dispatch.restore(self.ledger)
        for (body,) in self.ledger.read("SELECT body FROM deliveries WHERE state = 'owed' ORDER BY id"):
            self.dispatch.offer(decode(body).repeated())

    def receiver(self, name: str, **more: Any) -> Receiver:
        return Receiver(name, self.lines[name], kind="line", **more)

    def number(self) -> int:
        self._next += 1
        return self._next

    def owe(self, incident: int = 1, kind: str = "opened", person: str = "an", **more: Any) -> int:
        """Write a notification as owed and offer it, as the desk does; its id."""
        civil = self.clock.civil(self.clock.at)
        receiver, to = more.pop("receiver", ""), ""
        if not receiver:
            contact = self.dispatch.contact(incident, self.people[person])
            assert contact is not None
            receiver, to = contact.by, contact.to
        else:
            person = ""
        notification = Notification(
            self.number(), incident, receiver, kind, "resolved" if kind == "closed" else "firing",
            more.pop("severity", "critical"), civil, civil, None, {"incident": str(incident)},
            {"what": f"Sự cố {incident}"}, to=to, person=person, because="route all",
        )  # fmt: skip
        self._recorder.record([journal.owed_row(notification)], lambda _: self.dispatch.offer(notification))
        return notification.id

    async def settle(self) -> None:
        for _ in range(4):
            await self.ledger.drained()
            await asyncio.sleep(0)
            if not any(each.mode == "hang" for each in self.lines.values()):
                await self.dispatch.idle()
            await asyncio.sleep(0)

    async def go(self, seconds: float) -> None:
        end = self.clock.at + seconds
        await self.settle()
        while not self.mortal.dead and self.timers.ring_until(end):
            await self.settle()
        self.clock.at = end
        await self.settle()

    def rows(self, columns: str = "id, receiver, state, instead_of") -> list[tuple[Any, ...]]:
        return self.ledger.read(f"SELECT {columns} FROM deliveries ORDER BY id")

    async def stop(self) -> None:
        await self.dispatch.close()
        await self.ledger.close()

    def _ring(self, key: tuple[str, Any], now: float) -> None:
        if key[0] == "record":
            self._recorder.ring(key[1])
        else:
            self.dispatch.ring(key, now)

    def _complain(self, see: object, error: Exception) -> None:
        raise error
