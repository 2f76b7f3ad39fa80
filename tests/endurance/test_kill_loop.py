"""The whole service, killed again and again under faults: no page lost, none twice unsaid, states right at once.

Half of the kills come from the sink, on receiving a POST and before it answers. IOC_KILLS and IOC_CUTS say how
often; the short runs are part of every test run.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ioc.clock import Clock
from tests.endurance.house import House
from tests.endurance.powercut import Machine

KILLS = int(os.environ.get("IOC_KILLS", "100"))
CUTS = int(os.environ.get("IOC_CUTS", "20"))
ROUND = 10
"""faults that are healed together"""
SEEN_WITHIN = 10.0
"""seconds after a start in which every state must be true again"""
TOLD_WITHIN = 60.0
"""seconds in which pages must have come once nobody kills any more: the first retries wait 1, 2, 4… seconds"""


class Judge:
    """Runs lives of the service and holds each of them against the truth."""

    def __init__(self, house: House, after_kill: Callable[[], None] = lambda: None) -> None:
        self.house = house
        self.chance = random.Random(20_261_124)
        self.killed = {"moment": 0, "sink": 0}
        self.seen_after: list[float] = []
        self._clock = Clock()
        self._after_kill = after_kill
        self._since: dict[str, float] = {}
        self._fresh = iter(house.rooms.addresses)

    async def run(self, kills: int, *, heal: bool) -> None:
        """So many kills, faults healed in rounds; everything told at the end."""
        healed = 0
        while sum(self.killed.values()) < kills:
            if self.killed["sink"] <= self.killed["moment"]:
                await self.life_ended_by("firing")
            else:
                await self.life_ended_at_random()
            if heal and len(self.house.rooms.silent) >= ROUND:
                await self.heal(killing=sum(self.killed.values()) < kills)
                healed += 1
        if heal:
            await self.heal(killing=False)
        else:
            await self.calm(self.all_opened)
        self.no_false_page()

    async def life_ended_at_random(self) -> None:
        """A fault, and a kill at any moment from before the service listens to after the page."""
        await self.house.spawn()
        self.house.rooms.silence(next(self._fresh))
        await asyncio.sleep(self.chance.uniform(0.0, 5.0))
        self.house.kill()
        await self._buried("moment")

    async def life_ended_by(self, status: str) -> None:
        """A fault, seen by a service whose states are right, and a kill by the page it sends."""
        await self._live()
        self.house.rooms.silence(next(self._fresh))
        await self._deadly_page(status)

    async def heal(self, *, killing: bool) -> None:
        """All rooms answer again; two kills by the news of that, then calm until all of it is told."""
        await self.calm(self.all_opened)
        self.house.rooms.heal()
        for _ in range(2 if killing else 0):
            await self._live()
            await self._deadly_page("resolved")
        await self.calm(self.all_closed)

    async def calm(self, done: Callable[[], bool]) -> None:
        """A life that nobody ends until something is so; then one more kill, uncounted."""
        await self._live()
        async with asyncio.timeout(TOLD_WITHIN):
            while not done():
                self.house.sink.came.clear()
                await self._no_fault(self.house.sink.came.wait())
        self.house.kill()
        await self.house.ended()
        self._after_kill()

    def all_opened(self) -> bool:
        """Whether every room that ever fell silent was told of, and that was answered."""
        return set(self.house.sink.told("opened", answered=True)) >= self.house.rooms.once_silent

    def all_closed(self) -> bool:
        """Whether every incident that was told to open was told to close."""
        opened, closed = (self.house.sink.told(kind, answered=True) for kind in ("opened", "closed"))
        return opened == closed and set(closed) == self.house.rooms.once_silent

    def no_false_page(self) -> None:
        """One incident a fault, none without."""
        assert not self.house.sink.faults, "\n".join(self.house.sink.faults)
        opened = self.house.sink.told("opened")
        assert set(opened) == self.house.rooms.once_silent
        assert all(len(incidents) == 1 for incidents in opened.values()), opened

    def summary(self) -> str:
        """What was seen, for people."""
        seen, pages = sorted(self.seen_after), self.house.sink.pages
        return (
            f"killed {self.killed}; {len(pages)} pages, {sum(each.repeat for each in pages)} of them repeats; "
            f"states right {seen[len(seen) // 2]:.2f} s (median), {seen[-1]:.2f} s (most) "
            f"after {len(seen)} starts"
        )

    async def _live(self) -> None:
        """Start the service and see that what it says is so."""
        await self.house.spawn()
        await self.house.ready()
        began = self._clock.now()
        await self._incidents_are_known()
        async with asyncio.timeout(SEEN_WITHIN):
            while self._wrong(await self.house.get("/api/v1/picture?prefix=endpoint/")):
                await asyncio.sleep(0.05)
        self.seen_after.append(self._clock.now() - began)

    async def _incidents_are_known(self) -> None:
        """What the sink has answered for is in the very first answer of a new life."""
        known = (await self.house.get("/api/v1/incidents?status=open"))["incidents"]
        closed = {each for ids in self.house.sink.told("closed").values() for each in ids}
        told = {each for ids in self.house.sink.told("opened", answered=True).values() for each in ids}
        lost = told - closed - {str(each["id"]) for each in known}
        healing = not self.house.rooms.silent
        assert healing or not lost, f"incidents {lost} are lost"

    def _wrong(self, said: dict[str, Any]) -> list[str]:
        """What the picture says that is not so; rooms that were healed may still be recovering."""
        wrong = []
        for key, value in said["picture"].items():
            room = key.removeprefix("endpoint/")
            if room in self.house.rooms.silent:
                if value["state"] != "down":
                    wrong.append(f"{room} is {value['state']}")
                else:
                    since = self._since.setdefault(room, value["since"])
                    assert abs(value["since"] - since) < 1.0, f"{room} is down since another moment"
            elif room not in self.house.rooms.once_silent and value["state"] != "up":
                wrong.append(f"{room} is {value['state']}")
        return wrong

    async def _deadly_page(self, status: str) -> None:
        self.house.sink.deadly = lambda said: said == status
        async with asyncio.timeout(TOLD_WITHIN):
            await self._buried("sink")
        self.house.sink.deadly = lambda said: False

    async def _buried(self, by: str) -> None:
        await self.house.ended()
        self.killed[by] += 1
        self._after_kill()
        assert not self.house.sink.faults, "\n".join(self.house.sink.faults)

    async def _no_fault(self, event: Awaitable[object]) -> None:
        await event
        assert not self.house.sink.faults, "\n".join(self.house.sink.faults)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, KILLS + 50, tmp_path / "state" / "ioc.db", os.environ)
    await house.open()
    yield house
    await house.close()


def cut_house(machine: Machine, folder: Path, **more: str) -> House:
    return House(folder, CUTS + 50, machine.disk / "ioc.db", {**machine.environment, **more})


async def test_a_few_kills_lose_nothing(house: House) -> None:
    judge = Judge(house)
    await judge.run(3, heal=False)
    assert judge.killed == {"moment": 1, "sink": 2}


@pytest.mark.endurance
async def test_many_kills_lose_nothing(house: House) -> None:
    judge = Judge(house)
    await judge.run(KILLS, heal=True)
    assert judge.killed["sink"] >= KILLS // 2
    print(judge.summary())


@pytest.mark.endurance
async def test_power_cuts_lose_nothing(machine: Machine, tmp_path: Path) -> None:
    house = cut_house(machine, tmp_path)
    await house.open()
    try:
        judge = Judge(house, machine.lose)
        await judge.run(CUTS, heal=True)
        print(judge.summary())
    finally:
        await house.close()


async def test_without_fsync_a_power_cut_loses_pages(machine: Machine, tmp_path: Path) -> None:
    """The same test fails: so it does see what is lost."""
    house = cut_house(machine, tmp_path, IOC_STATE_SYNCHRONOUS="OFF")
    await house.open()
    try:
        with pytest.raises(AssertionError, match="are lost|told twice|used again|another moment"):
            await Judge(house, machine.lose).run(CUTS, heal=False)
    finally:
        await house.close()
