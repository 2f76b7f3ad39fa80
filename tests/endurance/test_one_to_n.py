"""One to N for longer, and through kills of the service: what was acknowledged is in InfluxDB, each number once.

IOC_HISTORY_KILLS and IOC_HISTORY_ROUNDS say how often and how long.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.real.gateway import BUSY, DEAF, PASS, UNAVAILABLE, UNREADABLE, Mood, slow
from tests.real.influx import InfluxServer
from tests.service.counting import ACKNOWLEDGED, POLLED, VOICES, Counting, Given, monotonic
from tests.service.house import House
from tests.service.test_one_to_n import accounted, every_fault

pytestmark = [pytest.mark.real, pytest.mark.endurance]

KILLS = int(os.environ.get("IOC_HISTORY_KILLS", "50"))
ROUNDS = int(os.environ.get("IOC_HISTORY_ROUNDS", "3"))
LIFE = 4.0
"""seconds that a life lasts at the most once everybody was asked,"""
YOUNG = 3
"""but every so many lives end within these after their beginning, perhaps before the service listens"""
BEYOND_PATIENCE = 11.0
"""seconds; our client gives a request up after ten"""
MOODS: tuple[Mood, ...] = (PASS, PASS, PASS, slow(1.0), DEAF, BUSY, UNAVAILABLE, UNREADABLE)
FEWER_THAN_SEARCHES = 100
"""400s in a life: after 300 for one batch (`influx.SEARCHES`) all that is left of it would be refused unnamed"""
ODD = 7
"""every so many lives InfluxDB ends as well"""


@pytest.fixture
async def counting(tmp_path: Path, influxd: InfluxServer) -> AsyncIterator[Counting]:
    house = House(tmp_path, "counter")
    await house.open()
    made = Counting(house, influxd)
    await made.open()
    yield made
    await made.close()
    await house.close()


async def test_one_to_n_for_longer(counting: Counting) -> None:
    await counting.house.spawn()
    for number in range(ROUNDS):
        await every_fault(counting, of_each=6)
        await counting.under(slow(BEYOND_PATIENCE), times=1)
        print(f"round {number + 1}: {dict(counting.gateway.met)}", flush=True)
    print(await accounted(counting))


@dataclass(frozen=True, slots=True)
class Life:
    """From start to kill, in the machine's monotonic seconds; `heard` are the answers it had read, by voice."""

    start: float
    end: float
    heard: Mapping[str, int]


@dataclass(slots=True)
class Reaper:
    """Has the service live and killed."""

    counting: Counting
    chance: random.Random = field(default_factory=lambda: random.Random(20_261_124))
    lives: list[Life] = field(default_factory=list)

    async def life(self) -> None:
        """One more, with InfluxDB in some mood, or ended."""
        counting, chance = self.counting, self.chance
        counting.gateway.mood = chance.choice(MOODS)
        counting.gateway.patience = FEWER_THAN_SEARCHES
        if len(self.lives) % ODD == ODD - 1:
            end = counting.influxd.kill if chance.random() < 0.5 else counting.influxd.stop
            await asyncio.to_thread(end)
        start = monotonic()
        birth = asyncio.create_task(counting.house.spawn())
        if len(self.lives) % YOUNG:
            await birth
            await counting.count.more(1, POLLED)
        await asyncio.sleep(chance.uniform(0.3, LIFE))
        heard = await self._heard() if birth.done() else {}
        kill = monotonic()
        code = await counting.house.kill()
        assert code == -signal.SIGKILL, f"it ended by itself: {code}"
        await asyncio.gather(birth, return_exceptions=True)
        self.lives.append(Life(start, kill, heard))
        await asyncio.to_thread(counting.influxd.start)

    async def _heard(self) -> dict[str, int]:
        told = await _or_none(self.counting.house.metrics)
        return {voice: int(told[f'ioc_probe_answers_total{{source="{voice}"}}']) for voice in POLLED if told}

    def in_a_window(self, given: Given) -> bool:
        """Whether a number was given so shortly before a kill that it may be lost."""
        return any(each.end - ACKNOWLEDGED < given.at <= each.end for each in self.lives)

    def latest(self, given: Given) -> float:
        """Seconds from a number to the kill that came next."""
        return min((each.end - given.at for each in self.lives if each.end >= given.at), default=0.0)

    def unheard(self, voice: str) -> int:
        """Answers that a service had time to read and did not, by its own count."""
        sum_ = 0
        for each in self.lives:
            old = [
                given
                for given in self.counting.count.of(voice)
                if each.start < given.at <= each.end - ACKNOWLEDGED
            ]
            sum_ += max(len(old) - each.heard[voice], 0) if voice in each.heard else 0
        return sum_


async def _or_none(ask: Callable[[], Coroutine[Any, Any, dict[str, float]]]) -> dict[str, float] | None:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(2):
            return await ask()
    return None


async def test_one_to_n_through_kills(counting: Counting) -> None:
    reaper = Reaper(counting)
    while len(reaper.lives) < KILLS:
        await reaper.life()
        if len(reaper.lives) % 10 == 0:
            counts = ", ".join(f"{voice} {counting.count.last(voice)}" for voice in VOICES)
            print(f"{len(reaper.lives)} kills, {counts}", flush=True)
    counting.gateway.mood = PASS
    await counting.house.spawn()
    await counting.count.more(1)
    await counting.over()
    assert all(counting.count.last(voice) > KILLS // 2 for voice in VOICES)
    missing = await counting.missing()
    assert not {each.number for each in missing["line"]} - counting.refused("line"), missing["line"]
    for voice in POLLED:
        refused = counting.refused(voice)
        gone = [each for each in missing[voice] if each.number not in refused]
        old = [each for each in gone if not reaper.in_a_window(each)]
        assert len(old) <= reaper.unheard(voice), f"{voice}: {old} are lost"
        oldest = max((reaper.latest(each) for each in gone if each not in old), default=0.0)
        print(
            f"{voice} 1…{counting.count.last(voice)}: {len(refused)} refused; {len(gone)} lost, the oldest "
            f"{oldest:.2f} s before a kill; {reaper.unheard(voice)} unheard"
        )
    print(
        f"line 1…{counting.count.last('line')}: {len(counting.refused('line'))} refused, every other one that was "
        f"answered 204 is there; {len(reaper.lives)} kills"
    )
