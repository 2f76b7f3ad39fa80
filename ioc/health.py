"""The state of an endpoint: one pure function of what is known about it.

Composition, in order: maintenance hides everything; without our own link nothing is known; a reachability source
counts only while fresh, and without one nothing is known; all of them silent is *down*, some is *degraded*. *Down*
behind a parent that is itself down is *unreachable*, and *down* while nobody expects an answer is *off*. Service
sources can only turn *up* into *degraded*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ioc.model import Reason, Role, State, Verdict

CUT = frozenset({State.DOWN, State.UNREACHABLE})
"""states of a parent behind which nothing can be reached"""


class Finding(NamedTuple):
    """One source's latest verdict on an endpoint; times are steady seconds, `fresh_for` how long it holds."""

    verdict: Verdict
    at: float
    since: float
    role: Role
    fresh_for: float
    reason: Reason = Reason.NONE
    detail: str = ""

    def fresh(self, now: float) -> bool:
        """Whether it still says anything."""
        return now - self.at <= self.fresh_for


@dataclass(frozen=True, slots=True)
class Health:
    """An endpoint's state, since when and why; `at` is when that was last looked at.

    `known` is the state before *unknown*, with its since: what we did not see does not break a state in two.
    """

    state: State
    since: float
    at: float
    reason: Reason
    detail: str = ""
    known: tuple[State, float] | None = None


def state_of(
    was: Health | None,
    findings: Mapping[str, Finding],
    parent: State | None,
    uplink_ok: bool,
    expected: bool,
    maintained: bool,
    now: float,
) -> Health:
    """The state that follows from all that is known of an endpoint at the steady time `now`."""
    state, since, reason, detail = _compose(findings, parent, uplink_ok, expected, maintained, now)
    known = None
    if was is not None:
        if state is State.UNKNOWN:
            known = was.known if was.state is State.UNKNOWN else (was.state, was.since)
        if was.state is state:
            since = was.since
        elif was.known is not None and was.known[0] is state:
            since = was.known[1]
    return Health(state, since, now, reason, detail, known)


def _compose(
    findings: Mapping[str, Finding],
    parent: State | None,
    uplink_ok: bool,
    expected: bool,
    maintained: bool,
    now: float,
) -> tuple[State, float, Reason, str]:
    if maintained:
        return State.MAINTENANCE, now, Reason.MAINTAINED, ""
    if not uplink_ok:
        return State.UNKNOWN, now, Reason.OWN_LINK_DOWN, ""
    reach = [each for each in findings.values() if each.role is Role.REACHABILITY]
    fresh = [each for each in reach if each.fresh(now)]
    if not fresh:
        return State.UNKNOWN, now, Reason.STALE if reach else Reason.NOT_YET_PROBED, ""
    silent = [each for each in fresh if each.verdict is Verdict.DOWN]
    if len(silent) == len(fresh):
        first = min(silent, key=lambda each: each.since)
        if not expected:
            return State.OFF, now, Reason.NOT_EXPECTED, ""
        if parent in CUT:
            return State.UNREACHABLE, first.since, Reason.PARENT_DOWN, ""
        return State.DOWN, first.since, first.reason, first.detail
    if silent:
        return State.DEGRADED, silent[0].since, Reason.PARTLY_SILENT, silent[0].detail
    for each in findings.values():
        if each.verdict is not Verdict.OK and each.fresh(now):
            return State.DEGRADED, each.since, each.reason, each.detail
    return State.UP, now, Reason.ANSWERED, ""
