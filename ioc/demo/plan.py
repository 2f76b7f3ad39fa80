"""The plan of a run: which faults and disturbances, of what, when. Pure: everything follows from the seed.

So that the ground truth is never in doubt:
- no two faults of one plan meet: a cut district has no other fault in it, a site one at most;
- nothing is disturbed where a fault is, and each site at most once;
- nothing but that happens to what is quiet from the start to the end (`ioc.demo.quiet`);
- our own link is cut last, when every other fault has had the time to be paged: nothing is known behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

from ioc.demo.faults import (
    AT_ONCE,
    DISTURBANCES,
    FAULTS,
    HELD,
    Disturbance,
    DisturbanceKind,
    Fault,
    FaultKind,
)
from ioc.demo.province import ALWAYS, HOURS, LINK, Province, Thing
from ioc.demo.quiet import PLACES, lasting

RUN_FAULTS: Mapping[str, int] = {
    "district_cut": 2,
    "site_cut": 8,
    "room_silent": 10,
    "room_refused": 6,
    "bad_code": 4,
    "server_sick": 1,
    "mcu_silent": 2,
    "own_link": 1,
}
RUN_DISTURBANCES: Mapping[str, int] = {
    "bad_code_briefly": 10,
    "slow": 30,
    "blip": 40,
    "lost_few": 60,
    "lost_one": 100,
}
FEWEST_FAULTS, FEWEST_KINDS, FEWEST_DISTURBANCES = 30, 5, 200
CALM = 10.0
RECOVERY = 45.0
"""seconds in which a recovery is told"""
LINK_TAIL = AT_ONCE + 4
EARLY, LATE = 12.0, 10.0
"""how long before and after its hours end a room may be switched off"""
LINK_ROOTS = ("self/uplink", "uplink")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen; times are seconds from its start."""

    span: float
    faults: tuple[Fault, ...]
    disturbances: tuple[Disturbance, ...]

    def lacking(self) -> list[str]:
        """What a whole judgement would need and this plan does not have; empty when it has all."""
        kinds = {each.kind.name for each in self.faults}
        counted = (
            (len(self.faults), FEWEST_FAULTS, "faults"),
            (len(kinds), FEWEST_KINDS, "kinds of faults"),
            (len(self.disturbances), FEWEST_DISTURBANCES, "disturbances"),
        )
        short = [f"{have} instead of {need} {what}" for have, need, what in counted if have < need]
        if absent := [each for each in RUN_FAULTS if each not in kinds]:
            short.append(f"no {', '.join(absent)}")
        return short


def whole_run(seed: int, province: Province, span: float, off_at: float | None) -> Plan:
    """The plan of a judged run of `span` seconds.

    At `off_at` the rooms that keep hours are switched off; None when that is not within the run.
    """
    planner = Planner(Random(f"plan {seed}"), province, span, off_at, RUN_FAULTS)
    plan = planner.plan(RUN_FAULTS, RUN_DISTURBANCES)
    return replace(plan, disturbances=(*lasting(span), *plan.disturbances))


