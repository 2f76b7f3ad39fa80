"""The push by itself: whatever screens do, each ends with the picture that the server has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ioc.clock import Clock
from ioc.telemetry import Telemetry
from tests.web.house import fresh_picture
from web.mirror import Mirror
from web.push import WAITING, Pace, Push, Screen

TICK = Pace().coalesce
HELLO = orjson.dumps({"type": "hello", "epoch": "e1", "name": "", "beat_s": 2.0, "now": 0.0})


class Time(Clock):
    """A clock and its timers that stand still until they are told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 1_000.0
        self.timers: list[tuple[float, Timer]] = []

    def now(self) -> float:
        return self.at

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(call)
        self.timers.append((self.at + seconds, timer))
        return timer

    def go_on(self, seconds: float) -> None:
        end = self.at + seconds
        while due := [each for each in self.timers if each[0] <= end]:
            first = min(due, key=lambda each: each[0])
            self.timers.remove(first)
            self.at = max(self.at, first[0])
            if first[1].call:
                first[1].call()
        self.at = end


class Timer:
    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self.call = None


class Line:
    """A transport whose other end reads only when it is told to, into a mirror."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.waiting: list[bytes] = []
        self.reads = True
        self.gone = False
        self.kinds: list[str] = []

    def write(self, data: bytes) -> None:
        assert not self.gone
        self.waiting.append(data)
        if self.reads:
            self.drain()

    def drain(self) -> None:
        for data in self.waiting:
            self.kinds.append(self.mirror.take(payload(data), 0.0))
        self.waiting.clear()

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.waiting))

    def is_closing(self) -> bool:
        return self.gone

    def set_write_buffer_limits(self, high: int) -> None:
        assert high == WAITING

    def get_extra_info(self, name: str) -> None:
        return None


def payload(frame: bytes) -> bytes:
    """A plain server frame's payload."""
    skip = {126: 4, 127: 10}.get(frame[1], 2)
    return frame[skip:]


def joined(push: Push, mirror: Mirror) -> tuple[Line, Screen]:
    line = Line(mirror)
    screen = Screen(cast(asyncio.Transport, line), mirror.offset)
    push.join(screen, HELLO)
    return line, screen


class Pushing(RuleBasedStateMachine):
    """Puts, removals, stalls, cuts and resumes in any order; few tombstones, so that horizons are passed."""

    def __init__(self) -> None:
        super().__init__()
        self.time, self.telemetry = Time(), Telemetry()
        self.picture = fresh_picture(tombstones=3)
        self.push = Push(self.time, self.picture, self.telemetry, Pace(screens=4), self.time.later)
        self.screens: list[tuple[Line, Screen]] = []
        self.parted: list[Mirror] = []

    keys = st.sampled_from("abcdefgh")
    which = st.integers(0, 3)

    @initialize()
    def two(self) -> None:
        self.join()
        self.join()

    @rule(key=keys, size=st.sampled_from([1, WAITING]), seconds=st.sampled_from([0.0, 0.06]))
    def put(self, key: str, size: int, seconds: float) -> None:
        self.picture.put(key, {"n": self.picture.offset, "pad": "x" * size})
        self.time.go_on(seconds)

    @rule(key=keys)
    def remove(self, key: str) -> None:
        self.picture.remove(key)

    @rule()
    def join(self) -> None:
        if self.push.admit():
            self.screens.append(joined(self.push, Mirror()))

    @rule(which=which)
    def stall(self, which: int) -> None:
        if self.screens:
            self.screens[which % len(self.screens)][0].reads = False

    @rule(which=which)
    def read_on(self, which: int) -> None:
        if self.screens:
            line, _ = self.screens[which % len(self.screens)]
            line.reads = True
            line.drain()

    @rule(which=which, told=st.booleans())
    def part(self, which: int, told: bool) -> None:
        """A screen goes; what waited for it is lost. aiohttp tells us at once, or a moment later."""
        if which < len(self.screens):
            line, screen = self.screens.pop(which)
            line.gone = True
            self.parted.append(line.mirror)
            if not told:
                self.time.go_on(0.06)
            self.push.leave(screen)

    @rule()
    def resume(self) -> None:
        if self.parted and self.push.admit():
            self.screens.append(joined(self.push, self.parted.pop()))

    @rule(seconds=st.sampled_from([0.01, 2.5]))
    def pass_time(self, seconds: float) -> None:
        self.time.go_on(seconds)

    @invariant()
    def bounded(self) -> None:
        assert len(self.push) == len(self.screens) <= 4
        most = sum(len(orjson.dumps(self.picture.get(key))) + 200 for key in self.picture.keys(""))
        for line, _ in self.screens:
            assert line.get_write_buffer_size() <= WAITING + most + 8 * (WAITING + 200) + 500

    def teardown(self) -> None:
        for line, _ in self.screens:
            line.reads = True
            line.drain()
        self.time.go_on(0.2)
        held = {key: self.picture.get(key) for key in self.picture.keys("")}
        for line, screen in self.screens:
            assert line.mirror.values == held
            assert line.mirror.offset == screen.cursor == self.picture.offset


