"""Who is told one after another: the steps of a chain."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerts.notification import Target
from alerts.oncall import escalation
from alerts.oncall.escalation import LOOK_AGAIN, Escalation, Outcome, Passed, Passing, advance, begin
from ioc.duty import Chain, Step

AN, BINH, CHI = (Target("sms", f"+8491200010{n}", name) for n, name in enumerate(("an", "binh", "chi")))
PEOPLE = {each.person: each for each in (AN, BINH, CHI)}


def chain(*told: str, repeat: int = 0, remind: float = 0.0) -> Chain:
    """A step for each: names apart by spaces, a minute's wait, two for the second and so on."""
    steps = tuple(Step(tuple(each.split()), 60.0 * (n + 1)) for n, each in enumerate(told))
    return Chain("core", steps, repeat, remind)


def find(step: Step) -> tuple[Target, ...] | Passing:
    if step.tell == ("closed",):
        return Passing.OUT_OF_HOURS
    return tuple(PEOPLE[each] for each in step.tell if each in PEOPLE) or Passing.FINDS_NOBODY


def run(state: Escalation, moments: int) -> list[tuple[float, Outcome, tuple[str, ...]]]:
    """What the next due moments come to, from 0 on: when, what, whom."""
    out, now = [], 0.0
    for _ in range(moments):
        moved = advance(state, now, find)
        out.append((now, moved.outcome, tuple(each.person for each in moved.targets)))
        state = moved.escalation
        if state.due is None:
            break
        now = state.due
    return out


def test_steps_come_one_after_another_then_rounds_then_reminders() -> None:
    assert run(begin(chain("an", "binh chi", repeat=1, remind=600.0)), 7) == [
        (0, Outcome.STEP, ("an",)),
        (60, Outcome.STEP, ("binh", "chi")),
        (180, Outcome.STEP, ("an",)),
        (240, Outcome.STEP, ("binh", "chi")),
        (360, Outcome.SPENT, ()),
        (960, Outcome.REMINDER, ()),
        (1560, Outcome.REMINDER, ()),
    ]


def test_without_reminders_it_ends_after_its_last_wait() -> None:
    assert run(begin(chain("an")), 5) == [(0, Outcome.STEP, ("an",)), (60, Outcome.SPENT, ())]


def test_a_step_that_finds_nobody_or_is_out_of_hours_is_passed_over_at_once_and_noted() -> None:
    moved = advance(begin(chain("nobody", "closed", "chi")), 5.0, find)
    assert moved.targets == (CHI,)
    assert moved.passed == (Passed(0, 1, Passing.FINDS_NOBODY), Passed(1, 1, Passing.OUT_OF_HOURS))
    assert moved.escalation.place == "chain core step 3 round 1"
    assert moved.escalation.due == 5.0 + 180.0


def test_nobody_is_told_twice_in_a_round_but_again_in_the_next() -> None:
    assert run(begin(chain("an", "an binh", "an", repeat=1)), 4) == [
        (0, Outcome.STEP, ("an",)),
        (60, Outcome.STEP, ("binh",)),
        (180, Outcome.STEP, ("an",)),
        (240, Outcome.STEP, ("binh",)),
    ]


def test_whom_the_routes_told_at_the_same_time_counts_as_told_in_the_round() -> None:
    first = advance(begin(chain("an", "binh", "chi")), 0.0, find).escalation
    moved = advance(escalation.joined(first, frozenset({"person:binh"})), 60.0, find)
    assert moved.targets == (CHI,)
    assert moved.passed == (Passed(1, 1, Passing.TOLD_THIS_ROUND),)


def test_a_round_that_finds_nobody_at_all_is_tried_again_and_said_once() -> None:
    first = advance(begin(chain("closed", "nobody", repeat=1)), 0.0, find)
    assert (first.outcome, first.escalation.due, len(first.passed)) == (Outcome.NOBODY, LOOK_AGAIN, 2)
    again = advance(first.escalation, LOOK_AGAIN, find)
    assert (again.outcome, again.escalation.due, again.passed) == (Outcome.NOBODY, 2 * LOOK_AGAIN, ())
    found = advance(again.escalation, 2 * LOOK_AGAIN, lambda step: (AN,))
    assert (found.outcome, found.targets, found.escalation.round) == (Outcome.STEP, (AN,), 1)