class Planner:
    """Chooses targets and moments for one plan; `avoid` are sites and routers that had a fault lately."""

    def __init__(
        self,
        rng: Random,
        province: Province,
        span: float,
        off_at: float | None,
        counts: Mapping[str, int],
        *,
        calm: float = CALM,
        avoid: Iterable[str] = (),
        prefix: str = "",
    ) -> None:
        self._rng = rng
        self._province = province
        self._span = span
        self._off_at = off_at
        self._calm = calm
        self._prefix = prefix
        self._avoided = frozenset(avoid) - PLACES
        self._taken = {*self._avoided, *PLACES}
        self._link_at = self._when_link_is_cut() if counts.get("own_link") else None

    @property
    def taken(self) -> set[str]:
        """The sites, routers and single things where something happens in this plan."""
        return self._taken - self._avoided

    def plan(self, faults: Mapping[str, int], disturbances: Mapping[str, int]) -> Plan:
        """So many of each kind, as far as they fit; the widest faults choose first."""
        planned: list[Fault] = []
        for name, count in faults.items():
            for _ in range(count):
                fault = self._fault(FAULTS[name], len(planned))
                if fault is not None:
                    planned.append(fault)
        calm_things = [each for each in self._province.things.values() if not self._is_taken(each)]
        disturbed = self._disturbances(calm_things, disturbances) + self._switched_off()
        planned.sort(key=lambda each: each.start)
        disturbed.sort(key=lambda each: each.start)
        return Plan(self._span, tuple(planned), tuple(disturbed))

    def _when_link_is_cut(self) -> float | None:
        """Late enough for the others; early enough to be paged, and to be resolved if there is time."""
        at = self._span - LINK_TAIL - min(max(self._span - 180.0, 0.0), RECOVERY)
        return at if at >= self._calm + HELD + 8 else None

    def _fault(self, kind: FaultKind, number: int) -> Fault | None:
        id = f"{self._prefix}f{number + 1:02}"
        if kind.name == "own_link":
            if self._link_at is None:
                return None
            return Fault(id, kind, LINK, LINK_ROOTS, self._link_at, self._link_at + kind.shortest)
        latest = (self._span - 1 if self._link_at is None else self._link_at) - kind.detect
        if latest < self._calm:
            return None
        target = self._target(kind)
        if target is None:
            return None
        start = self._start(latest, kind.longest, first=number == 0)
        return Fault(
            id, kind, target, (target,), start, start + self._rng.uniform(kind.shortest, kind.longest)
        )

    def _start(self, latest: float, longest: float, *, first: bool) -> float:
        """The first begins as the calm ends; all early enough to be resolved, where there is time."""
        last = self._calm + 5 if first else max(self._calm + 40, latest - longest)
        return self._rng.uniform(self._calm, min(latest, last))

    def _target(self, kind: FaultKind) -> str | None:
        wanted = {
            "district_cut": "router",
            "site_cut": "uplink",
            "mcu_silent": "mcu",
            "server_sick": "server",
        }.get(kind.name, "room")
        free = [
            each
            for each in self._province.of_kind(wanted)
            if each.expected == ALWAYS and not self._is_taken(each)
        ]
        if wanted == "router":
            free = [each for each in free if not self._has_taken_behind(each)]
        if not free:
            return None
        chosen = self._rng.choice(free)
        self._taken.add(_place(chosen))
        return chosen.id

    def _is_taken(self, thing: Thing) -> bool:
        return any(
            _place(self._province.things[each]) in self._taken
            for each in self._province.chain(thing.id)
            if each in self._province.things
        )

    def _has_taken_behind(self, router: Thing) -> bool:
        things = self._province.things
        return any(_place(things[each]) in self.taken for each in self._province.behind(router.id))

    def _disturbances(self, things: list[Thing], counts: Mapping[str, int]) -> list[Disturbance]:
        last = self._span - RECOVERY if self._link_at is None else self._link_at - RECOVERY
        found: list[Disturbance] = []
        if last <= CALM / 2:
            return found
        for name, count in counts.items():
            for _ in range(count):
                start = self._rng.uniform(CALM / 2, last)
                each = self._disturbance(DISTURBANCES[name], start, things, len(found))
                if each is not None:
                    found.append(each)
        return found

    def _disturbance(
        self, kind: DisturbanceKind, start: float, things: list[Thing], number: int
    ) -> Disturbance | None:
        end = start + self._rng.uniform(kind.shortest, kind.longest)
        rooms_only = kind.name == "bad_code_briefly"
        victim = self._victim(things, end, ("room",) if rooms_only else ("room", "uplink"))
        if victim is None:
            return None
        lost = self._rng.randint(*kind.losing)
        return Disturbance(f"{self._prefix}d{number + 1:03}", kind, victim.id, start, end, lost)

    def _victim(self, things: list[Thing], end: float, kinds: tuple[str, ...]) -> Thing | None:
        """Something that nothing else happens to, and that nobody switches off before `end`."""
        for _ in range(200):
            thing = self._rng.choice(things)
            if thing.kind in kinds and _place(thing) not in self._taken and self._is_on(thing, end):
                self._taken.add(_place(thing))
                return thing
        return None

    def _is_on(self, thing: Thing, end: float) -> bool:
        return thing.expected == ALWAYS or self._off_at is None or end < self._off_at - EARLY - 1

    def _switched_off(self) -> list[Disturbance]:
        """Most rooms are switched off soon after their hours, some a little before."""
        if self._off_at is None or self._off_at + LATE > self._span:
            return []
        found: list[Disturbance] = []
        for thing in self._province.things.values():
            if thing.expected == HOURS:
                early = self._rng.random() < 0.1
                moment = self._off_at + (
                    -self._rng.uniform(0, EARLY) if early else self._rng.uniform(0, LATE)
                )
                id = f"{self._prefix}o{len(found) + 1:03}"
                found.append(Disturbance(id, DISTURBANCES["off_hours"], thing.id, moment, self._span))
        return found


def _place(thing: Thing) -> str:
    """What one fault at a time may happen to: a router, a site, or a thing of the province's own."""
    return (
        thing.id if thing.kind in ("router", "core", "mcu", "reference") or thing.unit == "th" else thing.site
    )
