"""Who is told one after another until somebody acknowledges: the steps of one incident's chain. Pure.

The steps are kept as they were when the incident opened; who a step amounts to is asked when it is due
(docs/decisions/0013). Times are steady seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from alerts.notification import Target
from ioc.duty import Chain, Step

LOOK_AGAIN = 300.0
"""seconds until a round in which no step found anybody is tried again"""


class Passing(StrEnum):
    """Why a step was passed over."""

    FINDS_NOBODY = "finds_nobody"
    OUT_OF_HOURS = "out_of_hours"
    TOLD_THIS_ROUND = "told_this_round"


class Outcome(StrEnum):
    """What a due moment of a chain comes to."""

    STEP = "step"
    """a step's targets are to be told"""
    REMINDER = "reminder"
    """the rounds are over: everybody told so far is reminded"""
    NOBODY = "nobody"
    """no step of the round finds anybody; it is tried again"""
    SPENT = "spent"
    """the rounds are over, and there are no reminders"""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Where a chain stands.

    `step` is the index of the step that is next, `stood` that of the one told last (None: none yet), `due` when the
    next thing is due (None: nothing is, as after an acknowledgement), `told` the parties told in this round, `over`
    whether every round is over, so that only reminders follow, `vain` whether no step of the round found anybody
    when it was tried.
    """

    chain: str
    steps: tuple[Step, ...]
    repeat: int = 0
    remind: float = 0.0
    step: int = 0
    round: int = 1
    stood: int | None = None
    due: float | None = None
    told: frozenset[str] = frozenset()
    over: bool = False
    vain: bool = False

    @property
    def place(self) -> str:
        """Where it stands, as `because` says it."""
        return f"chain {self.chain} step {(self.stood or 0) + 1} round {self.round}"

    def moved(self, by: float) -> Escalation:
        """The same with its time moved."""
        return self if self.due is None else replace(self, due=self.due + by)


@dataclass(frozen=True, slots=True)
class Passed:
    """A step (from 0) that was passed over, in which round, and why."""

    step: int
    round: int
    why: Passing


@dataclass(frozen=True, slots=True)
class Advance:
    """What a due moment came to: where the chain stands now, who of the step is told, what was passed over."""

    escalation: Escalation
    outcome: Outcome
    targets: tuple[Target, ...] = ()
    passed: tuple[Passed, ...] = ()


Find = Callable[[Step], tuple[Target, ...] | Passing]
"""whom a step amounts to just now, or why to nobody"""


def begin(chain: Chain, told: frozenset[str] = frozenset()) -> Escalation:
    """A chain at its first step, which is not told yet; `told` were told when the incident opened."""
    return Escalation(chain.id, chain.steps, chain.repeat, chain.remind, told=told)


def advance(escalation: Escalation, now: float, find: Find) -> Advance:
    """Take what is due: the next step that finds somebody, or what follows the last."""
    passed: list[Passed] = []
    if escalation.over:
        due = now + escalation.remind if escalation.remind else None
        return Advance(replace(escalation, due=due), Outcome.REMINDER)
    here = escalation
    while True:
        if here.step >= len(here.steps):
            if here.stood is None:
                return _tried_in_vain(here, now, passed)
            if here.round > here.repeat:
                return _after_the_rounds(here, now, passed)
            here = replace(here, step=0, round=here.round + 1, stood=None, told=frozenset())
        found = find(here.steps[here.step])
        fresh = found if isinstance(found, Passing) else _fresh(found, here.told)
        if not isinstance(fresh, Passing):
            return Advance(_told(here, fresh, now), Outcome.STEP, fresh, tuple(passed))
        passed.append(Passed(here.step, here.round, fresh))
        here = replace(here, step=here.step + 1)


def again(escalation: Escalation) -> Escalation:
    """From its first step and first round on, as after an acknowledgement that has run out."""
    return replace(escalation, step=0, round=1, stood=None, due=None, told=frozenset(), over=False)


def stopped(escalation: Escalation) -> Escalation:
    """Nothing of it is due, where it stands."""
    return replace(escalation, due=None)


def resumed(escalation: Escalation) -> Escalation:
    """At the step where it stopped, which is to be told again."""
    return replace(escalation, step=escalation.stood or 0, due=None, told=frozenset(), over=False)


def joined(escalation: Escalation, parties: frozenset[str]) -> Escalation:
    """The same, with more parties that need not be told a second time in this round."""
    return replace(escalation, told=escalation.told | parties)


def decode(body: Mapping[str, Any]) -> Escalation:
    """From what the state file keeps."""
    steps = tuple(Step(tuple(each["tell"]), each["wait"], each["hours"]) for each in body["steps"])
    return Escalation(**{**body, "steps": steps, "told": frozenset(body["told"])})


def _fresh(found: tuple[Target, ...], told: frozenset[str]) -> tuple[Target, ...] | Passing:
    if not found:
        return Passing.FINDS_NOBODY
    return tuple(each for each in found if each.party not in told) or Passing.TOLD_THIS_ROUND


def _told(here: Escalation, targets: tuple[Target, ...], now: float) -> Escalation:
    told = here.told | {each.party for each in targets}
    due = now + here.steps[here.step].wait
    return replace(here, step=here.step + 1, stood=here.step, due=due, told=told, vain=False)


def _tried_in_vain(here: Escalation, now: float, passed: list[Passed]) -> Advance:
    """What was passed over is said once, not each time it is tried."""
    waiting = replace(here, step=0, due=now + LOOK_AGAIN, vain=True)
    return Advance(waiting, Outcome.NOBODY, (), () if here.vain else tuple(passed))


def _after_the_rounds(here: Escalation, now: float, passed: list[Passed]) -> Advance:
    """The wait after the last step is over: now it is reminders, the first one wait of theirs later."""
    due = now + here.remind if here.remind else None
    return Advance(replace(here, over=True, due=due), Outcome.SPENT, (), tuple(passed))
