"""The fault script: `python -m ioc.demo.script ROSTER SOCKET LOG SEED START [SPAN [OFF_AT]]`.

It owns the schedule. Everything it does to the responders stands in its log, with the monotonic moment for
which it was scheduled (`at`) and at which it was in force (`done`). Without a SPAN it plays without an end.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ioc.clock import Clock
from ioc.demo.child import play, ready
from ioc.demo.control import Responders
from ioc.demo.faults import Disturbance, Fault
from ioc.demo.logs import Log
from ioc.demo.moment import monotonic, until
from ioc.demo.plan import Plan, whole_run
from ioc.demo.province import Province, load
from ioc.demo.rhythm import chapters

BEGIN, END = "begin", "end"


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """A moment of the plan: something begins or ends, so many seconds from its start."""

    at: float
    what: str
    number: int


def acts(plan: Plan) -> list[Act]:
    """Every moment of a plan in order; an end comes before a beginning of the same moment.

    `number` counts through the faults and then the disturbances. What lasts to the plan's end has no end.
    """
    happening = _happening(plan)
    begins = [Act(each.start, BEGIN, number) for number, each in enumerate(happening)]
    ends = [Act(each.end, END, number) for number, each in enumerate(happening) if each.end < plan.span]
    return sorted(begins + ends, key=lambda act: (act.at, act.what == BEGIN, act.number))


def _happening(plan: Plan) -> tuple[Fault | Disturbance, ...]:
    return (*plan.faults, *plan.disturbances)


class Script:
    """Plays plans on the responders and writes down what it did."""

    def __init__(self, responders: Responders, log: Log, clock: Clock) -> None:
        self._responders = responders
        self._log = log
        self._clock = clock

    async def play(self, plan: Plan, start: float) -> None:
        """Play one plan from a monotonic moment on."""
        happening = _happening(plan)
        for act in acts(plan):
            await until(start + act.at, self._clock)
            await self._do(act, happening[act.number], start + act.at)
        await until(start + plan.span, self._clock)

    async def _do(self, act: Act, happens: Fault | Disturbance, at: float) -> None:
        if act.what == BEGIN:
            done = await self._begin(happens)
        else:
            done = await self._responders.heal([happens.target])
        self._log.write(
            {
                "what": act.what,
                "fault": isinstance(happens, Fault),
                "id": happens.id,
                "kind": happens.kind.name,
                "target": happens.target,
                "roots": happens.roots if isinstance(happens, Fault) else (),
                "due": at + happens.kind.detect if isinstance(happens, Fault) else None,
                "at": at,
                "done": done,
            }
        )

    async def _begin(self, happens: Fault | Disturbance) -> float:
        target, mode = [happens.target], happens.kind.mode
        if mode is not None:
            return await self._responders.mode(target, mode)
        if isinstance(happens, Disturbance) and happens.lost:
            return await self._responders.lose(target, happens.lost)
        return await self._responders.cut(target)


def plans(seed: int, province: Province, span: float | None, off_at: float | None) -> Iterator[Plan]:
    """One plan of a span, or chapters without an end."""
    if span is None:
        yield from chapters(seed, province)
    else:
        yield whole_run(seed, province, span, off_at)


async def perform(
    province: Province,
    socket: Path,
    log: Log,
    seed: int,
    start: float,
    span: float | None,
    off_at: float | None,
) -> None:
    """Play everything from the monotonic moment `start` on, then wait until told to stop."""
    clock = Clock()
    responders = await Responders.connect(socket)
    script = Script(responders, log, clock)
    ready()
    for plan in plans(seed, province, span, off_at):
        lacking = plan.lacking() if span is not None else []
        log.write({"what": "plan", "start": start, "span": plan.span, "lacking": lacking})
        await script.play(plan, start)
        start += plan.span
    log.write({"what": "over", "at": monotonic(clock)})
    await asyncio.Event().wait()  # a process that ended on its own would be taken for one that failed


def _main(roster: str, socket: str, log: str, seed: str, start: str, *rest: str) -> None:
    span, off_at = (*(float(each) for each in rest), None, None)[:2]
    play(perform(load(Path(roster)), Path(socket), Log(Path(log)), int(seed), float(start), span, off_at))


if __name__ == "__main__":
    _main(*sys.argv[1:])
