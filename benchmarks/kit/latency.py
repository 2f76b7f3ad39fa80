"""Silent outages and blips against one system: from the scheduled moment to the webhook, and what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.kit.flips import Flip, judge, plan
from benchmarks.kit.processes import cpu_seconds, resident_mb
from benchmarks.kit.province import REFERENCES, things
from benchmarks.kit.result import progress
from benchmarks.kit.stand import Stand, now
from benchmarks.kit.systems import System

SETTLE = 12.0
"""seconds after everything was probed once until the clock of a run starts"""


@dataclass(frozen=True, slots=True)
class Trial:
    """How much is broken: things, of which so many are cut and so many blip within `span` seconds."""

    endpoints: int
    outages: int
    blips: int
    span: float
    settle: float = SETTLE
    seed: int = 1

    @property
    def flips(self) -> list[Flip]:
        """The same for every system."""
        ids = [each.id for each in things(self.endpoints, "banner")[REFERENCES:]]
        return plan(Random(self.seed), ids, self.outages, self.blips, self.span)


async def run(
    name: str,
    system: System,
    trial: Trial,
    tail: float,
    join: Callable[[Stand], None] = lambda stand: None,
    look: Callable[[Stand], Awaitable[None]] | None = None,
) -> dict[str, Any]:
    """One system on a stand of its own, and its figures.

    `tail` is how many seconds after the last flip a page may still come. `look` is called once the system watches,
    `join` at the end, while the stand's logs are still there.
    """
    everything = things(trial.endpoints, "banner")
    async with Stand(everything) as stand:
        await stand.answer()
        await stand.listen()
        await system.start(stand)
        progress(f"{name}: watching {len(everything)} things")
        if look is not None:
            await look(stand)
        start = now() + trial.settle
        await stand.play(trial.flips, start)
        cpu, memory = await _cost(name, system, start, trial.span)
        await _wait(name, start + trial.span + tail)
        told = stand.told()
        join(stand)
    shifted = [Flip(each.subject, start + each.at, each.lasts) for each in trial.flips]
    figures = judge(shifted, told).figures()
    return {**figures, "cpu_percent_of_a_core": round(cpu, 1), "memory_mb": round(memory)}


async def _cost(name: str, system: System, start: float, span: float) -> tuple[float, float]:
    """Processor time of a system's processes from the start to the last flip, and its memory then."""
    await asyncio.sleep(max(0.0, start - now()))
    before, began = cpu_seconds(system.roots), now()
    await _wait(name, start + span)
    spent = cpu_seconds(system.roots) - before
    return 100 * spent / (now() - began), resident_mb(system.roots)


async def _wait(name: str, until: float) -> None:
    while (left := until - now()) > 0:
        if left > 1:
            progress(f"{name}: {left:.0f} s to go")
        await asyncio.sleep(min(left + 0.002, 20.0))


async def compare(systems: Sequence[tuple[str, System, float]], trial: Trial) -> dict[str, dict[str, Any]]:
    """One system after another, each with its own tail."""
    return {name: await run(name, system, trial, tail) for name, system, tail in systems}
