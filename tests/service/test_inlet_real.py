"""An outside program writes one to N in line protocol while the real InfluxDB behind us is stopped and started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ioc.clock import Clock
from tests.real.influx import InfluxServer
from tests.real.telegraf import Telegraf
from tests.service.conftest import Build
from tests.service.house import House
from tests.service.test_inlet import TOKEN, micros, opened, write

pytestmark = pytest.mark.real

ALL = """
from(bucket: BUCKET) |> range(start: -1h) |> filter(fn: (r) => r._measurement == "pump")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value") |> group() |> sort(columns: ["flow"])
"""
DISK = """
from(bucket: BUCKET) |> range(start: -1h)
  |> filter(fn: (r) => r._measurement == "disk" and r._field == "total" and r.endpoint == "a")
"""


async def onto_influx(build: Build, influxd: InfluxServer) -> House:
    """A house whose history goes to a real InfluxDB, and that takes a server's disks."""
    house = await opened(build)
    (house.folder / "influx-token").write_text(influxd.token)
    token = {"file": str(house.folder / "influx-token")}
    where = {"url": influxd.url, "org": influxd.org, "bucket": influxd.bucket, "token": token}
    house.config["history"] = {"store": "influx", "influx": where}
    house.config["inlet"]["measurements"]["disk"] = {
        "tags": ["path"],
        "without": ["device", "fstype", "mode"],
    }
    house.write()
    return house


async def rows(influxd: InfluxServer, query: str, count: int) -> list[dict[str, str]]:
    """What a query returns, asked again until that is as much."""
    async with asyncio.timeout(60):
        while True:
            found = await asyncio.to_thread(influxd.flux, query)
            if len(found) >= count:
                return found
            await asyncio.sleep(0.1)


async def test_one_to_n_are_there_exactly(build: Build, influxd: InfluxServer) -> None:
    house = await onto_influx(build, influxd)
    await house.start()
    now = micros(Clock()) - 60_000_000

    async def some(first: int, last: int) -> None:
        for start in range(first, last + 1, 10):
            lines = [
                f'pump,host=a,id=x flow={n},whole={n}i,on={"t" if n % 2 else "f"},note="số {n}, \\"ok\\"" {now + n}'
                for n in range(start, start + 10)
            ]
            assert await write(house, "\n".join(lines)) == (204, "")

    await some(1, 100)
    await asyncio.to_thread(influxd.stop)
    await some(101, 200)
    await asyncio.to_thread(influxd.start)
    await some(201, 250)
    found = await rows(influxd, ALL, 250)
    assert [float(row["flow"]) for row in found] == list(range(1, 251))
    assert [int(row["whole"]) for row in found] == list(range(1, 251))
    assert [row["on"] for row in found] == ["true" if n % 2 else "false" for n in range(1, 251)]
    assert [row["note"] for row in found] == [f'số {n}, "ok"' for n in range(1, 251)]
    assert {(row["endpoint"], row["unit"], row["site"], row["system"], row["id"]) for row in found} == {
        ("a", "commune", "hall", "vc", "x")
    }


async def test_telegraf_through_us_into_influxdb(
    build: Build, influxd: InfluxServer, telegraf: Callable[..., Telegraf]
) -> None:
    house = await onto_influx(build, influxd)
    await house.start()
    inputs = '[[inputs.disk]]\n  mount_points = ["/"]\n'
    run = await asyncio.to_thread(telegraf(house.url, TOKEN, host="pump-house").once, inputs)
    assert run.delivered, run.log
    (row,) = await rows(influxd, DISK, 1)
    assert f"total={row['_value']}i" in run.sent
    assert row["path"] == "/"
