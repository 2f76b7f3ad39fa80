"""Our way of history as a process of its own: `python -m benchmarks.kit.keeping FOLDER ENDPOINTS PACE SPAN`.

Samples are made PACE times a second for SPAN seconds and go through keeper, spool and influxdb-client into the
InfluxDB that the environment names. FOLDER/lag gets the event loop's lag, FOLDER/kept.json what became of them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import partial
from pathlib import Path

import orjson

from benchmarks.kit.environment import influx
from benchmarks.kit.lag import Sampler
from benchmarks.kit.pace import paced
from benchmarks.kit.points import Points, tags
from ioc.clock import Clock
from ioc.demo.child import play, ready
from ioc.history import marker
from ioc.running import settle
from ioc.store.influx import Influx
from ioc.store.keeper import Keeper
from ioc.store.line import Lines
from ioc.store.spool import Spool
from ioc.telemetry import Telemetry

STEPS = 100
"""a second; each makes its share of the samples"""
SPOOL = 1 << 30
PATIENCE, LOOK = 60.0, 0.05
"""seconds that the last samples may take to the store, and between two looks"""


async def keep(folder: Path, endpoints: int, pace: int, span: float) -> None:
    """Keep samples at that pace for that long."""
    clock, telemetry, sampler, points = Clock(), Telemetry(), Sampler(), Points(endpoints)
    most = 0

    def pour() -> None:
        nonlocal most
        keeper.write(points.some(pace // STEPS, clock.now()))
        most = max(most, keeper.waiting)

    spool = partial(Spool, folder / "spool", SPOOL, marker("influx"))
    keeper = Keeper(Influx(influx(), telemetry), Lines(tags), spool, clock, telemetry, lambda value: None)
    keeper.start()
    settle()
    sampler.start()
    ready()
    given = await paced(pour, STEPS, span) * (pace // STEPS)
    sampler.write(folder / "lag")
    emptied = await _emptied(keeper)
    told = {**keeper.describe(), "given": given, "most_waiting": most, "emptied_s": emptied}
    await keeper.close()
    (folder / "kept.json").write_bytes(orjson.dumps(told))


async def _emptied(keeper: Keeper) -> float:
    """Seconds until the store has everything."""
    await keeper.settle()
    begin = time.monotonic()
    for _ in range(int(PATIENCE / LOOK)):
        if not keeper.waiting:
            break
        await asyncio.sleep(LOOK)
    return round(time.monotonic() - begin, 2)


if __name__ == "__main__":
    play(keep(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
