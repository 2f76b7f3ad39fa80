"""Cutting time: never more points than asked for, always at whole steps, and gaps by the series' own pace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.store.base import Bucket
from ioc.store.buckets import DAY, HOUR, LADDER, MINUTE, Fold, Tier, cut, gaps

NOW = 1_700_000_000.0
TIERS = (Tier(0, 7 * DAY), Tier(MINUTE, 90 * DAY), Tier(HOUR, 3650 * DAY))
SPANS = st.floats(0.001, 20_000 * DAY)


@given(st.floats(0, 4e9), SPANS, st.integers(2, 2000), st.floats(0, 4e9))
def test_a_cut_has_no_more_steps_than_asked_for_and_holds_the_question(
    start: float, span: float, points: int, now: float
) -> None:
    found = cut(start, start + span, points, TIERS, now)
    assert found.step in LADDER
    assert found.start % found.step == found.stop % found.step == 0
    assert found.start <= start
    assert start + span <= found.stop
    assert 1 <= (found.stop - found.start) / found.step <= points
    assert found.tier.resolution <= found.step
    assert found.tier.resolution == 0 or found.step % found.tier.resolution == 0


@given(st.floats(0, 4e9), SPANS, st.integers(2, 2000))
def test_no_finer_step_would_do(start: float, span: float, points: int) -> None:
    found = cut(start, start + span, points, [Tier(0, 1e12)], NOW)
    for finer in LADDER[: LADDER.index(found.step)]:
        assert -(-(start + span) // finer) - start // finer > points


@pytest.mark.parametrize(
    ("age", "points", "step", "resolution"),
    [
        (MINUTE, 600, 1, 0),
        (HOUR, 600, 10, 0),
        (6 * DAY, 2000, 300, MINUTE),
        (7 * DAY, 600, 1800, MINUTE),
        (30 * DAY, 600, 7200, HOUR),
        (365 * DAY, 600, DAY, HOUR),
        (3650 * DAY, 2000, 2 * DAY, HOUR),
    ],
)
def test_the_coarsest_tier_that_fits_the_step_answers(
    age: float, points: int, step: int, resolution: int
) -> None:
    found = cut(NOW - age, NOW, points, TIERS, NOW)
    assert (found.step, found.tier.resolution) == (step, resolution)


@pytest.mark.parametrize(("age", "resolution"), [(7 * DAY, 0), (7 * DAY + 1, MINUTE), (91 * DAY, HOUR)])
def test_what_is_older_than_a_tier_is_kept_is_answered_by_the_next(age: float, resolution: int) -> None:
    found = cut(NOW - age, NOW - age + 10, 600, TIERS, NOW)
    assert found.tier.resolution == resolution
    assert found.step == max(1, resolution)


@pytest.mark.parametrize(
    ("start", "stop", "points"), [(1.0, 1.0, 9), (2.0, 1.0, 9), (-1.0, 1.0, 9), (1, 2, 1)]
)
def test_what_cannot_be_cut_is_refused(start: float, stop: float, points: int) -> None:
    with pytest.raises(ValueError, match="nothing to cut"):
        cut(start, stop, points, TIERS, NOW)


def test_a_fold_tells_count_mean_least_most_and_last_whatever_the_order() -> None:
    fold = Fold(10)
    for at, value in [(19, 4.0), (11, 1.0), (15, 7.0), (40, 2.0)]:
        fold.add(at, value)
    fold.merge(20, 3, 6.0, 1.0, 3.0, 3.0)
    fold.merge(25, 1, 0.5, 0.5, 0.5, 0.5)
    assert fold.buckets() == [
        Bucket(10.0, 3, 4.0, 1.0, 7.0, 4.0),
        Bucket(20.0, 4, 6.5 / 4, 0.5, 3.0, 0.5),
        Bucket(40.0, 1, 2.0, 2.0, 2.0, 2.0),
    ]


def filled(*ats: float, count: int = 1) -> list[Bucket]:
    return [Bucket(at, count, 1.0, 1.0, 1.0, 1.0) for at in ats]


def test_a_step_finer_than_the_series_makes_no_gap() -> None:
    every_ten = filled(*range(0, 100, 10))
    assert gaps(every_ten, 0.0, 100.0, 1.0) == []


def test_three_missing_values_are_a_gap_and_two_are_not() -> None:
    two = filled(0, 10, 20, 30, 60, 70, 80)
    three = filled(0, 10, 20, 30, 70, 80, 90)
    assert gaps(two, 0.0, 90.0, 10.0) == []
    assert gaps(three, 0.0, 100.0, 10.0) == [(40.0, 70.0)]


def test_an_empty_bucket_of_many_values_is_a_gap() -> None:
    assert gaps(filled(0, 60, 180, count=6), 0.0, 240.0, 60.0) == [(120.0, 180.0)]


def test_edges_are_gaps_only_when_silence_was_long_enough() -> None:
    buckets = filled(120, 180, 240, count=6)
    assert gaps(buckets, 0.0, 330.0, 60.0) == [(0.0, 120.0)]
    assert gaps(buckets, 100.0, 331.0, 60.0) == [(300.0, 331.0)]


def test_nothing_at_all_is_one_gap_and_the_future_none() -> None:
    assert gaps([], 5.0, 9.0, 1.0) == [(5.0, 9.0)]
    assert gaps([], 9.0, 5.0, 1.0) == []