TestPushing = Pushing.TestCase
TestPushing.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def house(**pace: Any) -> tuple[Time, Any, Telemetry, Push]:
    time, picture, telemetry = Time(), fresh_picture(), Telemetry()
    return time, picture, telemetry, Push(time, picture, telemetry, Pace(**pace), time.later)


def test_changes_within_one_tick_are_one_frame_of_newest_values() -> None:
    time, picture, telemetry, push = house()
    line, _ = joined(push, Mirror())
    time.go_on(TICK)
    for n in range(10):
        picture.put("a", {"n": n})
    time.go_on(TICK - 0.001)
    assert line.kinds == ["hello", "delta"]
    time.go_on(0.002)
    assert line.kinds == ["hello", "delta", "delta"]
    assert line.mirror.values == {"a": {"n": 9}}
    assert telemetry.count("ioc_push_frames") == 2


def test_a_screen_that_does_not_read_is_skipped_counted_and_caught_up_by_one_frame() -> None:
    time, picture, telemetry, push = house()
    slow, screen = joined(push, Mirror())
    quick, _ = joined(push, Mirror())
    time.go_on(TICK)
    slow.reads = False
    picture.put("big", {"pad": "x" * (WAITING + 1)})
    time.go_on(TICK)
    for n in range(100):
        picture.put("a", {"n": n})
        time.go_on(TICK)
    assert quick.mirror.values["a"] == {"n": 99}
    assert len(slow.waiting) == 1
    assert telemetry.count("ioc_push_skips") >= 99
    slow.reads = True
    slow.drain()
    before = len(slow.kinds)
    time.go_on(TICK)
    assert slow.mirror.values == quick.mirror.values
    assert len(slow.kinds) == before + 1
    assert telemetry.count("ioc_push_conflated") == 1
    assert not screen.behind


def test_screens_at_the_same_offset_share_one_frame() -> None:
    time, picture, _, push = house()
    lines = [joined(push, Mirror())[0] for _ in range(3)]
    time.go_on(TICK)
    for line in lines:
        line.reads = False
    picture.put("a", {"n": 1})
    time.go_on(TICK)
    first = lines[0].waiting[0]
    assert all(line.waiting[0] is first for line in lines)


def test_beats_come_only_when_nothing_else_was_sent() -> None:
    time, picture, _, push = house()
    line, _ = joined(push, Mirror())
    time.go_on(1.5)
    picture.put("a", {"n": 1})
    time.go_on(0.1)
    assert line.kinds == ["hello", "delta", "delta"]
    time.go_on(1.9)
    assert line.kinds == ["hello", "delta", "delta"]
    time.go_on(0.1)
    assert line.kinds[3:] == ["beat"]
    time.go_on(10.0)
    assert line.kinds[3:] == ["beat"] * 6


def test_a_beat_never_names_an_offset_that_the_screen_does_not_hold() -> None:
    time, picture, _, push = house(coalesce=5.0)
    line, _ = joined(push, Mirror())
    time.go_on(5.0)
    line.reads = False
    picture.put("a", {"n": 1})
    time.go_on(2.5)
    assert [orjson.loads(payload(data))["offset"] for data in line.waiting] == [0]


def test_a_resumed_screen_that_missed_nothing_is_told_so() -> None:
    time, picture, _, push = house()
    picture.put("a", {"n": 1})
    mirror = Mirror(epoch="e1", offset=1, values={"a": {"n": 1}})
    line, _ = joined(push, mirror)
    time.go_on(TICK)
    assert line.kinds == ["hello", "delta"]
    assert mirror.values == {"a": {"n": 1}}


def test_too_many_screens_are_refused_and_counted() -> None:
    _, _, telemetry, push = house(screens=1)
    assert push.admit()
    joined(push, Mirror())
    assert not push.admit()
    assert telemetry.count("ioc_push_refused") == 1


def test_after_stop_nothing_is_written() -> None:
    time, picture, _, push = house()
    line, _ = joined(push, Mirror())
    time.go_on(TICK)
    push.stop()
    picture.put("a", {"n": 1})
    time.go_on(10.0)
    assert line.kinds == ["hello", "delta"]
    assert len(push) == 0
