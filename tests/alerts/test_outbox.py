import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.base import Receipt, Receiver
from alerts.lanes import Lane
from alerts.notification import Notification, decode, encode
from alerts.outbox import Outbox
from ioc.errors import Undeliverable
from ioc.telemetry import Telemetry
from tests.alerts.world import Inbox
from tests.fakes import HandClock


def note(id: int, incident: int = 1, receiver: str = "desk") -> Notification:
    return Notification(id, incident, receiver, "opened", "firing", "warning", 0.0, 0.0, None)


class Bench:
    """An outbox with its timers in the hand; also whoever decides about its deliveries: nothing is withdrawn."""

    def __init__(self, inbox: Inbox) -> None:
        self.clock = HandClock(0.0)
        self.done: list[tuple[int, bool, int, str]] = []
        self.wakes: dict[Lane, float] = {}
        self.telemetry = Telemetry()
        self.outbox = Outbox(
            self.clock, self, self.wakes.__setitem__, lambda: 0.5, self.telemetry,
        )  # fmt: skip
        self.outbox.apply({"desk": Receiver("desk", inbox)})

    def settled(self, notification: Notification, told: bool, attempts: int, answer: str) -> None:
        self.done.append((notification.id, told, attempts, answer))

    def postponed(self, notification: Notification) -> None:
        pass

    def current(self, notification: Notification) -> Notification:
        return notification

    def changed(self, receiver: str) -> None:
        pass

    async def run(self) -> None:
        """Until nothing is owed, jumping over every wait."""
        await self.outbox.idle()
        while self.wakes:
            lane, at = min(self.wakes.items(), key=lambda each: each[1])
            del self.wakes[lane]
            self.clock.at = max(self.clock.at, at)
            self.outbox.ring(lane)
            await self.outbox.idle()


def failing(times: int, error: Callable[[], Exception]) -> Callable[[Notification], None]:
    left = [times]

    def fail(notification: Notification) -> None:
        if left[0]:
            left[0] -= 1
            raise error()

    return fail


async def test_what_fails_is_sent_again_first_and_in_order() -> None:
    inbox = Inbox()
    inbox.fail = failing(3, lambda: Undeliverable("500", permanent=False))
    bench = Bench(inbox)
    bench.outbox.offer(note(1))
    bench.outbox.offer(note(2))
    await bench.run()
    assert [(each.id, each.repeat) for each in inbox.got] == [(1, True), (2, False)]
    assert bench.done == [(1, True, 4, "200"), (2, True, 1, "200")]
    assert bench.clock.at == pytest.approx(1 + 2 + 4)
    assert bench.outbox.shown() == {"owed": 0, "oldest": None, "failing": []}


async def test_a_refusal_for_good_is_settled_and_lets_the_next_go() -> None:
    inbox = Inbox()
    inbox.fail = failing(1, lambda: Undeliverable("400 no", permanent=True))
    bench = Bench(inbox)
    bench.outbox.offer(note(1))
    bench.outbox.offer(note(2))
    await bench.run()
    assert bench.done == [(1, False, 1, "400 no"), (2, True, 1, "200")]
    assert bench.telemetry.count("ioc_deliveries", result="failed") == 1


async def test_waits_grow_to_five_minutes_and_retry_after_is_heeded() -> None:
    inbox = Inbox()
    inbox.fail = failing(12, lambda: Undeliverable("503", permanent=False))
    bench = Bench(inbox)
    bench.outbox.offer(note(1))
    await bench.outbox.idle()
    gaps = []
    while bench.wakes:
        lane, at = bench.wakes.popitem()
        gaps.append(at - bench.clock.at)
        bench.clock.at = at
        bench.outbox.ring(lane)
        await bench.outbox.idle()
    assert gaps == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    inbox.fail = failing(1, lambda: Undeliverable("429", permanent=False, retry_after=77.0))
    bench.outbox.offer(note(2))
    await bench.outbox.idle()
    assert bench.wakes[1, "desk", ""] - bench.clock.at == 77


async def test_a_channels_own_bug_is_a_failure_that_is_shown() -> None:
    inbox = Inbox()
    inbox.fail = failing(1, lambda: KeyError("bug"))
    bench = Bench(inbox)
    bench.outbox.offer(note(1))
    await bench.outbox.idle()
    shown = bench.outbox.shown()
    assert shown["owed"] == 1
    assert shown["failing"][0]["detail"] == "KeyError: 'bug'"


async def test_what_is_owed_to_a_receiver_that_is_gone_is_settled() -> None:
    bench = Bench(Inbox())
    bench.outbox.offer(note(1, receiver="gone"))
    assert bench.done == [(1, False, 0, "the receiver is no longer configured")]


