"""The wheel: never early, at most a slot late, nothing lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ioc.timers import Wheel

moments = st.floats(0, 100)


@given(st.lists(st.tuples(st.booleans(), moments), max_size=60))
def test_against_a_list(steps: list[tuple[bool, float]]) -> None:
    wheel: Wheel[int] = Wheel(0.25)
    waiting: dict[int, float] = {}
    now = 0.0
    for serial, (turn, value) in enumerate(steps):
        if not turn:
            wheel.add(serial, value)
            waiting[serial] = max(value, now)
            continue
        now += value / 10
        came = wheel.due(now)
        assert all(waiting.pop(each) <= now for each in came)
        assert all(at > now - 0.5 for at in waiting.values())
        assert len(wheel) == len(waiting)
    assert sorted(wheel.due(1e6)) == sorted(waiting)


def test_earlier_slots_come_first_and_the_past_at_the_next_turn() -> None:
    wheel: Wheel[str] = Wheel(1.0)
    wheel.add("c", 3.0)
    wheel.add("a", 1.0)
    wheel.add("b", 1.5)
    assert wheel.due(0.9) == []
    assert wheel.due(3.0) == ["a", "b", "c"]
    wheel.add("late", 0.0)
    assert wheel.due(3.9) == []
    assert wheel.due(4.0) == ["late"]
