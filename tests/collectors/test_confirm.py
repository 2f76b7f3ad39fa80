"""Confirmation: each rule at its boundary second, and all of them under random order."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from collectors.confirm import MISSES, RECOVERY, SUCCESSES, Answer, Trail, judge
from ioc.model import Reason, Verdict

UP = Trail(Verdict.OK, 0.0, Reason.ANSWERED)
GAPS = (0.1, 0.2, 0.25)


def ok(sent: float) -> Answer:
    return Answer(sent, Verdict.OK, Reason.ANSWERED)


def degraded(sent: float) -> Answer:
    return Answer(sent, Verdict.DEGRADED, Reason.BAD_STATUS, "SIP 503")


def miss(sent: float) -> Answer:
    return Answer(sent, None)


def burst(trail: Trail, first: float = 10.0, misses: int = 1) -> Trail:
    for token in range(misses):
        trail, _, _ = judge(trail, token, miss(first + token * 0.1), first + 1 + token * 0.1, GAPS)
    return trail


def test_the_first_answer_confirms_ok_since_it_was_asked() -> None:
    trail, verdict, times = judge(Trail(), 1, ok(5.0), 5.1, GAPS)
    assert (verdict, trail.verdict, trail.since, times) == (Verdict.OK, Verdict.OK, 5.0, ())


def test_an_answer_that_changes_nothing_returns_the_same_trail() -> None:
    trail, verdict, times = judge(UP, 1, ok(10.0), 10.1, GAPS)
    assert trail is UP
    assert (verdict, times) == (None, ())


def test_one_miss_asks_four_times_more_the_first_at_once() -> None:
    trail, verdict, times = judge(UP, 1, miss(10.0), 11.0, GAPS)
    assert verdict is None
    assert trail.verdict is Verdict.OK
    assert times == pytest.approx((11.0, 11.1, 11.3, 11.55))


@pytest.mark.parametrize("before", [UP, Trail(), Trail(Verdict.DEGRADED, 1.0, Reason.BAD_STATUS)])
def test_five_misses_are_down_since_the_first_was_sent(before: Trail) -> None:
    trail = burst(before, misses=MISSES - 1)
    assert trail.verdict is before.verdict
    trail, verdict, times = judge(trail, 99, Answer(10.5, None, Reason.REFUSED, "why"), 12.0, GAPS)
    assert (verdict, trail.verdict, trail.since, times) == (Verdict.DOWN, Verdict.DOWN, 10.0, ())
    assert (trail.reason, trail.detail) == (Reason.REFUSED, "why")


def test_a_late_answer_to_a_missed_probe_of_the_burst_is_an_answer() -> None:
    trail, verdict, _ = judge(burst(UP, misses=4), 0, ok(10.0), 11.5, GAPS)
    assert (trail.burst, trail.verdict, trail.since, verdict) == (None, Verdict.OK, 0.0, None)


def test_the_same_probe_missed_twice_counts_once() -> None:
    trail = burst(UP, misses=4)
    again, verdict, _ = judge(trail, 3, miss(10.3), 12.0, GAPS)
    assert verdict is None
    assert again.burst is not None
    assert len(again.burst.missed) == 4


def test_an_answer_to_a_probe_from_before_the_burst_does_not_close_it() -> None:
    trail = burst(UP, first=10.0)
    assert judge(trail, 50, ok(9.9), 11.1, GAPS)[0] is trail


def test_misses_of_probes_sent_before_the_burst_was_closed_say_nothing() -> None:
    trail, _, _ = judge(burst(UP, misses=2), 7, ok(11.0), 11.2, GAPS)
    assert judge(trail, 8, miss(11.2), 12.2, GAPS)[0] is trail
    assert judge(trail, 9, miss(11.21), 12.2, GAPS)[0].burst is not None


def test_a_burst_whose_probes_could_not_be_sent_asks_for_the_rest_again() -> None:
    trail = burst(UP, first=10.0)
    trail, verdict, times = judge(trail, 60, miss(20.0), 21.0, GAPS)
    assert verdict is None
    assert times == pytest.approx((21.0, 21.1, 21.3))
    assert trail.burst is not None
    assert trail.burst.since == 10.0


def down() -> Trail:
    return Trail(Verdict.DOWN, 10.0, Reason.NO_ANSWER)


def test_recovery_asks_twice_more_over_twenty_seconds() -> None:
    trail, verdict, times = judge(down(), 1, ok(100.0), 100.1, GAPS)
    assert (verdict, trail.verdict, times) == (None, Verdict.DOWN, (110.0, 120.0))


@pytest.mark.parametrize(
    ("last", "verdict"),
    [(119.99, None), (120.0, Verdict.OK), (121.0, Verdict.OK)],
    ids=["short", "exact", "over"],
)
def test_recovery_takes_twenty_seconds_exactly(last: float, verdict: Verdict | None) -> None:
    trail, _, _ = judge(down(), 1, ok(100.0), 100.1, GAPS)
    trail, _, _ = judge(trail, 2, ok(110.0), 110.1, GAPS)
    trail, found, _ = judge(trail, 3, ok(last), last + 0.1, GAPS)
    assert found is verdict
    if verdict is not None:
        assert (trail.since, trail.streak) == (100.0, None)


def test_recovery_takes_three_answers() -> None:
    trail, _, _ = judge(down(), 1, ok(100.0), 100.1, GAPS)
    trail, verdict, _ = judge(trail, 2, ok(130.0), 130.1, GAPS)
    assert verdict is None
    assert judge(trail, 3, ok(131.0), 131.1, GAPS)[1] is Verdict.OK


def returning() -> Trail:
    trail, _, _ = judge(down(), 1, ok(100.0), 100.1, GAPS)
    return judge(trail, 2, ok(110.0), 110.1, GAPS)[0]


def test_a_lost_packet_on_the_way_is_asked_after_and_does_not_start_over() -> None:
    trail, verdict, times = judge(returning(), 3, miss(115.0), 116.0, GAPS)
    assert (trail.verdict, verdict) == (Verdict.DOWN, None)
    assert times == pytest.approx((116.0, 116.1, 116.3, 116.55))
    trail, verdict, _ = judge(trail, 4, ok(116.0), 116.1, GAPS)
    assert (trail.burst, verdict) == (None, None)
    assert judge(trail, 5, ok(120.0), 120.1, GAPS)[1] is Verdict.OK


def test_five_misses_on_the_way_start_over() -> None:
    trail = returning()
    for token in range(MISSES):
        assert trail.streak is not None
        trail, verdict, _ = judge(
            trail, 3 + token, Answer(115.0 + token * 0.1, None, Reason.REFUSED), 117.0, GAPS
        )
        assert verdict is None
    assert (trail.verdict, trail.since, trail.reason) == (Verdict.DOWN, 10.0, Reason.REFUSED)
    assert (trail.streak, trail.burst) == (None, None)
    assert judge(trail, 9, ok(120.0), 120.1, GAPS)[1] is None


def test_a_miss_of_a_probe_from_before_the_first_answer_does_not() -> None:
    trail, _, _ = judge(down(), 1, ok(100.0), 100.1, GAPS)
    assert judge(trail, 0, miss(99.5), 100.5, GAPS)[0] is trail


def test_it_may_come_back_degraded() -> None:
    trail = down()
    for token, sent in enumerate((100.0, 110.0, 120.0)):
        trail, verdict, _ = judge(trail, token, degraded(sent), sent, GAPS)
    assert (verdict, trail.verdict, trail.reason) == (Verdict.DEGRADED, Verdict.DEGRADED, Reason.BAD_STATUS)


def test_a_miss_while_down_keeps_since_and_takes_the_newer_reason() -> None:
    trail, verdict, times = judge(down(), 5, Answer(50.0, None, Reason.REFUSED), 51.0, GAPS)
    assert (trail.since, trail.reason, verdict, times) == (10.0, Reason.REFUSED, None, ())


@pytest.mark.parametrize("before", [UP, Trail()])
def test_two_bad_answers_in_a_row_degrade_since_the_first(before: Trail) -> None:
    trail, verdict, times = judge(before, 1, degraded(10.0), 10.1, GAPS)
    assert verdict is None
    assert times == pytest.approx((10.1 + GAPS[0],))
    trail, verdict, _ = judge(trail, 2, degraded(10.2), 10.3, GAPS)
    assert (verdict, trail.since, trail.detail) == (Verdict.DEGRADED, 10.0, "SIP 503")


def test_a_good_answer_between_two_bad_ones_undoes_the_first() -> None:
    trail, _, _ = judge(UP, 1, degraded(10.0), 10.1, GAPS)
    trail, verdict, _ = judge(trail, 2, ok(10.2), 10.3, GAPS)
    assert (trail.streak, verdict) == (None, None)
    assert judge(trail, 3, degraded(20.0), 20.1, GAPS)[1] is None


def test_a_verdict_restored_after_a_start_goes_on() -> None:
    trail, verdict, _ = judge(Trail(Verdict.DOWN, 3.0), 1, miss(1000.0), 1001.0, GAPS)
    assert (trail.since, trail.verdict, verdict) == (3.0, Verdict.DOWN, None)


class Confirmation(RuleBasedStateMachine):
    """Probes sent, answered, missed and answered late in any order, against what the words mean."""

    def __init__(self) -> None:
        super().__init__()
        self.trail = Trail()
        self.now = 1000.0
        self.serial = 0
        self.air: dict[int, float] = {}
        self.missed: dict[int, float] = {}
        self.misses_since_answer = 0
        self.heard = 0.0
        self.answers: list[float] = []

    @rule(after=st.floats(0.0, 12.0))
    def wait(self, after: float) -> None:
        self.now += after

    @rule()
    def send(self) -> None:
        self.serial += 1
        self.air[self.serial] = self.now

    @precondition(lambda self: self.air)
    @rule(data=st.data(), verdict=st.sampled_from([Verdict.OK, Verdict.DEGRADED]))
    def answer(self, data: st.DataObject, verdict: Verdict) -> None:
        self._answered(data.draw(st.sampled_from(sorted(self.air))), self.air, verdict)

    @precondition(lambda self: self.missed)
    @rule(data=st.data())
    def answer_late(self, data: st.DataObject) -> None:
        self._answered(data.draw(st.sampled_from(sorted(self.missed))), self.missed, Verdict.OK)

    def _answered(self, token: int, where: dict[int, float], verdict: Verdict) -> None:
        sent = where.pop(token)
        was = self.trail
        self.trail, found, _ = judge(was, token, Answer(sent, verdict, Reason.ANSWERED), self.now, GAPS)
        assert found is not Verdict.DOWN
        if found is not None:
            assert self.trail.verdict is found
        self.answers.append(sent)
        if was.verdict is Verdict.DOWN and found is not None:
            assert len(self.answers) >= SUCCESSES
            assert max(self.answers) - min(self.answers) >= RECOVERY
        if was.burst is None or sent >= was.burst.since:
            self.misses_since_answer = 0

    @precondition(lambda self: self.air)
    @rule(data=st.data())
    def miss(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(sorted(self.air)))
        sent = self.missed[token] = self.air.pop(token)
        was = self.trail
        self.trail, found, times = judge(was, token, Answer(sent, None), self.now, GAPS)
        self.misses_since_answer += 1
        assert found in (None, Verdict.DOWN)
        assert all(at >= self.now for at in times)
        assert len(times) < MISSES
        if found is Verdict.DOWN:
            assert self.misses_since_answer >= MISSES
            assert self.trail.since <= sent or self.trail.since in self.missed.values()
        if self.trail.streak is None:
            self.answers.clear()

    @invariant()
    def only_one_question_at_a_time(self) -> None:
        if self.trail.verdict is Verdict.DOWN and self.trail.burst is not None:
            assert self.trail.streak is not None
        if self.trail.burst is not None:
            assert 1 <= len(self.trail.burst.missed) < MISSES

    @invariant()
    def since_is_in_the_past(self) -> None:
        assert self.trail.since <= self.now


Confirmation.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestConfirmation = Confirmation.TestCase
