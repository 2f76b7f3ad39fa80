"""The life of one alert: every transition there is, in one table.

What a rule's condition says (true, false, unknown) is an input; the alert's phase is the state. Unknown stops the
clock of `for` and of `keep_firing_for`, and leaves a firing alert firing, marked with `stale_since`. An alert whose
subject answers again while its recovery awaits confirmation is *held*: it does not begin to fire.

`python -m alerts.lifecycle` prints the diagram in docs/alert-states.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from alerts.rules import Rule


class Phase(StrEnum):
    """Where an alert is in its life."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    RESOLVED = "resolved"


class Event(StrEnum):
    """What a reading amounts to, given the clocks."""

    HOLDS = "holds"
    """true, `for` is not over"""
    DUE = "due"
    """true, `for` is over"""
    HELD = "held"
    """true, `for` is over, but the subject answers again"""
    ENDS = "ends"
    """false, `keep_firing_for` is not over"""
    OVER = "over"
    """false, `keep_firing_for` is over"""
    UNKNOWN = "unknown"
    REMOVED = "removed"
    """the rule or its subject is gone"""


class Why(StrEnum):
    """The reason of each step."""

    QUIET = "quiet"
    BEGAN = "began"
    WAITS = "waits_for_hold"
    HOLD_OVER = "hold_over"
    ANSWERS_AGAIN = "answers_again"
    ENDED_EARLY = "ended_early"
    STILL_TRUE = "still_true"
    ENDED = "ended"
    KEPT = "kept_firing"
    KEEP_OVER = "keep_over"
    RETURNED = "returned"
    FROZEN = "unknown_hold_frozen"
    STALE = "unknown_kept_firing"
    REMOVED = "removed"
    POSTED = "posted"
    """another program says so"""
    LEASE_OVER = "lease_ran_out"
    """another program has not said so again in time"""
    LATE = "late"
    """a sign of life did not come in time"""
    HEARD = "heard"


Table = Mapping[tuple[Phase, Event], tuple[Phase, Why]]

_P, _E = Phase, Event

TABLE: Table = {
    (_P.INACTIVE, _E.HOLDS): (_P.PENDING, Why.BEGAN),
    (_P.INACTIVE, _E.DUE): (_P.FIRING, Why.HOLD_OVER),
    (_P.INACTIVE, _E.HELD): (_P.PENDING, Why.ANSWERS_AGAIN),
    (_P.INACTIVE, _E.ENDS): (_P.INACTIVE, Why.QUIET),
    (_P.INACTIVE, _E.OVER): (_P.INACTIVE, Why.QUIET),
    (_P.INACTIVE, _E.UNKNOWN): (_P.INACTIVE, Why.QUIET),
    (_P.INACTIVE, _E.REMOVED): (_P.INACTIVE, Why.REMOVED),
    (_P.PENDING, _E.HOLDS): (_P.PENDING, Why.WAITS),
    (_P.PENDING, _E.DUE): (_P.FIRING, Why.HOLD_OVER),
    (_P.PENDING, _E.HELD): (_P.PENDING, Why.ANSWERS_AGAIN),
    (_P.PENDING, _E.ENDS): (_P.INACTIVE, Why.ENDED_EARLY),
    (_P.PENDING, _E.OVER): (_P.INACTIVE, Why.ENDED_EARLY),
    (_P.PENDING, _E.UNKNOWN): (_P.PENDING, Why.FROZEN),
    (_P.PENDING, _E.REMOVED): (_P.INACTIVE, Why.REMOVED),
    (_P.FIRING, _E.HOLDS): (_P.FIRING, Why.STILL_TRUE),
    (_P.FIRING, _E.DUE): (_P.FIRING, Why.STILL_TRUE),
    (_P.FIRING, _E.HELD): (_P.FIRING, Why.STILL_TRUE),
    (_P.FIRING, _E.ENDS): (_P.RECOVERING, Why.ENDED),
    (_P.FIRING, _E.OVER): (_P.RESOLVED, Why.ENDED),
    (_P.FIRING, _E.UNKNOWN): (_P.FIRING, Why.STALE),
    (_P.FIRING, _E.REMOVED): (_P.RESOLVED, Why.REMOVED),
    (_P.RECOVERING, _E.HOLDS): (_P.FIRING, Why.RETURNED),
    (_P.RECOVERING, _E.DUE): (_P.FIRING, Why.RETURNED),
    (_P.RECOVERING, _E.HELD): (_P.FIRING, Why.RETURNED),
    (_P.RECOVERING, _E.ENDS): (_P.RECOVERING, Why.KEPT),
    (_P.RECOVERING, _E.OVER): (_P.RESOLVED, Why.KEEP_OVER),
    (_P.RECOVERING, _E.UNKNOWN): (_P.RECOVERING, Why.STALE),
    (_P.RECOVERING, _E.REMOVED): (_P.RESOLVED, Why.REMOVED),
    (_P.RESOLVED, _E.HOLDS): (_P.PENDING, Why.BEGAN),
    (_P.RESOLVED, _E.DUE): (_P.FIRING, Why.HOLD_OVER),
    (_P.RESOLVED, _E.HELD): (_P.PENDING, Why.ANSWERS_AGAIN),
    (_P.RESOLVED, _E.ENDS): (_P.RESOLVED, Why.QUIET),
    (_P.RESOLVED, _E.OVER): (_P.RESOLVED, Why.QUIET),
    (_P.RESOLVED, _E.UNKNOWN): (_P.RESOLVED, Why.QUIET),
    (_P.RESOLVED, _E.REMOVED): (_P.RESOLVED, Why.REMOVED),
}

