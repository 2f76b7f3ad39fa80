"""The whole service, killed again and again under load: nobody is forgotten, nobody told twice unsaid, no promise lost.

Half of the kills come from a channel's end, on receiving a message and before it answers. IOC_KILLS and IOC_CUTS say
how often; the short runs are part of every test run.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import pytest

from tests.endurance.account import account
from tests.endurance.house import House
from tests.endurance.judge import ALIVE_WITHIN, Judge
from tests.endurance.post import CHANNELS
from tests.endurance.powercut import Machine

KILLS = int(os.environ.get("IOC_KILLS", "200"))
CUTS = int(os.environ.get("IOC_CUTS", "50"))
FEW = 4
NOISY = 60
"""rooms that fall silent by themselves: two incidents begin or end each second"""


def rooms_for(kills: int) -> int:
    """Enough that each life has a room that never failed before: one that fails, sometimes another that is silenced."""
    return kills + kills // 2 + 20


@asynccontextmanager
async def killed_house(folder: Path, kills: int) -> AsyncIterator[House]:
    """One whose disk outlives its process."""
    house = House(folder, rooms_for(kills), NOISY, folder / "state" / "ioc.db", os.environ)
    await house.open()
    try:
        yield house
    finally:
        await house.close()


@asynccontextmanager
async def cut_house(machine: Machine, folder: Path, cuts: int, **more: str) -> AsyncIterator[House]:
    """One whose disk keeps what was fsynced."""
    environment = {**machine.environment, **more}
    house = House(folder, rooms_for(cuts), NOISY, machine.disk / "ioc.db", environment)
    await house.open()
    try:
        yield house
    finally:
        await house.close()


async def test_a_few_kills_lose_nothing(tmp_path: Path) -> None:
    async with killed_house(tmp_path, FEW) as house:
        judge = Judge(house)
        await judge.run(FEW, heal=False)
        assert sum(judge.killed[channel] for channel in CHANNELS) == FEW // 2


@pytest.mark.endurance
async def test_many_kills_lose_nothing(tmp_path: Path) -> None:
    async with killed_house(tmp_path, KILLS) as house:
        judge = Judge(house)
        await told(judge, KILLS)
        assert all(judge.killed[channel] >= KILLS // 6 for channel in CHANNELS)
        assert median(house.alone) <= ALIVE_WITHIN


@pytest.mark.endurance
async def test_power_cuts_lose_nothing(machine: Machine, tmp_path: Path) -> None:
    async with cut_house(machine, tmp_path, CUTS) as house:
        await told(Judge(house, machine.lose), CUTS)


async def told(judge: Judge, kills: int) -> None:
    """The whole loop, with what was seen on standard output however it ends."""
    try:
        await judge.run(kills, heal=True)
    finally:
        print(account(judge), flush=True)


async def test_without_fsync_a_power_cut_loses_pages(machine: Machine, tmp_path: Path) -> None:
    """The same test fails: so it does see what is lost."""
    async with cut_house(machine, tmp_path, FEW, IOC_STATE_SYNCHRONOUS="OFF") as house:
        with pytest.raises(AssertionError, match="lost|although silenced|told twice|another|knows nothing"):
            await Judge(house, machine.lose).run(FEW, heal=False)