async def test_a_receiver_that_hangs_holds_up_nobody_else() -> None:
    never = asyncio.Event()

    class Hanging(Inbox):
        async def send(self, notification: Notification) -> Receipt:
            await never.wait()
            return Receipt()

    inbox = Inbox()
    bench = Bench(inbox)
    bench.outbox.apply({"desk": Receiver("desk", inbox), "slow": Receiver("slow", Hanging())})
    for number in range(1, 21):
        bench.outbox.offer(note(number, incident=number, receiver="slow"))
    bench.outbox.offer(note(99, incident=99))
    await inbox.arrived.wait()
    assert [each.id for each in inbox.got] == [99]
    await bench.outbox.close()
    assert bench.outbox.owed == 20


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["ok", "later", "never"])), min_size=1, max_size=25)
)
def test_each_incident_is_told_in_order_and_everything_is_settled_once(plan: list[tuple[int, str]]) -> None:
    async def scenario() -> None:
        inbox = Inbox()
        fate = {number: what for number, (_, what) in enumerate(plan, start=1)}
        tried: set[int] = set()

        def fail(notification: Notification) -> None:
            if fate[notification.id] == "never":
                raise Undeliverable("400", permanent=True)
            if fate[notification.id] == "later" and notification.id not in tried:
                tried.add(notification.id)
                raise Undeliverable("500", permanent=False)

        inbox.fail = fail
        bench = Bench(inbox)
        for number, (incident, _) in enumerate(plan, start=1):
            bench.outbox.offer(note(number, incident))
        await bench.run()
        assert sorted(each[0] for each in bench.done) == list(range(1, len(plan) + 1))
        for incident in (1, 2, 3):
            ids = [each.id for each in inbox.got if each.incident == incident]
            assert ids == sorted(ids)
        assert len(inbox.got) == sum(what != "never" for _, what in plan)

    asyncio.run(scenario())


def test_a_notification_survives_its_own_writing() -> None:
    assert decode(encode(note(7))) == note(7)


async def test_a_receiver_taken_out_and_put_back_is_told_once() -> None:
    inbox = Inbox()
    inbox.fail = failing(1, lambda: Undeliverable("500", permanent=False))
    bench = Bench(inbox)
    bench.outbox.offer(note(1))
    await bench.outbox.idle()
    bench.outbox.apply({})
    going = asyncio.Event()

    class Slow(Inbox):
        async def send(self, notification: Notification) -> Receipt:
            await going.wait()
            return await super().send(notification)

    slow = Slow()
    bench.outbox.apply({"desk": Receiver("desk", slow)})
    bench.outbox.offer(note(2))
    bench.outbox.offer(note(3))
    await asyncio.sleep(0)
    bench.outbox.ring((1, "desk", ""))  # the wait of the first one, from before
    await asyncio.sleep(0)
    going.set()
    await bench.outbox.idle()
    assert [each.id for each in slow.got] == [2, 3]
    assert [each[0] for each in bench.done] == [1, 2, 3]


async def test_a_receiver_that_is_back_is_told_at_once_what_waited_for_it() -> None:
    inbox = Inbox()
    inbox.fail = failing(9, lambda: Undeliverable("503", permanent=False))
    bench = Bench(inbox)
    bench.outbox.offer(note(1, incident=1))
    await bench.outbox.idle()
    for _ in range(8):
        bench.clock.at = bench.wakes.pop((1, "desk", ""))
        bench.outbox.ring((1, "desk", ""))
        await bench.outbox.idle()
    assert bench.wakes[1, "desk", ""] - bench.clock.at > 200
    bench.outbox.offer(note(2, incident=2))
    await bench.outbox.idle()
    assert [each.id for each in inbox.got] == [2, 1]
    assert bench.outbox.shown() == {"owed": 0, "oldest": None, "failing": []}


async def test_what_a_receiver_asked_to_wait_for_is_not_hurried() -> None:
    inbox = Inbox()
    inbox.fail = failing(1, lambda: Undeliverable("429", permanent=False, retry_after=60.0))
    bench = Bench(inbox)
    bench.outbox.offer(note(1, incident=1))
    await bench.outbox.idle()
    bench.outbox.offer(note(2, incident=2))
    await bench.outbox.idle()
    assert [each.id for each in inbox.got] == [2]
    await bench.run()
    assert bench.clock.at == 60
    assert [each.id for each in inbox.got] == [2, 1]


async def test_what_is_owed_and_since_when_is_known_without_looking_through_it() -> None:
    inbox = Inbox()
    inbox.fail = lambda each: _refuse() if each.incident % 2 else None
    bench = Bench(inbox)
    for id in range(1, 5_001):
        bench.clock.at = float(id)
        bench.outbox.offer(replace(note(id, incident=id), at=float(id)))
        assert bench.outbox.shown()["owed"] == id
    assert bench.outbox.shown()["oldest"] == 1.0
    await bench.outbox.idle()
    assert (bench.outbox.owed, bench.outbox.shown()["oldest"]) == (2_500, 1.0)
    inbox.fail = lambda each: None
    await bench.run()
    assert (bench.outbox.owed, bench.outbox.shown()["oldest"]) == (0, None)


def _refuse() -> None:
    raise Undeliverable("away", permanent=False)
