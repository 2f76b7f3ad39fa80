"""The fault script, a process of its own: `python -m benchmarks.kit.script PLAN CONTROL LOG`.

PLAN is JSON: `start`, a monotonic moment, and `flips` with `subject`, `at` (seconds from the start), `lasts`. What
was done when is written to LOG, beside the moment that it was scheduled for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

from ioc.clock import Clock
from ioc.demo.child import play, ready
from ioc.demo.control import Responders
from ioc.demo.logs import Log
from ioc.demo.moment import until


async def run(told: dict[str, Any], control: Path, log: Path) -> None:
    """Do all of a plan, each at its moment."""
    clock, start = Clock(), told["start"]
    responders = await Responders.connect(control)
    steps = []
    for flip in told["flips"]:
        begin = start + flip["at"]
        steps.append((begin, flip["subject"], True))
        if flip["lasts"] is not None:
            steps.append((begin + flip["lasts"], flip["subject"], False))
    ready(steps=len(steps))
    with Log(log) as written:
        for moment, subject, silent in sorted(steps):
            await until(moment, clock)
            done = await (responders.silent([subject]) if silent else responders.heal([subject]))
            written.write({"scheduled": moment, "at": done, "subject": subject, "silent": silent})
    await responders.close()


if __name__ == "__main__":
    play(run(orjson.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]), Path(sys.argv[3])))
