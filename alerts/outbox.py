"""The deliveries owed: in order for each incident and receiver, tried again until settled.

A lane is one incident's queue to one receiver. One delivery of a lane is under way at a time; lanes of a receiver
share a few places, so that a receiver that hangs holds up nobody else's.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.channels.base import Channel, Receipt, Receiver
from alerts.notification import Notification
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

Lane = tuple[int, str]
Settle = Callable[[Notification, bool, int, str], None]
Wake = Callable[[Lane, float], None]


@dataclass(slots=True)
class Trouble:
    """Why a receiver could not be told, since when (steady)."""

    since: float
    detail: str
    attempts: int = 1


class Outbox:
    """Sends what is owed.

    `settle(notification, told, attempts, answer)` is called once for each; `wake(lane, at)` must have `ring(lane)`
    called at a steady time; `jitter` gives a number from 0 to 1; `changed` is called when what is shown has changed.
    """

    def __init__(
        self, clock: Clock, settle: Settle, wake: Wake, jitter: Callable[[], float],
        changed: Callable[[], None], telemetry: Telemetry,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._settle = settle
        self._wake = wake
        self._jitter = jitter
        self._changed = changed
        self._receivers: Mapping[str, Receiver] = {}
        self._lanes: dict[Lane, deque[Notification]] = {}
        self._unsettled: OrderedDict[int, float] = OrderedDict()
        """when each was owed, oldest first: with thousands owed, nobody looks through them at each change"""
        self._attempts: dict[Lane, int] = {}
        self._waiting: dict[Lane, float] = {}
        """lanes between two attempts, and when their receiver is willing again at the earliest"""
        self._ready: dict[str, deque[Lane]] = {}
        self._tasks: dict[asyncio.Task[None], Lane] = {}
        self._trouble: dict[str, Trouble] = {}
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
        return len(self._unsettled)

    def apply(self, receivers: Mapping[str, Receiver]) -> None:
        """Take over the receivers; what is owed to one that is gone is settled as failed."""
        self._receivers = receivers
        for lane in [each for each in self._lanes if each[1] not in receivers]:
            if lane not in self._tasks.values():
                self._abandon(lane)
        for name in [each for each in self._trouble if each not in receivers]:
            del self._trouble[name]

    def offer(self, notification: Notification) -> None:
        """Owe one more; it goes out after all that its lane owes already."""
        lane = (notification.incident, notification.receiver)
        self._unsettled[notification.id] = notification.at
        queue = self._lanes.get(lane)
        if queue is not None:
            queue.append(notification)
        else:
            self._lanes[lane] = deque([notification])
            self._make_ready(lane)
        self._changed()

    def ring(self, lane: Lane) -> None:
        """A lane's wait is over."""
        if self._waiting.pop(lane, None) is not None:
            self._make_ready(lane)

    def shown(self) -> dict[str, Any]:
        """The picture's `self/deliveries`."""
        first = next(iter(self._unsettled.values()), None)
        oldest = None if first is None else first - self._clock.skew()
        failing = [
            {"receiver": name, "since": each.since, "detail": each.detail, "attempts": each.attempts}
            for name, each in sorted(self._trouble.items())
        ]
        return {"owed": self.owed, "oldest": oldest, "failing": failing}

    def pending(self) -> list[Notification]:
        """All that is owed, oldest first in each lane."""
        return [each for queue in self._lanes.values() for each in queue]

    async def idle(self) -> None:
        """Return when nothing is under way (waits between attempts are not)."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Stop, with a moment for what is under way; what is not settled stays owed in the state file."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=FAREWELL)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _make_ready(self, lane: Lane) -> None:
        if lane[1] not in self._receivers:
            self._abandon(lane)
            return
        self._ready.setdefault(lane[1], deque()).append(lane)
        self._start(lane[1])

    def _start(self, receiver: str) -> None:
        ready = self._ready[receiver]
        busy = sum(lane[1] == receiver for lane in self._tasks.values())
        while ready and busy < AT_ONCE and not self._closing:
            lane = ready.popleft()
            task = asyncio.get_running_loop().create_task(self._work(lane))
            self._tasks[task] = lane
            task.add_done_callback(self._finished)
            busy += 1

    def _finished(self, task: asyncio.Task[None]) -> None:
        lane = self._tasks.pop(task)
        if not self._closing:
            self._start(lane[1])

    async def _work(self, lane: Lane) -> None:
        """Deliver a lane's queue until it is empty or has to wait."""
        while (queue := self._lanes.get(lane)) is not None:
            receiver = self._receivers.get(lane[1])
            if receiver is None:
                self._abandon(lane)
                return
            if not await self._attempt(lane, receiver, queue[0]):
                return

    async def _attempt(self, lane: Lane, receiver: Receiver, notification: Notification) -> bool:
        """Whether the lane may go on at once."""
        attempts = self._attempts.get(lane, 0) + 1
        try:
            receipt = await _send(receiver.channel, notification)
        except Undeliverable as error:
            return self._not_told(lane, notification, attempts, error)
        self._taken(lane, notification, attempts, receipt)
        return True

    def _taken(self, lane: Lane, notification: Notification, attempts: int, receipt: Receipt) -> None:
        self._told.n += 1
        self._done(lane, notification, True, attempts, receipt.answer)
        if self._trouble.pop(lane[1], None) is not None:
            self._go_on(lane[1])
            self._changed()

    def _go_on(self, receiver: str) -> None:
        """One that takes again is told at once what waits for it, not minutes later."""
        now = self._clock.now()
        for lane in [each for each, at in self._waiting.items() if each[1] == receiver and at <= now]:
            self.ring(lane)

    def _not_told(self, lane: Lane, notification: Notification, attempts: int, error: Undeliverable) -> bool:
        self._note_trouble(lane[1], str(error))
        if error.permanent:
            self._failed.n += 1
            self._done(lane, notification, False, attempts, str(error))
            return True
        self._again.n += 1
        self._attempts[lane] = attempts
        self._lanes[lane][0] = notification.repeated()  # who did not answer may have read it all the same
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 16)) * (0.75 + 0.5 * self._jitter())
        now, least = self._clock.now(), error.retry_after or 0.0
        self._waiting[lane] = now + least
        self._wake(lane, now + max(wait, least))
        self._changed()
        return False

    def _note_trouble(self, receiver: str, detail: str) -> None:
        known = self._trouble.get(receiver)
        if known is None:
            self._trouble[receiver] = Trouble(self._clock.now(), detail)
        else:
            known.detail = detail
            known.attempts += 1

    def _done(self, lane: Lane, notification: Notification, told: bool, attempts: int, answer: str) -> None:
        queue = self._lanes[lane]
        queue.popleft()
        self._unsettled.pop(notification.id, None)
        if not queue:
            del self._lanes[lane]
        self._attempts.pop(lane, None)
        self._settle(notification, told, attempts, answer)
        self._changed()

    def _abandon(self, lane: Lane) -> None:
        """Nobody of that name is configured any more."""
        attempts = self._attempts.get(lane, 0)
        self._waiting.pop(lane, None)
        for notification in list(self._lanes[lane]):
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
