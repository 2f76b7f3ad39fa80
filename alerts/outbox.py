"""Sends the deliveries owed: each lane in order, tried again until settled or withdrawn.

One delivery of a lane is under way at a time; lanes of a receiver share a few places, so that a receiver that hangs
holds up nobody else's. What becomes of a delivery that fails or grows old is not decided here: see `dispatch`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alerts.channels.base import Channel, Receipt, Receiver
from alerts.lanes import Lane, Lanes
from alerts.notification import Notification
from alerts.pace import Pace
from ioc.clock import Clock
from ioc.errors import Undeliverable
from ioc.telemetry import Telemetry

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
AT_ONCE = 4
"""deliveries under way to one receiver"""
FAREWELL = 1.0
"""seconds that deliveries under way have when the service stops: one cut short is sent twice"""
LONGEST_SEND = 90.0
"""seconds after which a channel that does not come back is given up for now"""
FRESH_TROUBLE = 300.0
"""seconds after its last failed attempt in which a receiver is taken to fail still"""
PACED = -1
"""the incident in the lane that is rung when a receiver's pace lets one more through"""

Wake = Callable[[Lane, float], None]


class Owner(Protocol):
    """Whoever decides about the deliveries; called inside the outbox's own steps."""

    def settled(self, notification: Notification, told: bool, attempts: int, answer: str) -> None:
        """One is told, or refused for good; called once for each that is not withdrawn."""

    def postponed(self, notification: Notification) -> None:
        """An attempt failed and would be made again; it may be withdrawn now."""

    def current(self, notification: Notification) -> Notification:
        """What is to be said now in the place of what was owed."""

    def changed(self, receiver: str) -> None:
        """What is shown of a receiver has changed."""


@dataclass(slots=True)
class Trouble:
    """Why a receiver could not be told, since when and when last (steady)."""

    since: float
    at: float
    detail: str
    attempts: int = 1


