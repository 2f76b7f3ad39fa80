"""A simulated day of a province without its InfluxDB: nothing lost, the disk within its bound, made good fast.

The tenth of a day is part of every test run; IOC_HISTORY_DAYS says how long the long one is.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from benchmarks.kit.day import DAY, Day
from benchmarks.kit.stored import Stored
from ioc.store import feeder
from ioc.store.influx import Address, Influx
from ioc.telemetry import Telemetry
from tests.real.influx import InfluxServer

pytestmark = pytest.mark.real

DAYS = float(os.environ.get("IOC_HISTORY_DAYS", "1"))
SHORT = DAY / 10
AMPLE, TIGHT = 2**30, 3 * 2**19
TIMES = 50
"""times real time that a replay must be"""


def of(influxd: InfluxServer, folder: Path, size: int, room: int) -> Day:
    """A day whose history goes to a server in the end."""
    at = influxd.address
    return Day(folder, size, Influx(Address(at.url, at.org, at.bucket, at.token), Telemetry()), room)


async def nothing_is_lost(day: Day, influxd: InfluxServer, seconds: float) -> None:
    await day.away(seconds)
    waited = day.keeper.waiting
    assert waited == day.truth.lines
    taken = await day.replay()
    assert day.largest <= day.size
    wrong = day.truth.wrong(await asyncio.to_thread(Stored(influxd, day).sums))
    assert not wrong, "lines that are missing or others, by endpoint"
    assert day.count("dropped") == day.count("refused") == day.count("faulty") == 0
    assert seconds / taken >= TIMES
    print(
        f"{waited:,} lines of {seconds / 3600:g} h: {day.largest:,} bytes of {day.size:,}, replayed in {taken:.1f} s, "
        f"{seconds / taken:,.0f} times real time; {day.truth.lines:,} lines there"
    )


async def test_a_tenth_of_a_day(tmp_path: Path, influxd: InfluxServer) -> None:
    await nothing_is_lost(of(influxd, tmp_path, AMPLE, room=20_000), influxd, SHORT)


@pytest.mark.endurance
async def test_a_day(tmp_path: Path, influxd: InfluxServer) -> None:
    await nothing_is_lost(of(influxd, tmp_path, AMPLE, room=100_000), influxd, DAY * DAYS)


async def test_with_too_little_room_the_oldest_are_dropped_counted_and_marked(
    tmp_path: Path, influxd: InfluxServer
) -> None:
    day = of(influxd, tmp_path, TIGHT, room=20_000)
    await day.away(SHORT / 2)
    before = day.truth.lines
    await day.replay()
    assert day.largest <= day.size
    dropped = day.count("dropped")
    assert 0 < dropped < before
    stored = Stored(influxd, day)
    there = sum(each.count for each in (await asyncio.to_thread(stored.sums)).values())
    assert there == day.truth.lines - dropped
    marks = await asyncio.to_thread(stored.marks)
    assert sum(count for _, count in marks) == dropped
    newest = max(at for at, _ in marks)
    later = await asyncio.to_thread(stored.since, newest)
    assert later == day.truth.lines - day.truth.until(newest), (
        "something newer than the newest lost is missing"
    )
    assert there - later <= feeder.SIZE, "what is older than that, and there, was in the store's hand"
    print(
        f"{day.size:,} bytes, {day.largest:,} used: {dropped:,} of {before:,} lines dropped, told by {len(marks)} marks"
    )
