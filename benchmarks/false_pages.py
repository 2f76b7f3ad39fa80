"""Target 14: pages about nothing in a simulated year of the whole nation, by kinds of loss and all of them at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from random import Random
from typing import Any

from benchmarks.kit.loss import WEEK, Loss
from benchmarks.kit.nation import ENDPOINTS, MOST, Lived, counting, live
from benchmarks.kit.result import Result, main, progress

SEED = 14
DAY = 86_400.0
YEAR = 365 * DAY
PARTS, ROOMS = 12, 8
"""of each year, lived through one beside the other; rooms in each, with phases of their own"""
INDEPENDENT = Loss(lost_good=0.01, lost_bad=0.01)
# ITU-T G.1050 (2007), II.6.2, an access link at full occupancy: each millisecond it begins to lose with 0.0002 a
# percent and ends with 0.2 / (1 + percent); what is lost meanwhile is 0.0005 a percent.
CONGESTED = Loss(good=0.050, bad=0.505, lost_good=0.0, lost_bad=0.05)
# Telchemy's contribution to ITU-T SG 12, "Packet Loss Distributions and Packet Loss Models" (2003): sparse bursts of
# up to tens of seconds, in which 30 % is lost. How many: one a day on every line.
BURSTY = Loss(good=DAY - 10, bad=10.0, lost_good=0.0, lost_bad=0.3)
BLIPS = Loss(blips=12 * WEEK / YEAR)
TOGETHER = replace(BURSTY.both(INDEPENDENT), blips=BLIPS.blips)
YEARS = {
    "independent": INDEPENDENT,
    "congested": CONGESTED,
    "bursty": BURSTY,
    "blips": BLIPS,
    "together": TOGETHER,
}
PEERS = {"three misses in a row (Prometheus tuned)": 3, "unconfirmed": 1}
UNEQUAL = """
independent: 1 % of all probes is lost; congested: 5 % in bursts of half a second, 91 % of the time (ITU-T G.1050)
bursty: 30 % for 10 s on average, once a day on each line; blips: 1 to 30 s of silence, once a month on each line
together: independent, bursty and blips on every line; each line's loss is its own, an uplink's too
real are the runner, the judge, the intake, the states and the shipped rules; time and lines are simulated
skipped: answered probes, doubts that one of the four further probes can close, blips that fall between two probes
nothing remains of those, which is tested for every fate of five probes; what is drawn keeps its chance, unweighted
there are no references, for which a verdict waits 3 s at most
peers are counted, not run: scheduled probes with the same loss, a sample of 200,000 runs of misses and of blips
with `for: 0` the room is probed every 2 s too, as the shipped rule beside it asks
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """37,800 endpoints every 10 s: a year of 1 % random loss, of congestion, of bursts, of blips, of all at once."""
    seconds, parts, most = (DAY / 2, 1, 2_000) if quick else (YEAR, PARTS, MOST)
    lived = await _years(seconds, parts)
    peers: dict[str, dict[str, Any]] = {
        "ours with `for: 0`": {
            _pages(kind): _a_week(each.seen.at_once, seconds) for kind, each in lived.items()
        }
    }
    for name, in_a_row in PEERS.items():
        peers[name] = {
            _pages(kind): round(counting(loss, in_a_row, most, Random(f"{SEED} {kind} {name}")), 1)
            for kind, loss in YEARS.items()
        }
    ours = {
        key: value for kind, each in lived.items() for key, value in _figures(kind, each, seconds).items()
    }
    return Result(
        what=f"pages about nothing, {ENDPOINTS:,} endpoints every 10 s, a simulated year of each kind of loss",
        ours=ours,
        targets={_pages(kind): 1 for kind in YEARS},
        unequal=UNEQUAL,
        peers=peers,
    )


async def _years(seconds: float, parts: int) -> dict[str, Lived]:
    """Every year, in so many parts, on all cores."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        under_way = {
            kind: [loop.run_in_executor(pool, part, kind, number, seconds / parts) for number in range(parts)]
            for kind in YEARS
        }
        lived = {kind: Lived() for kind in YEARS}
        for kind, each in under_way.items():
            for done in asyncio.as_completed(each):
                lived[kind].add(await done)
            progress(f"{kind}: {lived[kind]}")
    return lived


def part(kind: str, number: int, seconds: float) -> Lived:
    """Live through one part of a year, in a process of its own."""
    return asyncio.run(live(YEARS[kind], seconds, ROOMS, Random(f"{SEED} {kind} {number}")))


def _figures(kind: str, lived: Lived, seconds: float) -> dict[str, Any]:
    loss = YEARS[kind]
    bursts = ENDPOINTS * seconds / (loss.good + loss.bad) if loss.lost_bad > loss.lost_good else 0
    return {
        _pages(kind): _a_week(lived.seen.pages, seconds),
        f"{kind}_pages": lived.seen.pages,
        f"{kind}_downs": lived.seen.downs,
        f"{kind}_doubts": lived.doubts,
        f"{kind}_bursts": round(bursts),
        f"{kind}_blips": lived.blips,
        f"{kind}_blips_asked_into": lived.asked_into,
    }


def _pages(kind: str) -> str:
    return f"{kind}_pages_a_week"


def _a_week(count: int, seconds: float) -> float:
    return round(count * WEEK / seconds, 2)


if __name__ == "__main__":
    main("false_pages", measure)