def test_reopened_it_goes_on_at_the_step_where_it_stood_and_tells_that_again() -> None:
    second = advance(advance(begin(chain("an", "binh", "chi")), 0.0, find).escalation, 60.0, find).escalation
    stopped = escalation.stopped(second)
    assert stopped.due is None
    moved = advance(escalation.resumed(stopped), 500.0, find)
    assert moved.targets == (BINH,)
    assert advance(moved.escalation, 620.0, find).targets == (CHI,)


def test_after_an_acknowledgement_that_ran_out_it_begins_anew() -> None:
    second = advance(advance(begin(chain("an", "binh")), 0.0, find).escalation, 60.0, find).escalation
    moved = advance(escalation.again(second), 9000.0, find)
    assert (moved.targets, moved.escalation.round) == ((AN,), 1)


@pytest.mark.parametrize("by", [-3600.0, 0.5])
def test_its_time_can_be_moved(by: float) -> None:
    state = advance(begin(chain("an", "binh")), 100.0, find).escalation
    assert state.moved(by).due == 160.0 + by
    assert escalation.stopped(state).moved(by).due is None


class Climbing(RuleBasedStateMachine):
    """Moments, stops, resumptions and new beginnings in any order."""

    @initialize(
        told=st.lists(
            st.sampled_from(["an", "binh chi", "an chi", "nobody", "closed"]), min_size=1, max_size=4
        ),
        repeat=st.integers(0, 3),
        remind=st.sampled_from([0.0, 600.0]),
    )
    def start(self, told: list[str], repeat: int, remind: float) -> None:
        self.now = 0.0
        self.told: list[str] = []
        self.rounds = 1
        self.stopped = False
        self.move(begin(chain(*told, repeat=repeat, remind=remind)))

    def move(self, state: Escalation) -> None:
        was = state
        moved = advance(state, self.now, find)
        self.state = moved.escalation
        if moved.escalation.round != was.round or not was.told:
            self.told = []
        for each in moved.targets:
            assert each.party not in self.told, "told twice in a round"
            self.told.append(each.party)
        assert (moved.outcome is Outcome.STEP) == bool(moved.targets)
        assert all(0 <= each.step < len(self.state.steps) for each in moved.passed)

    @precondition(lambda self: not self.stopped and self.state.due is not None)
    @rule()
    def comes_due(self) -> None:
        assert self.state.due is not None
        assert self.state.due > self.now, "time stands still"
        self.now = self.state.due
        self.move(self.state)

    @rule()
    def stop(self) -> None:
        self.state = escalation.stopped(self.state)
        self.stopped = True

    @precondition(lambda self: self.stopped)
    @rule(anew=st.booleans(), later=st.floats(0, 7200))
    def go_on(self, anew: bool, later: float) -> None:
        self.now += later
        self.stopped = False
        self.move(escalation.again(self.state) if anew else escalation.resumed(self.state))

    @rule(by=st.floats(-1e6, 1e6))
    def restart(self, by: float) -> None:
        import orjson

        kept = orjson.loads(orjson.dumps(self.state.moved(by), default=sorted))
        back = escalation.decode(kept).moved(-by)
        due = None if self.state.due is None else pytest.approx(self.state.due, abs=1e-6)
        assert back.due == due
        self.state = escalation.decode(kept | {"due": self.state.due})

    @invariant()
    def never_beyond_its_rounds(self) -> None:
        assert 1 <= self.state.round <= self.state.repeat + 1
        assert self.state.stood is None or 0 <= self.state.stood < len(self.state.steps)
        spent = self.state.over and not self.state.remind
        assert self.stopped or spent or self.state.due is not None, "lost: nothing comes next"


TestClimbing = Climbing.TestCase
TestClimbing.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