class Outbox:
    """Sends what is owed.

    `wake(lane, at)` must have `ring(lane)` called at a steady time; `jitter` gives a number from 0 to 1.
    """

    def __init__(
        self, clock: Clock, owner: Owner, wake: Wake, jitter: Callable[[], float], telemetry: Telemetry
    ) -> None:
        self._clock = clock
        self._owner = owner
        self._wake = wake
        self._jitter = jitter
        self._receivers: Mapping[str, Receiver] = {}
        self._lanes = Lanes()
        self._attempts: dict[Lane, int] = {}
        self._waiting: dict[Lane, float] = {}
        """lanes between two attempts, and when their receiver is willing again at the earliest"""
        self._under_way: dict[Lane, int] = {}
        """lanes with a delivery under way, and its id"""
        self._busy: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._paces: dict[str, Pace] = {}
        self._trouble: dict[str, Trouble] = {}
        self._refused: dict[str, str] = {}
        """the first address that a receiver refused for good since it last took a message"""
        self._doubted: set[str] = set()
        """receivers that failed in the last run and were not tried in this one"""
        self._closing = False
        self._told = telemetry.tally("ioc_deliveries", "Notifications delivered", result="told")
        self._failed = telemetry.tally("ioc_deliveries", "Notifications delivered", result="failed")
        self._again = telemetry.tally(
            "ioc_delivery_retries", "Attempts to deliver that failed and are repeated"
        )
        telemetry.gauge("ioc_deliveries_owed", "Notifications not settled yet", lambda: self.owed)

    @property
    def owed(self) -> int:
        """How many are not settled yet."""
        return len(self._lanes)

    def apply(self, receivers: Mapping[str, Receiver]) -> None:
        """Take over the receivers; what is owed to one that is gone is settled as failed."""
        self._receivers = receivers
        self._paces = {name: self._pace(name, each.per_minute) for name, each in receivers.items()}
        for name in [each for each in self._trouble if each not in receivers]:
            del self._trouble[name]
        for name in [each for each in self._refused if each not in receivers]:
            del self._refused[name]
        for lane in self._lanes.lanes:
            if lane[1] not in receivers and lane not in self._under_way:
                self._abandon(lane)
        for name in receivers:
            self._start(name)

    def offer(self, notification: Notification) -> None:
        """Owe one more; it goes out after all that its lane owes already."""
        lane = (notification.incident, notification.receiver, notification.to)
        if self._lanes.add(notification):
            self._make_ready(lane)
        self._owner.changed(notification.receiver)

    def doubt(self, receivers: Iterable[str]) -> None:
        """Take of these for unknown whether they fail, until they are tried: they did in the last run."""
        self._doubted.update(receivers)

    def withdraw(self, id: int) -> int | None:
        """Owe it no more: how often it was tried. None, and nothing is done, when it is under way or not owed."""
        found = self._lanes.find(id)
        if found is None or id in self._under_way.values():
            return None
        lane = (found.incident, found.receiver, found.to)
        attempts = self._attempts.pop(lane, 0) if self._lanes.head(lane) is found else 0
        self._lanes.remove(id)
        if lane not in self._lanes:
            self._waiting.pop(lane, None)
        self._owner.changed(found.receiver)
        return attempts

    def ring(self, lane: Lane) -> None:
        """A lane's wait is over, or a receiver's pace lets one more through."""
        if lane[0] == PACED:
            self._start(lane[1])
        elif self._waiting.pop(lane, None) is not None:
            self._make_ready(lane)

    def find(self, id: int) -> Notification | None:
        """The notification of that id, while it is owed."""
        return self._lanes.find(id)

    def behind(self, notification: Notification) -> Iterable[Notification]:
        """What its lane owes after it, in order."""
        queue = self._lanes.queue((notification.incident, notification.receiver, notification.to))
        at = next((n for n, each in enumerate(queue) if each.id == notification.id), len(queue))
        return queue[at + 1 :]

    def is_under_way(self, id: int) -> bool:
        """Whether an attempt to deliver it has begun and not ended."""
        return id in self._under_way.values()

    def pending(self) -> list[Notification]:
        """All that is owed, oldest first in each lane."""
        return list(self._lanes)

    def failing(self) -> frozenset[str]:
        """Receivers that could not be told a short while ago, and have not been told since."""
        now = self._clock.now()
        return frozenset(name for name, each in self._trouble.items() if now - each.at < FRESH_TROUBLE)

    def shown(self) -> dict[str, Any]:
        """The picture's `self/deliveries`."""
        first = self._lanes.oldest
        failing = [
            {"receiver": name, "since": each.since, "detail": each.detail, "attempts": each.attempts}
            for name, each in sorted(self._trouble.items())
        ]
        oldest = None if first is None else first - self._clock.skew()
        return {"owed": self.owed, "oldest": oldest, "failing": failing}

    def channel(self, receiver: str) -> dict[str, Any]:
        """The picture's `self/channel/NAME`, but for `since` when it is well."""
        trouble = self._trouble.get(receiver)
        paced = self._paces[receiver].wait(self._clock.now()) > 0
        return {
            "state": "failing" if trouble else "unknown" if receiver in self._doubted else "ok",
            "since": None if trouble is None else trouble.since,
            "detail": "" if trouble is None else trouble.detail,
            "owed": self._lanes.owed(receiver),
            "held": self._lanes.in_line(receiver) if paced else 0,
        }

    async def idle(self) -> None:
        """Return when nothing is under way (waits between attempts are not)."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))
            await asyncio.sleep(0)

    async def settled(self) -> None:
        """Return when what is under way now has ended, whatever starts meanwhile."""
        if self._tasks:
            await asyncio.wait(list(self._tasks))

    async def close(self) -> None:
        """Stop, with a moment for what is under way; what is not settled stays owed in the state file."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=FAREWELL)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pace(self, name: str, per_minute: int | None) -> Pace:
        known = self._paces.get(name)
        return known if known is not None and known.per_minute == per_minute else Pace(per_minute)

    def _make_ready(self, lane: Lane) -> None:
        if lane[1] not in self._receivers:
            self._abandon(lane)
            return
        self._lanes.stand(lane)
        self._start(lane[1])

    def _start(self, receiver: str) -> None:
        """Begin as many deliveries as there are places and the pace allows."""
        pace = self._paces.get(receiver)
        while pace is not None and not self._closing and self._lanes.in_line(receiver):
            if self._busy.get(receiver, 0) >= AT_ONCE:
                return
            now = self._clock.now()
            if (wait := pace.wait(now)) > 0:
                self._wake((PACED, receiver, ""), now + wait)
                return
            pace.take(now)
            self._begin(self._lanes.next(receiver))

    def _begin(self, lane: Lane) -> None:
        id = self._under_way[lane] = self._lanes.head(lane).id
        self._busy[lane[1]] = self._busy.get(lane[1], 0) + 1
        task = asyncio.get_running_loop().create_task(self._attempt(lane, self._receivers[lane[1]]))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._finished(done, lane, id))

    def _finished(self, task: asyncio.Task[None], lane: Lane, id: int) -> None:
        self._tasks.discard(task)
        if self._under_way.get(lane) == id:
            del self._under_way[lane]
        self._busy[lane[1]] -= 1
        if self._closing:
            return
        if lane in self._lanes and lane not in self._waiting and lane not in self._under_way:
            self._make_ready(lane)
        self._start(lane[1])

    async def _attempt(self, lane: Lane, receiver: Receiver) -> None:
        owed = self._lanes.head(lane)
        attempts = self._attempts.get(lane, 0) + 1
        said = self._owner.current(owed)
        if said is not owed:
            self._lanes.mend(lane, said)
        try:
            receipt = await _send(receiver.channel, said)
        except Undeliverable as error:
            self._not_told(lane, said, attempts, error)
        else:
            self._taken(lane, said, attempts, receipt)

    def _taken(self, lane: Lane, notification: Notification, attempts: int, receipt: Receipt) -> None:
        self._told.n += 1
        self._refused.pop(lane[1], None)
        self._doubted.discard(lane[1])
        recovered = self._trouble.pop(lane[1], None) is not None
        self._done(lane, notification, True, attempts, receipt.answer)
        if recovered:
            self._go_on(lane[1])

    def _go_on(self, receiver: str) -> None:
        """One that takes again is told at once what waits for it, not minutes later."""
        now = self._clock.now()
        for lane in [each for each, at in self._waiting.items() if each[1] == receiver and at <= now]:
            self.ring(lane)

    def _not_told(self, lane: Lane, notification: Notification, attempts: int, error: Undeliverable) -> None:
        if not error.permanent or self._blames_channel(notification):
            self._note_trouble(lane[1], str(error))
        if error.permanent:
            self._failed.n += 1
            self._done(lane, notification, False, attempts, str(error))
            return
        self._again.n += 1
        self._attempts[lane] = attempts
        self._lanes.mend(lane, notification.repeated())  # who did not answer may have read it all the same
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 16)) * (0.75 + 0.5 * self._jitter())
        now, least = self._clock.now(), error.retry_after or 0.0
        self._waiting[lane] = now + least
        self._wake(lane, now + max(wait, least))
        self._under_way.pop(lane, None)
        self._owner.changed(lane[1])
        self._owner.postponed(self._lanes.head(lane))

    def _blames_channel(self, notification: Notification) -> bool:
        """Whether a refusal for good is the channel's own: one wrong address is not, a second one is."""
        first = self._refused.setdefault(notification.receiver, notification.to)
        return not notification.to or first != notification.to or notification.receiver in self._trouble

    def _note_trouble(self, receiver: str, detail: str) -> None:
        self._doubted.discard(receiver)
        known = self._trouble.get(receiver)
        now = self._clock.now()
        if known is None:
            self._trouble[receiver] = Trouble(now, now, detail)
        else:
            known.at, known.detail = now, detail
            known.attempts += 1

    def _done(self, lane: Lane, notification: Notification, told: bool, attempts: int, answer: str) -> None:
        self._under_way.pop(lane, None)
        self._lanes.remove(notification.id)
        self._attempts.pop(lane, None)
        self._owner.settled(notification, told, attempts, answer)
        self._owner.changed(lane[1])

    def _abandon(self, lane: Lane) -> None:
        """Nobody of that name is configured any more."""
        attempts = self._attempts.get(lane, 0)
        self._waiting.pop(lane, None)
        for notification in self._lanes.queue(lane):
            if self._lanes.find(notification.id) is None:
                continue  # withdrawn when one before it was settled
            self._failed.n += 1
            self._done(lane, notification, False, attempts, "the receiver is no longer configured")


async def _send(channel: Channel, notification: Notification) -> Receipt:
    """Send; whatever a channel raises becomes Undeliverable, so that its own bug does not end a lane."""
    try:
        async with asyncio.timeout(LONGEST_SEND):
            return await channel.send(notification)
    except Undeliverable:
        raise
    except TimeoutError:
        what = f"the channel did not return within {LONGEST_SEND:g} s"
        raise Undeliverable(what, permanent=False) from None
    except Exception as fault:  # noqa: BLE001 -- see above
        raise Undeliverable(f"{type(fault).__name__}: {fault}", permanent=False) from None
