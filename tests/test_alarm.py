"""The alarm: rings each key once at its moment. The loop is moved by hand with the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ioc.alarm import GRAIN, Alarm
from tests.fakes import HandClock


class Handle:
    def __init__(self, when: float, call: Callable[[], None]) -> None:
        self.when, self.call, self.dead = when, call, False

    def cancel(self) -> None:
        self.dead = True


class HandLoop:
    """An event loop's timers on the hand clock; they come early by as much as a loop may round."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.handles: list[Handle] = []
        self.reported: list[dict[str, Any]] = []

    def call_later(self, delay: float, call: Callable[[], None]) -> Handle:
        assert delay >= 0
        handle = Handle(round(self.clock.at + max(0.0, delay - GRAIN), 9), call)
        self.handles.append(handle)
        return handle

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.reported.append(context)

    @property
    def armed(self) -> list[float]:
        return [each.when for each in self.handles if not each.dead]

    def go(self, until: float) -> None:
        """Move time on, running every timer at its moment."""
        while ready := [each for each in self.handles if not each.dead and each.when <= until]:
            first = min(ready, key=lambda each: each.when)
            first.dead = True
            self.clock.at = max(self.clock.at, first.when)
            first.call()
        self.clock.at = until


class House:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = HandClock(100.0)
        self.loop = HandLoop(self.clock)
        self.rung: list[tuple[str, float]] = []
        self.alarm: Alarm[str] = Alarm(self.clock, lambda key, now: self.rung.append((key, now)))
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: self.loop)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


def test_each_key_rings_once_at_its_moment(house: House) -> None:
    for key, at in (("c", 130.0), ("a", 110.0), ("b", 120.0)):
        house.alarm.set(key, at)
    house.loop.go(1000.0)
    assert house.rung == [("a", 110.0), ("b", 120.0), ("c", 130.0)]


def test_the_loop_wakes_once_for_a_moment_though_it_rounds(house: House) -> None:
    house.alarm.set("a", 110.0)
    house.loop.go(1000.0)
    assert len(house.loop.handles) == 1


def test_a_moment_in_the_past_rings_at_once(house: House) -> None:
    house.alarm.set("a", 50.0)
    house.loop.go(100.0)
    assert house.rung == [("a", 100.0)]


def test_a_moved_key_rings_at_its_new_moment_only(house: House) -> None:
    house.alarm.set("a", 110.0)
    house.alarm.set("a", 150.0)
    house.alarm.set("b", 130.0)
    house.alarm.set("b", 120.0)
    house.loop.go(1000.0)
    assert house.rung == [("b", 120.0), ("a", 150.0)]


def test_a_cancelled_key_does_not_ring(house: House) -> None:
    house.alarm.set("a", 110.0)
    house.alarm.cancel("a")
    house.alarm.cancel("never set")
    house.loop.go(1000.0)
    assert house.rung == []


def test_one_timer_of_the_loop_is_armed_at_a_time(house: House) -> None:
    for number in range(100):
        house.alarm.set(str(number), 200.0 - number)
    assert house.loop.armed == [101.0]


def test_after_stop_nothing_rings_and_nothing_is_armed(house: House) -> None:
    house.alarm.set("a", 110.0)
    house.alarm.stop()
    assert house.loop.armed == []
    house.loop.go(1000.0)
    assert house.rung == []


def test_a_key_may_set_itself_again(house: House) -> None:
    def ring(key: str, now: float) -> None:
        house.rung.append((key, now))
        if now < 130.0:
            alarm.set(key, now + 10.0)

    alarm: Alarm[str] = Alarm(house.clock, ring)
    alarm.set("a", 110.0)
    house.loop.go(1000.0)
    assert house.rung == [("a", 110.0), ("a", 120.0), ("a", 130.0)]


def test_a_key_that_raises_costs_the_others_nothing(house: House) -> None:
    def ring(key: str, now: float) -> None:
        if key == "bad":
            raise ValueError("odd")
        house.rung.append((key, now))

    alarm: Alarm[str] = Alarm(house.clock, ring)
    alarm.set("bad", 110.0)
    alarm.set("good", 110.0)
    house.loop.go(1000.0)
    assert house.rung == [("good", 110.0)]
    assert [each["message"] for each in house.loop.reported] == ["timer 'bad' raised"]


async def test_it_rings_on_a_real_loop() -> None:
    rung = asyncio.Event()
    alarm: Alarm[str] = Alarm(HandClock(100.0), lambda key, now: rung.set())
    alarm.set("a", 100.0)
    await rung.wait()
