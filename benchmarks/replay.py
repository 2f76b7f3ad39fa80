"""Target 12: InfluxDB away for a day. What of it is lost, what it takes of the disk, how fast it is made good."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.kit import lag
from benchmarks.kit.day import DAY, Day
from benchmarks.kit.figures import Figures, spread
from benchmarks.kit.result import Result, main, progress
from benchmarks.kit.stored import Stored
from ioc.store.influx import Address, Influx
from ioc.store.memory import ROOM
from ioc.telemetry import Telemetry
from tests.real.influx import InfluxServer
from tools.parts import PartMissing, find

BOUND = 2**30
TIGHT = 0.3
"""of what a day takes: the bound of the second run"""
TIMES = 50
MB = 1e6
UNEQUAL = f"""
time is simulated while InfluxDB is away, and the machine's own from its return on
samples are synced four times in ten simulated seconds; the service does it every 0.4 s and so takes more bytes a line
while it replays, 60 new lines a second come beside it, as from 600 endpoints every ten seconds
lost are the lines that InfluxDB lacks of each endpoint, or at least one where its own sum of them is another
the second run has a bound of {TIGHT:.0%} of the bytes; unaccounted is what is neither there nor published as dropped
unmarked is what was published as dropped and no mark in history tells of
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """A simulated day of 600 endpoints every 10 s into the spool, then into a real InfluxDB; again with less room."""
    seconds, room = (DAY / 100, 5_000) if quick else (DAY, ROOM)
    try:
        find("influxd")
        found = await _both(seconds, room)
    except PartMissing as missing:
        found = {"not_run": str(missing)}
    return Result(
        what="InfluxDB away for a day, 600 endpoints every 10 s",
        ours=found,
        targets={
            "replay_s_a_day": DAY / TIMES,
            "lost": 0,
            "bytes_over_bound": 0,
            "unaccounted": 0,
            "unmarked": 0,
        },
        unequal=UNEQUAL,
        peers={},
    )


async def _both(seconds: float, room: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        whole = await _run(Path(folder) / "whole", seconds, BOUND, room)
    size = round((whole["spool_bytes"] or 0) * TIGHT)
    with tempfile.TemporaryDirectory() as folder:
        tight = await _run(Path(folder) / "tight", seconds, size, room)
    over = max((run["spool_bytes"] or 0) - bound for run, bound in ((whole, BOUND), (tight, size)))
    return {
        **whole,
        "bytes_over_bound": max(over, 0),
        "tight_bound_mb": size / MB,
        "dropped": tight["dropped"],
        "unaccounted": tight["unaccounted"],
        "unmarked": tight["unmarked"],
    }


async def _run(folder: Path, seconds: float, bound: int, room: int) -> Figures:
    server = InfluxServer(folder / "influxd")
    await asyncio.to_thread(server.start)
    try:
        at = server.address
        store = Influx(Address(at.url, at.org, at.bucket, at.token), Telemetry())
        return await _figures(Day(folder, bound, store, room), server, seconds, folder)
    finally:
        await asyncio.to_thread(server.stop)


async def _figures(day: Day, server: InfluxServer, seconds: float, folder: Path) -> Figures:
    begin = time.monotonic()
    await day.away(seconds)
    lines, written = day.truth.lines, day.largest
    progress(
        f"{lines:,} lines in {time.monotonic() - begin:.0f} s, {written / MB:.1f} MB of {day.size / MB:.1f}"
    )
    sampler, begin = lag.Sampler(), time.monotonic()
    sampler.start()
    taken = await day.replay()
    sampler.write(folder / "lag")
    late = lag.read(folder / "lag", begin, begin + taken)
    dropped, replayed = day.count("dropped"), day.count("replayed")
    progress(f"replayed in {taken:.1f} s, {seconds / taken:,.0f} times real time; {dropped:,} dropped")
    stored = Stored(server, day)
    sums = await asyncio.to_thread(stored.sums)
    marks = await asyncio.to_thread(stored.marks)
    there = sum(each.count for each in sums.values())
    return {
        "replay_s_a_day": round(taken * DAY / seconds, 1),
        "times_real_time": round(seconds / taken),
        "lines_per_s": round(replayed / taken),
        "lines": lines,
        "lost": sum(day.truth.wrong(sums).values()),
        "unaccounted": day.truth.lines - there - dropped,
        "unmarked": dropped - sum(count for _, count in marks),
        "dropped": dropped,
        "spool_bytes": day.largest,
        "bytes_per_line": round(written / lines, 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **{f"loop_lag_{name}": each for name, each in spread(late, "ms", 1e3).items()},
        **{f"live_{name}": each for name, each in spread(day.store.late, "s").items()},
    }


if __name__ == "__main__":
    main("replay", measure)
