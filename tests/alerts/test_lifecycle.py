from itertools import product
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alerts.lifecycle import CALM, LIT, TABLE, Alert, Event, Phase, Why, diagram, remove, step
from alerts.rules import Rule, parse_rule


def made(for_: str = "30s", keep: str = "0s") -> Rule:
    return parse_rule(
        {
            "id": "r",
            "if": 'state == "down"',
            "for": for_,
            "keep_firing_for": keep,
            "severity": "warning",
            "title": "t",
        }
    )


def run(rule: Rule, *readings: tuple[float, bool | None, bool]) -> Alert:
    alert = Alert("r", "x")
    for at, reading, held in readings:
        alert, _, _ = step(alert, reading, held, rule, at)
    return alert


def test_the_table_answers_everything() -> None:
    assert set(TABLE) == set(product(Phase, Event))


def test_the_committed_diagram_is_current() -> None:
    drawn = (Path(__file__).parents[2] / "docs" / "alert-states.md").read_text("utf-8")
    assert diagram() in drawn


def test_it_fires_at_the_very_second_of_its_hold() -> None:
    assert run(made(), (0, True, False), (29.999, True, False)).phase is Phase.PENDING
    assert run(made(), (0, True, False), (30, True, False)).phase is Phase.FIRING


def test_without_a_hold_it_fires_at_once() -> None:
    assert run(made("0s"), (0, True, False)).phase is Phase.FIRING


def test_unknown_stops_the_clock_of_the_hold() -> None:
    alert = run(made(), (0, True, False), (20, None, False), (520, True, False), (529, True, False))
    assert alert.phase is Phase.PENDING
    assert step(alert, True, False, made(), 530)[0].phase is Phase.FIRING


def test_unknown_keeps_it_firing_and_says_since_when() -> None:
    alert = run(made(), (0, True, False), (30, True, False), (60, None, False), (90, None, False))
    assert (alert.phase, alert.stale_since, alert.why) == (Phase.FIRING, 60, Why.STALE)
    assert (
        run(made(), (0, True, False), (30, True, False), (60, None, False), (70, True, False)).stale_since
        is None
    )


def test_what_answers_again_is_held_and_fires_when_it_stops() -> None:
    alert = run(made(), (0, True, False), (30, True, True))
    assert (alert.phase, alert.why) == (Phase.PENDING, Why.ANSWERS_AGAIN)
    assert step(alert, True, False, made(), 33)[0].phase is Phase.FIRING
    assert step(alert, False, True, made(), 50)[0].phase is Phase.INACTIVE


def test_it_goes_on_firing_for_as_long_as_the_rule_says() -> None:
    rule = made(keep="60s")
    alert = run(rule, (0, True, False), (30, True, False), (100, False, False))
    assert alert.phase is Phase.RECOVERING
    assert step(alert, True, False, rule, 120)[0].phase is Phase.FIRING
    assert step(alert, False, False, rule, 159.9)[0].phase is Phase.RECOVERING
    assert step(alert, False, False, rule, 160)[0].phase is Phase.RESOLVED


def test_what_is_removed_ends() -> None:
    assert remove(run(made("0s"), (0, True, False)), 1)[0].phase is Phase.RESOLVED
    assert remove(run(made(), (0, True, False)), 1)[0].phase is Phase.INACTIVE


class Life(RuleBasedStateMachine):
    """Against a plain account of how long the condition was known to be true."""

    def __init__(self) -> None:
        super().__init__()
        self.rule = made("30s", "60s")
        self.alert = Alert("r", "x")
        self.now = 0.0
        self.true_for = 0.0
        self.false_for = 0.0
        self.last: bool | None = None
        self.was_lit = False

    @rule(
        pause=st.integers(0, 40).map(float), reading=st.sampled_from([True, False, None]), held=st.booleans()
    )
    def read(self, pause: float, reading: bool | None, held: bool) -> None:
        self.now += pause
        if self.last is True:
            self.true_for += pause
        elif self.last is False:
            self.false_for += pause
        if reading is True:
            self.false_for = 0.0
        elif reading is False:
            self.true_for = 0.0
        before = self.alert
        self.alert, transition, wake = step(before, reading, held, self.rule, self.now)
        assert (transition is not None) == (before.phase is not self.alert.phase)
        assert wake is None or wake >= self.now or self.alert.phase is Phase.PENDING
        if before.phase not in LIT and self.alert.phase in LIT:
            assert reading is True
            assert not held
            assert self.true_for >= self.rule.for_
        if before.phase in LIT and self.alert.phase not in LIT:
            assert reading is False
            assert self.false_for >= self.rule.keep_firing_for
        if reading is None:
            assert self.alert.phase is before.phase
        self.last = reading

    @invariant()
    def clocks_run_only_where_they_mean_something(self) -> None:
        if self.alert.phase in CALM or self.alert.phase is Phase.FIRING:
            assert self.alert.running is None


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
