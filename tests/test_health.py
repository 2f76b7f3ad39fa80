"""The state of an endpoint: every rule of composition, and what holds whatever the input."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.health import CUT, Finding, Health, state_of
from ioc.model import Reason, Role, State, Verdict

NOW = 1000.0


def reach(verdict: Verdict, since: float = 990.0, at: float = 999.0, detail: str = "") -> Finding:
    reason = Reason.ANSWERED if verdict is Verdict.OK else Reason.NO_ANSWER
    return Finding(verdict, at, since, Role.REACHABILITY, 30.0, reason, detail)


def service(verdict: Verdict, since: float = 991.0, at: float = 999.0) -> Finding:
    return Finding(verdict, at, since, Role.SERVICE, 30.0, Reason.BAD_STATUS, "503")


OK, DOWN, DEGRADED = Verdict.OK, Verdict.DOWN, Verdict.DEGRADED
STALE_AT = NOW - 30.001


@dataclass(frozen=True)
class Case:
    """What is known, and the state, since and reason that follow."""

    findings: dict[str, Finding]
    state: State
    since: float
    reason: Reason
    parent: State | None = None
    uplink_ok: bool = True
    expected: bool = True
    maintained: bool = False
    detail: str = field(default="")


CASES = {
    "never probed": Case({}, State.UNKNOWN, NOW, Reason.NOT_YET_PROBED),
    "only a service source": Case({"http": service(OK)}, State.UNKNOWN, NOW, Reason.NOT_YET_PROBED),
    "answers": Case({"sip": reach(OK)}, State.UP, NOW, Reason.ANSWERED),
    "silent since the first miss": Case({"sip": reach(DOWN, 985.0)}, State.DOWN, 985.0, Reason.NO_ANSWER),
    "silent with a detail": Case(
        {"sip": reach(DOWN, detail="port 5060")}, State.DOWN, 990.0, Reason.NO_ANSWER, detail="port 5060"
    ),
    "two silent, the first counts": Case(
        {"sip": reach(DOWN, 985.0), "icmp": reach(DOWN, 980.0)}, State.DOWN, 980.0, Reason.NO_ANSWER
    ),
    "one of two silent": Case(
        {"sip": reach(DOWN, 985.0), "icmp": reach(OK)}, State.DEGRADED, 985.0, Reason.PARTLY_SILENT
    ),
    "degraded by its own source": Case({"sip": reach(DEGRADED)}, State.DEGRADED, 990.0, Reason.NO_ANSWER),
    "degraded by a service": Case(
        {"sip": reach(OK), "http": service(DEGRADED)}, State.DEGRADED, 991.0, Reason.BAD_STATUS, detail="503"
    ),
    "a service that is down only degrades": Case(
        {"sip": reach(OK), "http": service(DOWN)}, State.DEGRADED, 991.0, Reason.BAD_STATUS, detail="503"
    ),
    "a service cannot save a silent endpoint": Case(
        {"sip": reach(DOWN), "http": service(OK)}, State.DOWN, 990.0, Reason.NO_ANSWER
    ),
    "a stale service says nothing": Case(
        {"sip": reach(OK), "http": service(DOWN, at=STALE_AT)}, State.UP, NOW, Reason.ANSWERED
    ),
    "just fresh": Case({"sip": reach(OK, at=NOW - 30.0)}, State.UP, NOW, Reason.ANSWERED),
    "stale": Case({"sip": reach(OK, at=STALE_AT)}, State.UNKNOWN, NOW, Reason.STALE),
    "silent and stale is not down": Case({"sip": reach(DOWN, at=STALE_AT)}, State.UNKNOWN, NOW, Reason.STALE),
    "a stale silence does not degrade": Case(
        {"sip": reach(DOWN, at=STALE_AT), "icmp": reach(OK)}, State.UP, NOW, Reason.ANSWERED
    ),
    "a stale answer does not save": Case(
        {"sip": reach(OK, at=STALE_AT), "icmp": reach(DOWN)}, State.DOWN, 990.0, Reason.NO_ANSWER
    ),
    "behind a parent that is down": Case(
        {"sip": reach(DOWN)}, State.UNREACHABLE, 990.0, Reason.PARENT_DOWN, parent=State.DOWN
    ),
    "behind a parent that is unreachable": Case(
        {"sip": reach(DOWN)}, State.UNREACHABLE, 990.0, Reason.PARENT_DOWN, parent=State.UNREACHABLE
    ),
    "behind a parent that is degraded": Case(
        {"sip": reach(DOWN)}, State.DOWN, 990.0, Reason.NO_ANSWER, parent=State.DEGRADED
    ),
    "behind a parent of which nothing is known": Case(
        {"sip": reach(DOWN)}, State.DOWN, 990.0, Reason.NO_ANSWER, parent=State.UNKNOWN
    ),
    "answers although its parent is down": Case(
        {"sip": reach(OK)}, State.UP, NOW, Reason.ANSWERED, parent=State.DOWN
    ),
    "silent while not expected": Case(
        {"sip": reach(DOWN)}, State.OFF, NOW, Reason.NOT_EXPECTED, expected=False
    ),
    "silent while not expected behind a cut": Case(
        {"sip": reach(DOWN)}, State.OFF, NOW, Reason.NOT_EXPECTED, parent=State.DOWN, expected=False
    ),
    "answers while not expected": Case({"sip": reach(OK)}, State.UP, NOW, Reason.ANSWERED, expected=False),
    "nothing known while not expected": Case({}, State.UNKNOWN, NOW, Reason.NOT_YET_PROBED, expected=False),
    "our own link is down": Case(
        {"sip": reach(DOWN)}, State.UNKNOWN, NOW, Reason.OWN_LINK_DOWN, uplink_ok=False
    ),
    "in maintenance": Case({"sip": reach(DOWN)}, State.MAINTENANCE, NOW, Reason.MAINTAINED, maintained=True),
    "in maintenance while our own link is down": Case(
        {}, State.MAINTENANCE, NOW, Reason.MAINTAINED, uplink_ok=False, maintained=True
    ),
}


def look(case: Case, was: Health | None = None, now: float = NOW) -> Health:
    return state_of(was, case.findings, case.parent, case.uplink_ok, case.expected, case.maintained, now)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_composition(case: Case) -> None:
    assert look(case) == Health(case.state, case.since, NOW, case.reason, case.detail)


def test_the_cases_show_every_state() -> None:
    assert {case.state for case in CASES.values()} == set(State)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_state_that_stays_keeps_its_since(case: Case) -> None:
    was = Health(case.state, 42.0, 900.0, Reason.NONE)
    assert look(case, was).since == 42.0
    assert look(case, was).at == NOW


def test_what_we_did_not_see_does_not_break_a_state_in_two() -> None:
    silent = CASES["silent since the first miss"]
    down = look(silent)
    blind = look(CASES["our own link is down"], down)
    assert (blind.state, blind.known) == (State.UNKNOWN, (State.DOWN, 985.0))
    still_blind = look(CASES["never probed"], blind)
    assert still_blind.known == (State.DOWN, 985.0)
    again = Case({"sip": reach(DOWN, since=999.0)}, State.DOWN, 985.0, Reason.NO_ANSWER)
    assert look(again, still_blind).since == 985.0
    assert look(CASES["answers"], still_blind).since == NOW


def test_a_longer_silence_of_another_kind_is_another_state() -> None:
    down = look(CASES["silent since the first miss"])
    cut = look(CASES["behind a parent that is down"], down)
    assert (cut.state, cut.since) == (State.UNREACHABLE, 990.0)


FINDINGS = st.dictionaries(
    st.sampled_from(["sip", "icmp", "tcp", "http"]),
    st.builds(
        Finding,
        verdict=st.sampled_from(Verdict),
        at=st.floats(900.0, NOW),
        since=st.floats(800.0, 900.0),
        role=st.sampled_from(Role),
        fresh_for=st.floats(0.0, 100.0),
        reason=st.sampled_from(Reason),
    ),
    max_size=4,
)
WAS = st.none() | st.builds(
    Health, st.sampled_from(State), st.floats(0.0, 900.0), st.just(900.0), st.sampled_from(Reason)
)


@given(WAS, FINDINGS, st.none() | st.sampled_from(State), st.booleans(), st.booleans(), st.booleans())
def test_what_holds_whatever_is_known(
    was: Health | None,
    findings: dict[str, Finding],
    parent: State | None,
    uplink_ok: bool,
    expected: bool,
    maintained: bool,
) -> None:
    health = state_of(was, findings, parent, uplink_ok, expected, maintained, NOW)
    fresh = [each for each in findings.values() if each.fresh(NOW) and each.role is Role.REACHABILITY]
    answers = any(each.verdict is not Verdict.DOWN for each in fresh)
    assert health.at == NOW
    assert health.since <= NOW
    assert (health.state is State.MAINTENANCE) == maintained
    if not maintained:
        assert (health.state is State.UNKNOWN) == (not uplink_ok or not fresh)
        silent = uplink_ok and bool(fresh) and not answers
        assert (health.state is State.OFF) == (silent and not expected)
        assert (health.state is State.UNREACHABLE) == (silent and expected and parent in CUT)
        assert (health.state is State.DOWN) == (silent and expected and parent not in CUT)
    backwards = dict(reversed(findings.items()))
    assert state_of(was, backwards, parent, uplink_ok, expected, maintained, NOW).state is health.state
