"""10,000 points a second into a real InfluxDB, for ten minutes: memory, the event loop's lag, and what is missing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson

from benchmarks.kit import lag
from benchmarks.kit.environment import name_influx
from benchmarks.kit.figures import spread
from benchmarks.kit.processes import cpu_seconds, resident_mb
from benchmarks.kit.result import Result, main, progress
from benchmarks.kit.stand import Stand, now
from benchmarks.kit.systems import PEERS
from ioc.demo.children import Child
from ioc.errors import IocError
from tests.real.influx import InfluxServer
from tools.parts import PartMissing, find

COUNT = (
    'from(bucket: BUCKET) |> range(start: 0) |> filter(fn: (r) => r._measurement == "endpoint" and r._field == "rtt")'
    " |> count() |> group() |> sum()"
)
PATIENCE = 60
"""seconds that the last points may take"""
UNEQUAL = """
a point is a line of five tags and two floats; 10,000 endpoints write one each second, a province writes 60 to 120
ours makes the samples and the lines in the measured process; Telegraf gets finished lines by a socket and parses them
ours has every line on disk within a second of its sample, and synced; Telegraf's buffer is in memory, as it is shipped
InfluxDB itself is a process beside either, on the same two cores, empty at the start, and is not counted
the first 30 s, in which influxdb-client is imported and its connection made, are not in lag, memory and processor time
idle_loop_lag is the same timer in a process that does nothing else, at the same time: what the machine alone adds
the memory's growth is from the mean of the first tenth of the span to the mean of the last
""".strip().splitlines()


@dataclass(frozen=True, slots=True)
class _Size:
    endpoints: int
    pace: int
    settle: float
    span: float

    @property
    def seconds(self) -> float:
        """How long points are made."""
        return self.settle + self.span


FULL, QUICK = _Size(10_000, 10_000, 30.0, 600.0), _Size(1_000, 1_000, 0.2, 0.8)


async def measure(quick: bool) -> Result:
    """Our keeper, spool and InfluxDB writer; then Telegraf, at the same pace for as long."""
    size = QUICK if quick else FULL
    return Result(
        what=f"{size.pace:,} points/s into a real InfluxDB for {size.span:g} s",
        ours=await _measured(_ours, size),
        targets={"loop_lag_p999_ms": 10, "missing": 0, "memory_growth_mb": 10},
        unequal=UNEQUAL,
        peers={"Telegraf 1.37.2": await _measured(_telegraf, size)},
    )


async def _measured(system: Any, size: _Size) -> dict[str, Any]:
    try:
        async with Stand([]) as stand, _database(stand) as server:
            found: dict[str, Any] = await system(stand, server, size)
            return found
    except PartMissing as missing:
        return {"not_run": str(missing)}


@asynccontextmanager
async def _database(stand: Stand) -> AsyncIterator[InfluxServer]:
    """An empty InfluxDB, named to the processes that are started from now on."""
    server = InfluxServer(stand.folder / "influxd")
    await asyncio.to_thread(server.start)
    try:
        name_influx(server.url, server.org, server.bucket, server.token)
        yield server
    finally:
        await asyncio.to_thread(server.stop)


async def _ours(stand: Stand, server: InfluxServer, size: _Size) -> dict[str, Any]:
    idle = await stand.python("idle", "benchmarks.kit.lag", stand.folder / "idle")
    given = (str(size.endpoints), str(size.pace), str(size.seconds))
    keeping = await stand.python("keeping", "benchmarks.kit.keeping", stand.folder, *given)
    progress(f"ours: {size.pace} points a second for {size.seconds:g} s")
    begin = now() + size.settle
    found = await _watched(keeping.process.pid, size)
    await stand.end(idle)
    await _ended(keeping)
    told = orjson.loads((stand.folder / "kept.json").read_bytes())
    for name, key in (("lag", "loop_lag"), ("idle", "idle_loop_lag")):
        late = lag.read(stand.folder / name, begin, begin + size.span)
        found |= {f"{key}_{each}": figure for each, figure in spread(late, "ms", 1e3).items()}
    there = await _there(server, told["given"])
    kept = {name: told[name] for name in ("given", "dropped", "most_waiting", "emptied_s")}
    return found | kept | {"missing": told["given"] - there}


async def _telegraf(stand: Stand, server: InfluxServer, size: _Size) -> dict[str, Any]:
    program, socket = find("telegraf"), stand.folder / "telegraf.socket"
    os.environ["IOC_BENCH_SOCKET"] = str(socket)
    config = PEERS / "telegraf.conf"
    telegraf = await stand.child("telegraf", program, "--non-strict-env-handling", "--config", config)
    stand.drain(telegraf)
    await _exists(socket)
    told = stand.folder / "poured.json"
    given = (str(size.endpoints), str(size.pace), str(size.seconds))
    pouring = await stand.python("pouring", "benchmarks.kit.pouring", socket, *given, told)
    progress(f"Telegraf: {size.pace} points a second for {size.seconds:g} s")
    found = await _watched(telegraf.process.pid, size)
    await _ended(pouring)
    count = orjson.loads(told.read_bytes())["given"]
    return found | {"given": count, "missing": count - await _there(server, count)}


async def _watched(process: int, size: _Size) -> dict[str, Any]:
    """Processor time and memory of a process over the span, once it has settled."""
    await asyncio.sleep(size.settle)
    memory: list[float] = []
    began, cpu = now(), cpu_seconds([process])
    while (left := began + size.span - now()) > 0:
        memory.append(resident_mb([process]))
        await asyncio.sleep(min(1.0, left))
    spent, took = cpu_seconds([process]) - cpu, now() - began
    return {
        "cpu_percent_of_a_core": round(100 * spent / took, 1),
        "cpu_us_per_point": round(1e6 * spent / took / size.pace, 1),
        "memory_mb": round(max(memory), 1),
        "memory_growth_mb": round(_growth(memory), 1),
    }


def _growth(memory: Sequence[float]) -> float:
    tenth = max(1, len(memory) // 10)
    return fmean(memory[-tenth:]) - fmean(memory[:tenth])


async def _there(server: InfluxServer, given: int) -> int:
    """How many points InfluxDB has, once it has all or no more come."""
    found = 0
    for _ in range(PATIENCE):
        rows = await asyncio.to_thread(server.flux, COUNT)
        found = int(rows[0]["_value"]) if rows else 0
        if found >= given:
            break
        await asyncio.sleep(1)
    return found


async def _ended(child: Child) -> None:
    """Wait for a process that ends by itself; raises IocError when it failed."""
    if await child.process.wait():
        raise IocError(f"{child.name} failed{child.said()}")


async def _exists(socket: Path) -> None:
    for _ in range(PATIENCE * 20):
        if await asyncio.to_thread(socket.exists):
            return
        await asyncio.sleep(0.05)
    raise IocError(f"{socket} did not appear: Telegraf did not start")


if __name__ == "__main__":
    main("sustained", measure)
