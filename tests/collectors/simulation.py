"""A province in simulated time: a source that answers as it is told, and a runner that is ticked by hand."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable, Iterable
from typing import ClassVar

from pydantic import BaseModel

from collectors.runner import TICK, Runner
from ioc import schema
from ioc.errors import NoAnswer, SourceError
from ioc.inventory import Endpoint, Inventory, Probe
from ioc.model import Reason, Role, Sample, Verdict
from ioc.telemetry import Telemetry
from ioc.units import Units
from tests.fakes import HandClock

START = 1_000_000.0
Says = float | None | Verdict | NoAnswer | SourceError | Exception
"""how an endpoint answers: after so many seconds, never, at once with a verdict, or with an error"""
Net = Callable[[str, float], Says]


class NoOptions(BaseModel):
    """Nothing to choose."""


class Simulated:
    """Answers each question as `net(endpoint, now)` says when it is asked."""

    name: ClassVar[str] = "simulated"
    role: ClassVar[Role] = Role.REACHABILITY
    Options: ClassVar[type[BaseModel]] = NoOptions
    fields: ClassVar[tuple[schema.Field, ...]] = (schema.RTT,)
    measurements: ClassVar[tuple[schema.Measurement, ...]] = ()

    def __init__(self, clock: HandClock, net: Net) -> None:
        self.clock = clock
        self.net = net
        self.asked: list[tuple[float, str]] = []
        self._due: list[tuple[float, int, asyncio.Future[None]]] = []

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        sent = self.clock.now()
        self.asked.append((sent, endpoint.id))
        says = self.net(endpoint.id, sent)
        if isinstance(says, Exception):
            raise says
        verdict = says if isinstance(says, Verdict) else Verdict.OK
        wait = asyncio.get_running_loop().create_future()
        if says is None:
            await wait
        elif not isinstance(says, Verdict):
            heapq.heappush(self._due, (sent + says, len(self.asked), wait))
            await wait
        at = self.clock.now()
        reason = Reason.ANSWERED if verdict is Verdict.OK else Reason.BAD_STATUS
        return Sample(endpoint.id, at, self.name, verdict, {"rtt": (at - sent) * 1000}, True, None, reason)

    def deliver(self, until: float) -> bool:
        """Hand over the next answer due by then; whether there was one."""
        if not self._due or self._due[0][0] > until:
            return False
        at, _, wait = heapq.heappop(self._due)
        if not wait.done():
            self.clock.at = max(self.clock.at, at)
            wait.set_result(None)
        return True


class SimulatedService(Simulated):
    """The same, but its verdict can only degrade."""

    role: ClassVar[Role] = Role.SERVICE


class World:
    """The runner with its surroundings simulated; `samples` and `uplinks` are what it told."""

    def __init__(self, net: Net, role: Role = Role.REACHABILITY, max_in_flight: int = 10_000) -> None:
        self.clock = HandClock(START)
        self.source = (Simulated if role is Role.REACHABILITY else SimulatedService)(self.clock, net)
        self.samples: list[Sample] = []
        self.uplinks: list[tuple[bool, float]] = []
        self.telemetry = Telemetry()
        self.runner = Runner(
            self.clock,
            {"simulated": self.source},
            self.samples.append,
            lambda ok, at: self.uplinks.append((ok, at)),
            self.telemetry,
            random.Random(7),
            max_in_flight,
        )

    async def start(self, inventory: Inventory) -> None:
        await self.runner.start(inventory, ticking=False)

    async def run(self, seconds: float) -> None:
        """Let simulated time pass, faster while nothing is under way."""
        end = self.clock.at + seconds
        while self.clock.at < end - 1e-9:
            step = TICK
            here = min(self.clock.at + step, end)
            await _settle()
            while self.source.deliver(here):
                await _settle()
            self.clock.at = here
            self.runner.tick(here)
            await _settle()

    def of(self, endpoint: str) -> list[Sample]:
        """What was told of one endpoint."""
        return [each for each in self.samples if each.subject == endpoint]

    def turns(self, endpoint: str) -> list[tuple[Verdict | None, float]]:
        """An endpoint's verdicts as they changed: each, and when it was told (seconds after the start)."""
        out: list[tuple[Verdict | None, float]] = []
        for each in self.of(endpoint):
            if not out or out[-1][0] is not each.verdict:
                out.append((each.verdict, each.at - START))
        return out


async def _settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def thing(name: str, parent: str = "", every: float = 10.0, timeout: float = 1.0) -> Endpoint:
    """An endpoint asked by the simulated source."""
    probe = Probe("simulated", every, timeout, NoOptions())
    return Endpoint(name, name, "room", "vc", "u", f"192.0.2.{name}", (probe,), parent=parent)


def inventory(endpoints: Iterable[Endpoint], references: Iterable[str] = ()) -> Inventory:
    """An inventory of these."""
    return Inventory(Units(), (), endpoints, references)


def silent_between(start: float, end: float, only: Callable[[str], bool] = lambda _: True) -> Net:
    """Everybody answers in 5 ms, but for these between two moments (seconds after the start)."""

    def net(endpoint: str, now: float) -> Says:
        return None if start <= now - START < end and only(endpoint) else 0.005

    return net
