"""The service's own parts, from the probe to the alert, in simulated time that leaps from event to event.

A room behind an uplink, asked by `collectors.runner`, judged by `collectors.confirm` and `ioc.health` (through the
intake), with the shipped rules on silence run by `alerts.evaluation`. Nothing of a decision is written here: only
who is asked when time moves, and whether the line lets a probe through.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import inf
from random import Random
from typing import Any, ClassVar

from pydantic import BaseModel

from alerts.evaluation import LIVE, Evaluation
from alerts.landscape import Landscape
from alerts.lifecycle import CALM, Alert, Phase, Transition
from alerts.rehearsal.stage import SetClock
from alerts.rules import Rule, shipped
from benchmarks.kit.loss import Line, Loss
from collectors.base import Outcome
from collectors.confirm import Trail
from collectors.runner import TICK, Runner
from collectors.track import Track
from ioc import schema
from ioc.alarm import GRAIN
from ioc.errors import SourceError
from ioc.intake import Intake
from ioc.inventory import Endpoint, Inventory, Probe
from ioc.model import Reason, Role, Sample, Verdict
from ioc.picture import Change, Picture
from ioc.telemetry import Telemetry
from ioc.timers import Heap
from ioc.units import Units

Key = tuple[str, Any]

START = 1_000_000.0
EVERY, TIMEOUT, ROUND_TRIP = 10.0, 1.0, 0.02
"""seconds; interval and timeout are those that a probe has unless configured"""
AT_ONCE = "at-once"
"""the shipped rule on a room, with `for: 0`"""
JUST_AFTER = TICK / 100
"""so that rounding does not put a tick before its moment"""


class Options(BaseModel):
    """Nothing to choose."""


class Lines:
    """A source whose questions go over lines that lose some."""

    name: ClassVar[str] = "line"
    role: ClassVar[Role] = Role.REACHABILITY
    Options: ClassVar[type[BaseModel]] = Options
    fields: ClassVar[tuple[schema.Field, ...]] = (schema.RTT,)
    measurements: ClassVar[tuple[schema.Measurement, ...]] = ()

    def __init__(self, clock: SetClock) -> None:
        self.lines: dict[str, Line] = {}
        self.asked = 0
        self._clock = clock
        self._answers: list[tuple[float, int, str, Callable[[Outcome], None]]] = []

    async def open(self) -> None:
        """See Source."""

    async def close(self) -> None:
        """See Source."""

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        """See Source; only `begin` asks here."""
        raise SourceError("this source asks without tasks only")

    def begin(self, endpoint: Endpoint, probe: Probe, by: float, done: Callable[[Outcome], None]) -> bool:
        """See Quick."""
        now = self._clock.at
        self.asked += 1
        if not self.lines[endpoint.id].lost(now):
            heapq.heappush(self._answers, (now + ROUND_TRIP, self.asked, endpoint.id, done))
        return True

    def due(self) -> float:
        """When the next answer comes, infinite when none is on its way."""
        return self._answers[0][0] if self._answers else inf

    def answer(self) -> None:
        """Hand over the next answer."""
        at, _, endpoint, done = heapq.heappop(self._answers)
        done(
            Sample(
                endpoint, at, self.name, Verdict.OK, {"rtt": ROUND_TRIP * 1000}, True, None, Reason.ANSWERED
            )
        )


class LeapingTimers:
    """Timers that ring as `ioc.alarm` does: a grain after their moment, so that it has passed whatever the rounding."""

    def __init__(self, clock: SetClock, ring: Callable[[Key, float], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._heap: Heap[Key] = Heap()

    def set(self, key: Key, at: float) -> None:
        """See alerts.evaluation.Timers."""
        self._heap.set(key, at)

    def cancel(self, key: Key) -> None:
        """See alerts.evaluation.Timers."""
        self._heap.cancel(key)

    def due(self) -> float:
        """When the next one rings, infinite when none is set."""
        first = self._heap.next()
        return inf if first is None else first + GRAIN

    def ring(self) -> None:
        """Ring what is due."""
        now = self._clock.at
        for key in self._heap.due(now):
            self._ring(key, now)


class LeapingRunner(Runner):
    """The runner, which can say when a tick will have something to do."""

    def due(self) -> float:
        """The moment of the first tick that is not for nothing."""
        if self._waiting or self._findings._held:
            return self._ticked + TICK
        due, late = self._due._slots, self._late._slots
        first = min(late, default=inf)
        while late and all(flight.over for flight in late[int(first)]):
            del late[int(first)]  # nobody is late: the tick would pass them over
            first = min(late, default=inf)
        return min(min(due, default=inf), first) * TICK + JUST_AFTER

    def leap(self, now: float) -> None:
        """Tick, after ticks that had nothing to do."""
        self._ticked = now
        self.tick(now)

    def track(self, endpoint: str) -> Track:
        """What is kept of the one probe of an endpoint."""
        return self._tracks[endpoint, Lines.name]

    def idle(self) -> bool:
        """Whether no probe is under way and nobody is in doubt."""
        return not self._flights and all(
            track.trail.verdict is Verdict.OK and track.trail.settled for track in self._tracks.values()
        )


@dataclass(slots=True)
class Seen:
    """What was counted: outages confirmed, pages by the shipped rules, and pages without their hold."""

    downs: int = 0
    pages: int = 0
    at_once: int = 0

    def add(self, other: Seen) -> None:
        """Count what another saw."""
        self.downs += other.downs
        self.pages += other.pages
        self.at_once += other.at_once


class Room:
    """A room behind an uplink; `live` is one stretch of its time, from calm to calm.

    What lies between two stretches is cut out: the room was up, nobody in doubt, no alert pending, and each probe
    answered or its burst closed by an answer.
    """

    def __init__(self, number: int, loss: Loss, rng: Random, seen: Seen) -> None:
        self._id = f"room-{number}"
        self._loss = loss
        self._rng = rng
        self._seen = seen
        self._clock = SetClock(START)
        self._lines = Lines(self._clock)
        telemetry = Telemetry()
        picture = Picture("leaping", _raise)
        self._intake = Intake(
            self._clock, picture, {Lines.name: Role.REACHABILITY}, _always, _never, _forget, telemetry
        )
        self._runner = LeapingRunner(
            self._clock, {Lines.name: self._lines}, self._intake.accept, self._intake.uplink, telemetry, rng
        )
        self._inventory = _inventory(self._id)
        self._timers = LeapingTimers(self._clock, self._ring)
        land = Landscape(picture, self._inventory)
        self._rules = Evaluation(self._clock, land, self._timers, self._runner.order, self._enter)
        self._rules.adopt(self._inventory, _rules(), ())
        picture.watch(self._see)

    async def open(self) -> None:
        """Begin, and go on until all is known and calm."""
        for each in self._inventory.endpoints:
            self._lines.lines[each] = Line(Loss(), self._rng)
        self._intake.apply(self._inventory)
        await self._runner.start(self._inventory, ticking=False)
        self._go_on(self._clock.at)
        for each in self._inventory.endpoints:
            self._lines.lines[each] = Line(self._loss, self._rng)

    def live(
        self,
        bad: bool | None = None,
        given: Sequence[float] = (),
        blip: tuple[float, float] | None = None,
        stays: float | None = None,
    ) -> None:
        """Go on from the room's next scheduled probe until it is calm again.

        `bad`, `given` and `stays` as in `Line.begin`, for the room's line; `blip` begins and ends so many seconds
        after that probe's moment.
        """
        at = self._runner.track(self._id).next_at
        silent = None if blip is None else (at + blip[0], at + blip[1])
        for each, line in self._lines.lines.items():
            if each == self._id:
                line.begin(at, bad, given, silent, stays)
            else:
                line.begin(at)
        self._event()
        self._go_on(at if silent is None else silent[1])

    @property
    def trail(self) -> Trail:
        """All that is remembered of the answers of the room."""
        return self._runner.track(self._id).trail

    @property
    def asked(self) -> int:
        """Probes sent so far, the uplink's too."""
        return self._lines.asked

    def _go_on(self, until: float) -> None:
        """Go on until all is calm right before a scheduled probe of a moment or later."""
        track = self._runner.track(self._id)
        while not (self._runner.due() >= track.next_at >= until and self._calm()):
            self._event()

    def _calm(self) -> bool:
        return self._lines.due() == inf and self._runner.idle() and not self._watching()

    def _watching(self) -> bool:
        return any(watch.alert.phase not in CALM for watch in self._rules)

    def _event(self) -> None:
        """Let the next thing happen: a timer rings, an answer comes, or probes are sent and missed."""
        tick, answer, timer = self._runner.due(), self._lines.due(), self._timers.due()
        self._clock.at = max(self._clock.at, min(tick, answer, timer))
        if timer < min(tick, answer):
            self._timers.ring()
        elif answer <= tick:
            self._lines.answer()
        else:
            self._runner.leap(self._clock.at)

    def _ring(self, key: Key, now: float) -> None:
        what, which = key
        (self._rules.wake if what == "alert" else self._rules.recheck)(which, now)

    def _see(self, change: Change) -> None:
        """What the engine does with a change of the picture, for endpoints."""
        key, _, old, new = change
        if key.startswith(LIVE):
            moved = old is None or new is None or old.get("state") != new.get("state")
            self._rules.see(key, old, new, moved)

    def _enter(self, transition: Transition, alert: Alert, rule: Rule | None, now: float) -> None:
        if transition.now is Phase.FIRING and transition.was is not Phase.RECOVERING:
            if transition.rule == AT_ONCE:
                self._seen.at_once += 1
            else:
                self._seen.pages += 1
        elif transition.now is Phase.PENDING:
            self._seen.downs += 1


@cache
def _rules() -> tuple[Rule, ...]:
    """The shipped rules on silence, and beside them the one on rooms without its hold."""
    on_silence = [each for each in shipped() if each.on == "endpoint" and each.if_.text == 'state == "down"']
    room = next(each for each in on_silence if each.id == "endpoint-down")
    return (*on_silence, replace(room, id=AT_ONCE, for_=0.0))


def _inventory(room: str) -> Inventory:
    probes = (Probe(Lines.name, EVERY, TIMEOUT, Options()),)
    uplink = Endpoint(f"{room}-uplink", "uplink", "uplink", "vc", "u", "192.0.2.1", probes)
    return Inventory(
        Units(),
        (),
        [uplink, Endpoint(room, "room", "room", "vc", "u", "192.0.2.2", probes, parent=uplink.id)],
    )


def _always(endpoint: Endpoint, now: float) -> bool:
    return True


def _never(endpoint: str, now: float) -> bool:
    return False


def _forget(write: object) -> None:
    """No state file here."""


def _raise(see: object, error: Exception) -> None:
    raise error
