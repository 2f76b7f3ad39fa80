"""How far a failing service's probes are spaced out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collectors.breaker import PATIENCE, WIDEST, stretch
from ioc.inventory import Probe


def test_table() -> None:
    assert [stretch(misses) for misses in (0, PATIENCE - 1, PATIENCE, PATIENCE + 1, 10**6)] == [
        1,
        1,
        2,
        WIDEST,
        WIDEST,
    ]


@given(st.integers(0, 10**9), st.floats(0.1, 86_400))
def test_what_was_last_found_never_goes_stale_by_it(misses: int, every: float) -> None:
    assert every * stretch(misses) < Probe("s", every, 1, None).stale_after
