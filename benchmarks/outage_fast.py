"""Target 2: from an endpoint falling silent to the webhook, every second; Prometheus every second beside it."""

from __future__ import annotations

from benchmarks.kit import latency
from benchmarks.kit.latency import Trial
from benchmarks.kit.result import Result, main
from benchmarks.kit.systems import Ours, Prometheus
from benchmarks.outage import FAST, RULE

FULL = Trial(endpoints=600, outages=100, blips=0, span=50, settle=8)
QUICK = Trial(endpoints=12, outages=3, blips=0, span=1, settle=1)
UNEQUAL = """
our five misses span half a second; Prometheus' rule holds `for: 2s`, three misses
ours writes each page to disk before it goes out and shows a wall; Prometheus stores measurements, ours none here
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """600 things that greet; 100 of them fall silent (accept, and say nothing) at random moments."""
    trial = QUICK if quick else FULL
    tail = 4 if quick else 8
    peer = await latency.compare([("Prometheus, every 1 s", Prometheus("fast"), tail)], trial)
    ours = await latency.compare([("ours", Ours(FAST, [RULE]), tail)], trial)
    return Result(
        what="silent outage to webhook, every 1 s, five misses in a burst, `for: 0`",
        ours=ours["ours"],
        targets={"p50_s": 1.4, "p95_s": 1.9, "missed": 0, "false_pages": 0},
        unequal=UNEQUAL,
        peers=peer,
    )


if __name__ == "__main__":
    main("outage_fast", measure)
