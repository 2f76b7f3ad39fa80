"""Target 15: how late the service's event loop is at ten times one province."""

from __future__ import annotations

from benchmarks.kit.load import Load, run
from benchmarks.kit.result import Result, main

FULL = Load("ten provinces", 6_000, 10, 60)
QUICK = Load("ten provinces", 20, 1, 1, settle=0.5)
UNEQUAL = """
a timer every 5 ms in the service's own loop; the event loop's timers tell milliseconds apart, so 1 ms is noise
idle_loop_lag is the same timer in a process that does nothing else, at the same time: what the machine alone adds
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """6,000 endpoints by SIP every 10 s, ten screens, history on."""
    found = await run(QUICK if quick else FULL, observed=True)
    return Result(
        what="event-loop lag, 6,000 endpoints every 10 s",
        ours=found,
        targets={"loop_lag_p999_ms": 10},
        unequal=UNEQUAL,
        peers={},
    )


if __name__ == "__main__":
    main("loop_lag", measure)
