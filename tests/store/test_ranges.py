"""Ranges against a plain set of numbers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ioc.store.ranges import Ranges

PAIRS = st.tuples(st.integers(0, 30), st.integers(0, 30))
STEPS = st.lists(st.tuples(st.booleans(), PAIRS), max_size=20)


@given(STEPS, PAIRS)
def test_ranges_hold_what_a_set_would(
    steps: list[tuple[bool, tuple[int, int]]], asked: tuple[int, int]
) -> None:
    ranges, numbers = Ranges(), set[int]()
    for adds, (first, stop) in steps:
        if adds:
            ranges.add(first, stop)
            numbers |= set(range(first, stop))
        else:
            ranges.remove(first, stop)
            numbers -= set(range(first, stop))
    assert {number for first, stop in ranges for number in range(first, stop)} == numbers
    assert (ranges.count, ranges.first) == (len(numbers), min(numbers, default=None))
    within = ranges.within(*asked)
    assert {number for first, stop in within for number in range(first, stop)} == numbers & set(range(*asked))
    assert all(first < stop for first, stop in [*within, *ranges])
    pairs = list(ranges)
    assert len(ranges) == len(pairs)
    assert all(a[1] < b[0] for a, b in pairwise(pairs)), "neighbours are one range"
