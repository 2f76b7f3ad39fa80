"""Target 4: from the verdict to the accepted webhook, the durable write between them."""

from __future__ import annotations

from math import inf
from typing import Any

from benchmarks.kit import latency
from benchmarks.kit.figures import spread
from benchmarks.kit.latency import Trial
from benchmarks.kit.result import Result, main
from benchmarks.kit.stand import Stand
from benchmarks.kit.systems import Ours
from benchmarks.outage import FAST, RULE
from ioc.demo import logs

FULL = Trial(endpoints=600, outages=400, blips=0, span=60, settle=8)
QUICK = Trial(endpoints=12, outages=3, blips=0, span=1, settle=1)
UNEQUAL = """
the verdict is noted where it is emitted, the webhook where the sink has read its head; the sink answers at once
the pages come at random moments, about seven a second; the commit's fsync is this machine's disk
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """400 of 600 things fall silent at random moments; `for: 0`."""
    trial = QUICK if quick else FULL
    found: dict[str, Any] = {}

    def join(stand: Stand) -> None:
        verdicts = {each["subject"]: each["at"] for each in logs.read(stand.folder / "notes.verdicts")}
        told = stand.told()
        late = [
            min((each.at - at for each in told if each.subject == subject and each.at >= at), default=inf)
            for subject, at in verdicts.items()
        ]
        found.update(
            spread(late, "ms", 1000, 1), verdicts=len(late), untold=sum(each == inf for each in late)
        )

    await latency.run("ours", Ours(FAST, [RULE], observed="notes"), trial, 4 if quick else 6, join)
    return Result(
        what="verdict to webhook accepted, after the durable write",
        ours=found,
        targets={"p50_ms": 10, "p99_ms": 60, "untold": 0},
        unequal=UNEQUAL,
        peers={},
    )


if __name__ == "__main__":
    main("page", measure)