CALM = frozenset({Phase.INACTIVE, Phase.RESOLVED})
LIT = frozenset({Phase.FIRING, Phase.RECOVERING})
"""phases in which people have been told"""


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule on one subject. Times are steady seconds.

    `waited` is how long the clock of the phase (`for` or `keep_firing_for`) had run when it last stopped,
    `running` since when it runs, None while it stands still.
    """

    rule: str
    subject: str
    phase: Phase = Phase.INACTIVE
    since: float = 0.0
    why: Why = Why.QUIET
    waited: float = 0.0
    running: float | None = None
    stale_since: float | None = None

    calm: bool = field(init=False, compare=False, repr=False)
    """whether its phase is one of CALM: asked of every rule at every sample"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "calm", self.phase in CALM)

    @property
    def key(self) -> str:
        """Its identity."""
        return f"{self.rule}@{self.subject}"

    def clock(self, now: float) -> float:
        """Seconds the phase's clock has run."""
        return self.waited + (now - self.running if self.running is not None else 0.0)


@dataclass(frozen=True, slots=True)
class Transition:
    """An alert went from one phase to another."""

    rule: str
    subject: str
    was: Phase
    now: Phase
    at: float
    why: Why

    @property
    def alert(self) -> str:
        """The alert's key."""
        return f"{self.rule}@{self.subject}"


def step(
    alert: Alert, reading: bool | None, held: bool, rule: Rule, now: float
) -> tuple[Alert, Transition | None, float | None]:
    """What follows from a reading at the steady time `now`, and when to look again at the latest."""
    if not reading and alert.calm:
        return alert, None, None
    after, transition = _enter(alert, _event(alert, reading, held, rule, now), now)
    return after, transition, _wake(after, rule)


def remove(alert: Alert, now: float) -> tuple[Alert, Transition | None]:
    """End an alert whose rule or subject is gone."""
    return _enter(alert, Event.REMOVED, now)


def _event(alert: Alert, reading: bool | None, held: bool, rule: Rule, now: float) -> Event:
    if reading is None:
        return Event.UNKNOWN
    ran = alert.clock(now)
    if reading:
        waited = ran if alert.phase is Phase.PENDING else 0.0
        if waited < rule.for_:
            return Event.HOLDS
        return Event.HELD if held else Event.DUE
    kept = ran if alert.phase is Phase.RECOVERING else 0.0
    return Event.OVER if kept >= rule.keep_firing_for else Event.ENDS


def _enter(alert: Alert, event: Event, now: float) -> tuple[Alert, Transition | None]:
    phase, why = TABLE[alert.phase, event]
    after = _same(alert, event, why, now) if phase is alert.phase else _new(alert, phase, why, now)
    transition = None
    if phase is not alert.phase:
        transition = Transition(alert.rule, alert.subject, alert.phase, phase, now, why)
    return after, transition


def _new(alert: Alert, phase: Phase, why: Why, now: float) -> Alert:
    timed = phase in (Phase.PENDING, Phase.RECOVERING)
    return Alert(alert.rule, alert.subject, phase, now, why, running=now if timed else None)


def _same(alert: Alert, event: Event, why: Why, now: float) -> Alert:
    """The same phase: its clock stops at unknown and goes on after it."""
    waited, running, stale = alert.waited, alert.running, alert.stale_since
    if event is Event.UNKNOWN:
        waited, running = alert.clock(now), None
        if stale is None and alert.phase not in CALM:
            stale = now
    else:
        stale = None
        if running is None and alert.phase in (Phase.PENDING, Phase.RECOVERING):
            running = now
    if (waited, running, stale, why) == (alert.waited, alert.running, alert.stale_since, alert.why):
        return alert
    return replace(alert, waited=waited, running=running, stale_since=stale, why=why)


def _wake(alert: Alert, rule: Rule) -> float | None:
    if alert.running is None or alert.why is Why.ANSWERS_AGAIN:
        return None
    length = rule.for_ if alert.phase is Phase.PENDING else rule.keep_firing_for
    return alert.running + length - alert.waited


def diagram() -> str:
    """The table as Mermaid text."""
    lines = ["stateDiagram-v2", "    [*] --> inactive"]
    edges: dict[tuple[Phase, Phase, Why], list[str]] = {}
    for (was, event), (now, why) in TABLE.items():
        if why not in (Why.QUIET, Why.REMOVED) or was is not now:
            edges.setdefault((was, now, why), []).append(event.value)
    for (was, now, why), events in edges.items():
        lines.append(f"    {was} --> {now}: {', '.join(events)} / {why}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(diagram())
