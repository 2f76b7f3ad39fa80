"""An outside program's numbers 1…N, written again until they are acknowledged: the store has each of them once.

Meanwhile the service is killed at random, and the database is stopped and killed. What N was acknowledged for is
what a query returns: nothing was dropped, so nothing may be missing.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from ioc.clock import Clock
from tests.real.daemon import Daemon
from tests.real.influx import InfluxServer
from tests.service.conftest import Build
from tests.service.house import House
from tests.service.test_inlet import numbers, opened, write

KILLS = int(os.environ.get("IOC_KILLS", "4"))
COUNTED = (
    'from(bucket: BUCKET) |> range(start: -1h) |> filter(fn: (r) => r._measurement == "pump") |> group()'
)


class Writer:
    """Writes numbers one after another, ten at a time, each until it is told that it is kept."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.last = 0
        """the greatest number that is kept"""
        self.base = int(Clock().civil(Clock().now()) * 1e6) - 1_800_000_000
        self.more = asyncio.Event()

    async def run(self) -> None:
        while True:
            some = range(self.last + 1, self.last + 11)
            text = "\n".join(f"pump,host=pump-house,id=1 flow={n} {self.base + n}" for n in some)
            status = 0
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                status, _ = await write(self.house, text)
            if status == 204:
                self.last = some[-1]
                self.more.set()
            else:
                assert status in (0, 503)
                await asyncio.sleep(0.05)

    async def beyond(self, number: int) -> None:
        """Return once so many are kept."""
        async with asyncio.timeout(60):
            while self.last < number:
                self.more.clear()
                await self.more.wait()


@asynccontextmanager
async def writing(house: House) -> AsyncIterator[Writer]:
    """A writer at work; in the end all it has written is kept."""
    writer = Writer(house)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.result()


async def kill(house: House) -> None:
    """kill -9, and a new process on what is left."""
    house.signal(signal.SIGKILL)
    assert house._process is not None
    await house._process.wait()
    await house.stop()
    await house.spawn()


async def test_the_embedded_store_has_each_number_once_after_every_kill(build: Build) -> None:
    house = await opened(build)
    await house.spawn()
    chance = random.Random(20_261_124)
    async with writing(house) as writer:
        for _ in range(KILLS):
            await writer.beyond(writer.last + chance.randint(10, 200))
            await kill(house)
        await writer.beyond(writer.last + 50)
    last = writer.last
    found = await numbers(house, last)
    kept = sum(found["count"])
    sum_ = sum(mean * count for mean, count in zip(found["mean"], found["count"], strict=True))
    assert last <= kept <= last + 10, "at most one batch was kept and not yet acknowledged"
    assert round(sum_) == kept * (kept + 1) // 2
    assert (await house.metrics())["ioc_history_dropped_total"] == 0


@pytest.mark.real
async def test_influxdb_has_each_number_once_whoever_was_stopped_or_killed(
    build: Build, influxd: InfluxServer
) -> None:
    house = await opened(build)
    (house.folder / "influx-token").write_text(influxd.token)
    at = {"url": influxd.url, "org": influxd.org, "bucket": influxd.bucket}
    house.config["history"] = {"influx": {**at, "token": {"file": str(house.folder / "influx-token")}}}
    house.write()
    await house.spawn()
    async with writing(house) as writer:
        await writer.beyond(50)
        await asyncio.to_thread(influxd.stop)
        await writer.beyond(writer.last + 300)
        await kill(house)
        await writer.beyond(writer.last + 300)
        await asyncio.to_thread(influxd.start)
        await writer.beyond(writer.last + 100)
        if isinstance(influxd._link, Daemon):
            influxd._link.kill()
            await writer.beyond(writer.last + 100)
            await kill(house)
            await asyncio.to_thread(influxd.start)
        await writer.beyond(writer.last + 50)
    last = writer.last
    await house.until(
        lambda: (
            house.see("self/history").get("waiting", 99) < 20 and house.see("self/history")["written"] > 0
        ),
        within=60,
    )
    await house.stop()
    rows = await asyncio.to_thread(influxd.flux, COUNTED)
    found = sorted(round(float(row["_value"])) for row in rows)
    assert found == list(range(1, len(found) + 1))
    assert last <= len(found) <= last + 10
