"""Faults, silences, maintenance and kills in any order: who heard of a beginning hears of its end, and only they do."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.notification import Notification
from ioc.errors import Refused
from ioc.matchers import all_hold, parse_all
from tests.alerts.minded import Minded
from tests.alerts.world import Inbox

ROOMS = ("room-a1", "room-a2", "room-b1")
MATCHES = ('subject="room-a1"', 'unit="x-a"', 'unit=~"x-.*", subject!="room-b1"', 'severity="warning"')
SECONDS = (1.0, 20.0, 45.0, 300.0, 900.0, 4000.0)

ACTS = st.one_of(
    st.tuples(st.sampled_from(["down", "up"]), st.sampled_from(ROOMS)),
    st.tuples(
        st.just("silence"),
        st.tuples(st.sampled_from(MATCHES), st.sampled_from(SECONDS), st.sampled_from(SECONDS)),
    ),
    st.tuples(st.just("maintain"), st.tuples(st.sampled_from(ROOMS), st.sampled_from(SECONDS))),
    st.tuples(st.sampled_from(["extend", "expire"]), st.integers(0, 9)),
    st.tuples(st.just("go"), st.sampled_from(SECONDS)),
    st.tuples(st.just("kill"), st.sampled_from(SECONDS)),
)


class Stage:
    """The service, and what its people know: what they asked to be silenced, and what they were told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.inbox = Inbox()
        self.world = Minded(path, inbox=self.inbox)
        self.truth = dict.fromkeys(self.world.inventory.endpoints, "up")
        self.asked: dict[str, tuple[str, float, float]] = {}
        self.open: defaultdict[int, int] = defaultdict(int)
        """how often each incident was told to begin, less how often to end"""

    @property
    def now(self) -> float:
        return self.world.clock.at

    async def do(self, act: str, what: object) -> None:
        match act, what:
            case (("down" | "up"), str(room)):
                self.truth[room] = act
                self.world.put(room, act)
            case "silence", (str(match), float(after), float(lasts)):
                start = self.now + after - 1.0
                self.asked[await self._silence(match, start, start + lasts)] = (match, start, start + lasts)
            case "maintain", (str(room), float(lasts)):
                await self.world.engine.maintain(
                    "endpoint", room, None, self.now + lasts, "thay nguồn", "Hạnh"
                )
            case (("extend" | "expire"), int(number)):
                await self._change(act, number)
            case "go", float(seconds):
                await self.world.go(seconds)
            case "kill", float(seconds):
                await self._kill(seconds)
        await self.world.go(0.0)
        self.check()

    async def _silence(self, match: str, start: float, end: float) -> str:
        silencing = self.world.engine.plans.silencing
        return await silencing.begin(parse_all(match), start, end, "thay nguồn", "Hạnh")

    async def _change(self, act: str, number: int) -> None:
        if not self.asked:
            return
        id = list(self.asked)[number % len(self.asked)]
        match, start, end = self.asked[id]
        silencing = self.world.engine.plans.silencing
        try:
            if act == "extend":
                await silencing.extend(id, end + 600.0, "Hạnh")
                self.asked[id] = (match, start, end + 600.0)
            else:
                await silencing.expire(id, "Hạnh")
                self.asked[id] = (match, min(start, self.now), self.now)
        except Refused:
            assert end <= self.now, f"{act} of a silence that is not over was refused"

    async def _kill(self, seconds: float) -> None:
        await self.world.stop()
        self.world.clock.at += seconds
        self.world = Minded(self.path, clock=self.world.clock, inbox=self.inbox)
        self.see()

    def see(self) -> None:
        for each, state in self.truth.items():
            self.world.put(each, state)

    def check(self) -> None:
        for each in self.inbox.got:
            self._message(each)
        self.inbox.got.clear()

    def _message(self, each: Notification) -> None:
        if each.status == "resolved":
            assert self.open[each.incident] > 0, "told the end of what nobody heard the beginning of"
            self.open[each.incident] = 0
            return
        labels = {**each.labels, "severity": str(each.severity)}
        held = [
            match
            for match, start, end in self.asked.values()
            if start <= each.at < end and holds(match, labels)
        ]
        assert not held, f"{each.kind} of {labels} was told though {held} silenced it"
        self.open[each.incident] += 1

    async def end(self) -> None:
        """All is well for long, and every silence is over: nobody is left with an open page."""
        for room in ROOMS:
            await self.do("up", room)
        for _ in range(4):
            await self.do("go", 4000.0)
        assert self.world.open() == []
        assert not any(self.open.values()), f"left with an open page: {dict(self.open)}"
        await self.world.stop()

    async def untold(self) -> list[int]:
        """Incidents that burn, that nothing has held for two minutes, and that were never told."""
        await self.do("go", 120.0)
        return [number for number in self.world.open() if not self.open[number] and not self._held(number)]

    def _held(self, number: int) -> bool:
        shown = self.world.incident(number)
        labels = {"subject": shown["root"], "unit": shown["unit"], "severity": shown["severity"]}
        lately = self.now - 120.0
        held = any(
            end > lately and start <= self.now and holds(match, labels)
            for match, start, end in self.asked.values()
        )
        return held or any(self.world.engine.is_maintained(shown["root"], at) for at in (lately, self.now))


def holds(match: str, labels: Mapping[str, str]) -> bool:
    return all_hold(parse_all(match), labels)


async def play(path: Path, acts: list[tuple[str, object]]) -> None:
    stage = Stage(path)
    stage.see()
    for act, what in acts:
        await stage.do(act, what)
    for room in ROOMS:
        await stage.do("down", room)
    assert await stage.untold() == []
    for _ in range(3):  # nearly every silence and every maintenance ends while all of them are down
        await stage.do("go", 4000.0)
    assert await stage.untold() == []
    await stage.end()


@settings(max_examples=40, deadline=None)
@given(st.lists(ACTS, max_size=20))
def test_all_who_hear_of_the_beginning_hear_of_the_end_and_nobody_of_what_is_silenced(
    acts: list[tuple[str, object]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), acts))
