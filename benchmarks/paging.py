"""Target 1b: the rules as they are shipped, with blips in the same run; Prometheus as shipped and tuned beside it."""

from __future__ import annotations

from typing import Any

from benchmarks.kit import latency
from benchmarks.kit.latency import Trial
from benchmarks.kit.result import Result, main
from benchmarks.kit.systems import Ours, Prometheus
from benchmarks.outage import FAST, PROBE

FULL = Trial(endpoints=600, outages=100, blips=200, span=120)
QUICK = Trial(endpoints=20, outages=2, blips=4, span=1, settle=0.5)
TAIL, TUNED_TAIL, SHIPPED_TAIL = 55.0, 45.0, 130.0
"""seconds after the last flip in which its page must come"""
UNEQUAL = """
Prometheus as shipped groups by alert name alone; here each thing is a group, else later outages wait 5 min more
Prometheus as shipped asks every 15 s with a timeout of 5 s, ours every 10 s with 1 s
ours is shipped with a hold of 30 s and asks every 2 s meanwhile; no setting of Prometheus does that
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """600 things that greet: 100 fall silent for good, 200 others for 1 to 30 s, at random moments."""
    trial = QUICK if quick else FULL
    probe, tuned, shipped = (FAST, "fast", "fast") if quick else (PROBE, "tuned", "shipped")

    def tail(seconds: float) -> float:
        return 1 if quick else seconds

    ours = await latency.compare([("ours", Ours(probe, None), tail(TAIL))], trial)
    peers: dict[str, dict[str, Any]] = await latency.compare(
        [
            ("Prometheus, tuned", Prometheus(tuned), tail(TUNED_TAIL)),
            ("Prometheus, as shipped", Prometheus(shipped), tail(SHIPPED_TAIL)),
        ],
        trial,
    )
    return Result(
        what="silent outage to page, shipped rules (`for: 30s`), 200 blips of 1-30 s on other endpoints",
        ours=ours["ours"],
        targets={"p50_s": 38.0, "p95_s": 43.0, "missed": 0, "false_pages": 0},
        unequal=UNEQUAL,
        peers=peers,
    )


if __name__ == "__main__":
    main("paging", measure)
