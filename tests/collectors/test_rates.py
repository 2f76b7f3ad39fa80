"""Counters that start again: rates are right or absent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collectors.rates import SHORTEST, Counts, rates


def test_a_rate_is_the_difference_over_the_time() -> None:
    found, kept = rates(
        Counts(100.0, {"a": 10.0, "b": 0.0}), Counts(110.0, {"a": 30.0, "b": 0.0, "new": 5.0})
    )
    assert found == {"a": 2.0, "b": 0.0}
    assert kept == Counts(110.0, {"a": 30.0, "b": 0.0, "new": 5.0})


def test_first_counts_have_no_rate() -> None:
    assert rates(None, Counts(1.0, {"a": 1.0})) == ({}, Counts(1.0, {"a": 1.0}))


def test_counts_that_follow_too_soon_are_passed_over() -> None:
    was = Counts(100.0, {"a": 10.0})
    assert rates(was, Counts(100.0 + SHORTEST / 2, {"a": 11.0})) == ({}, was)


def test_time_that_goes_back_begins_anew() -> None:
    assert rates(Counts(100.0, {"a": 10.0}), Counts(99.0, {"a": 11.0})) == ({}, Counts(99.0, {"a": 11.0}))


PACES = st.lists(st.floats(0, 1e6), min_size=2, max_size=20)


@given(PACES, st.sets(st.integers(1, 19)), st.floats(SHORTEST, 3600))
def test_a_rate_is_the_true_one_or_absent(paces: list[float], restarts: set[int], every: float) -> None:
    """A counter that goes on at these paces, and starts again before some of the readings."""
    was, total = None, 0.0
    for number, pace in enumerate(paces):
        total = pace * every if number in restarts else total + pace * every
        before = was
        found, was = rates(was, Counts(number * every, {"a": total}))
        if "a" in found:
            assert found["a"] >= 0
            if number not in restarts and before is not None:
                assert abs(found["a"] - pace) <= 1e-6 * max(total, 1.0)
        elif number:
            assert number in restarts


@given(st.floats(allow_nan=True), st.floats(allow_nan=True), st.floats(), st.floats())
def test_any_numbers_give_none_or_no_negative_rate(
    was: float, now: float, before: float, after: float
) -> None:
    found, _ = rates(Counts(before, {"a": was}), Counts(after, {"a": now}))
    assert all(each >= 0 or each != each for each in found.values())
