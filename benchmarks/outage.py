"""Target 1: from an endpoint falling silent to the webhook, every 10 s; Prometheus tuned to equal care beside it."""

from __future__ import annotations

from benchmarks.kit import latency
from benchmarks.kit.latency import Trial
from benchmarks.kit.result import Result, main
from benchmarks.kit.systems import Ours, Prometheus

RULE = {
    "id": "silent",
    "if": 'state == "down"',
    "for": 0,
    "severity": "critical",
    "title": "{name} mất kết nối",
    "next_action": "Gọi trực kỹ thuật",
    "runbook": "outage",
}
PROBE = {"source": "tcp", "expect": "SSH-", "every": "10s", "timeout": "1s"}
FAST = {"source": "tcp", "expect": "SSH-", "every": "1s", "timeout": "200ms"}
FULL = Trial(endpoints=600, outages=100, blips=0, span=80)
QUICK = Trial(endpoints=12, outages=3, blips=0, span=1, settle=0.5)
UNEQUAL = """
our five misses span one second (one probe, then four more at once); Prometheus has no burst, its three misses span 20 s
ours writes each page to disk before it goes out and shows a wall; Prometheus stores measurements, ours none here
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """600 things that greet; 100 of them fall silent (accept, and say nothing) at random moments."""
    trial = QUICK if quick else FULL

    def tail(seconds: float) -> float:
        return 4 if quick else seconds

    peer = await latency.compare(
        [("Prometheus, tuned", Prometheus("fast" if quick else "tuned"), tail(40))], trial
    )
    ours = await latency.compare([("ours", Ours(FAST if quick else PROBE, [RULE]), tail(18))], trial)
    return Result(
        what="silent outage to webhook, every 10 s, five misses in a burst, `for: 0`",
        ours=ours["ours"],
        targets={"p50_s": 8.0, "p95_s": 12.5, "missed": 0, "false_pages": 0},
        unequal=UNEQUAL,
        peers=peer,
    )


if __name__ == "__main__":
    main("outage", measure)
