"""The whole service under its usual load: SIP probes answered, history written, ten screens, and what that costs."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from typing import Any

import aiohttp

from benchmarks.kit import lag, province
from benchmarks.kit.figures import spread
from benchmarks.kit.processes import cpu_seconds, resident_mb
from benchmarks.kit.result import progress
from benchmarks.kit.stand import Stand, now
from benchmarks.kit.systems import LISTEN, Ours

INFLUX = 19086
SCREENS = 10


@dataclass(frozen=True, slots=True)
class Load:
    """So many endpoints, each asked every so many seconds, watched for `span` seconds after `settle`."""

    name: str
    endpoints: int
    every: int
    span: float
    settle: float = 12.0


async def run(load: Load, observed: bool = False) -> dict[str, Any]:
    """What one load costs the service's processes; with `observed` the event loop's lag too."""
    os.environ.setdefault("IOC_BENCH_TOKEN", "none")
    probe = {"source": "sip", "transport": "udp", "every": f"{load.every}s", "timeout": "900ms"}
    ours = Ours(probe, None, f"http://127.0.0.1:{INFLUX}", "notes" if observed else "")
    async with Stand(province.things(load.endpoints, "sip-udp")) as stand:
        await stand.python("swarm", "benchmarks.kit.swarm", str(province.PORT))
        await stand.python("influx", "benchmarks.kit.influx_sink", str(INFLUX))
        await stand.listen()
        await ours.start(stand)
        seen = stand.folder / "screens"
        await stand.python("screens", "benchmarks.kit.screens", LISTEN, str(SCREENS), "deflate", seen)
        idle = await stand.python("idle", "benchmarks.kit.lag", stand.folder / "idle") if observed else None
        progress(f"{load.name}: {load.endpoints} endpoints every {load.every} s")
        await asyncio.sleep(load.settle)
        found, begin = await _watch(ours, load.span)
        if idle is not None:
            await stand.end(idle)
            await stand.end(ours.child)
            for name in ("notes.lag", "idle"):
                late = lag.read(stand.folder / name, begin, begin + load.span)
                key = "loop_lag" if name == "notes.lag" else "idle_loop_lag"
                found |= {f"{key}_{each}": figure for each, figure in spread(late, "ms", 1000).items()}
    return found


async def _watch(ours: Ours, span: float) -> tuple[dict[str, Any], float]:
    """The figures of a span, and when it began."""
    counts, cpu, began = await _counts(ours.url), cpu_seconds(ours.roots), now()
    await asyncio.sleep(span)
    spent, took = cpu_seconds(ours.roots) - cpu, now() - began
    grown = {name: each - counts[name] for name, each in (await _counts(ours.url)).items()}
    probes = grown["ioc_probes_total"]
    found = {
        "cpu_seconds": round(spent, 2),
        "seconds": round(took, 1),
        "cpu_percent_of_a_core": round(100 * spent / took, 2),
        "us_per_probe_whole": round(1e6 * spent / probes, 1) if probes else None,
        "probes": int(probes),
        "missed_probes": int(grown["ioc_probe_misses_total"]),
        "lines_written": int(grown["ioc_history_written_total"]),
        "lines_dropped": int(grown["ioc_history_dropped_total"]),
        "frames_to_screens": int(grown["ioc_push_frames_total"]),
        "memory_mb": round(resident_mb(ours.roots)),
    }
    return found, began


async def _counts(url: str) -> dict[str, float]:
    """The service's own counters, each over all its labels."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        text = await answer.text()
    found: dict[str, float] = {}
    for name, number in re.findall(r"^(ioc_\w+)(?:\{.*\})? (\S+)$", text, re.MULTILINE):
        found[name] = found.get(name, 0.0) + float(number)
    return found
