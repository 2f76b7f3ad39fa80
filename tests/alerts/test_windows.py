from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.windows import Rolling


def fed(values: list[tuple[float, float]], span: float = 300.0, every: float = 10.0) -> Rolling:
    window = Rolling(span, every)
    for at, value in values:
        window.add(value, at)
    return window


def steady(value: float, start: float = 0.0, seconds: float = 300.0) -> list[tuple[float, float]]:
    return [(start + at, value) for at in range(0, int(seconds), 10)]


def test_less_than_half_covered_says_nothing() -> None:
    assert fed(steady(5.0, seconds=140)).value("avg") is None
    assert fed(steady(5.0, seconds=150)).value("avg") == 5.0


def test_what_is_older_than_the_span_is_forgotten() -> None:
    window = fed(steady(100.0) + steady(0.0, start=300.0))
    assert window.value("avg") == 0.0
    assert window.value("max") == 0.0
    assert window.value("count") == 30.0


def test_a_window_without_samples_expires() -> None:
    window = fed(steady(7.0))
    assert window.expiry() == 300.0
    window.advance(440.0)
    assert window.value("avg") == 7.0
    window.advance(450.0)
    assert window.value("avg") is None
    window.advance(10_000.0)
    assert window.expiry() is None


def test_being_probed_faster_for_a_while_weighs_no_more() -> None:
    slow = [(float(at), 900.0 if at < 30 else 30.0) for at in range(0, 300, 10)]
    fast = [(float(at), 900.0 if at < 30 else 30.0) for at in range(0, 300, 2) if at < 30 or at % 10 == 0]
    assert fed(fast).value("avg") == pytest.approx(fed(slow).value("avg"))


def test_rate_is_a_counters_growth_a_second_over_a_reset() -> None:
    counter = [(float(at), float(at * 2)) for at in range(0, 300, 10)]
    assert fed(counter).value("rate") == pytest.approx(2.0)
    reset = [(float(at), float((at if at < 150 else at - 150) * 2)) for at in range(0, 300, 10)]
    assert fed(reset).value("rate") == pytest.approx(2.0, abs=0.1)


@given(
    st.lists(
        st.tuples(st.integers(0, 400).map(lambda n: n / 10), st.floats(-1e6, 1e6).map(lambda x: round(x, 3))),
        min_size=1,
        max_size=200,
    )
)
def test_the_rolling_values_are_those_of_the_buckets_kept(steps: list[tuple[float, float]]) -> None:
    window, at = Rolling(100.0, 5.0), 1_000.0
    buckets: dict[int, list[float]] = defaultdict(list)
    for pause, value in steps:
        at += pause
        window.add(value, at)
        buckets[int(at // 5)].append(value)
        kept = [each for number, each in buckets.items() if number > int(at // 5) - 20]
        if len(kept) < 10:
            assert window.value("avg") is None
            continue
        mean = sum(sum(each) / len(each) for each in kept) / len(kept)
        assert window.value("avg") == pytest.approx(mean, abs=1e-3)
        assert window.value("max") == max(max(each) for each in kept)
        assert window.value("min") == min(min(each) for each in kept)
        assert window.value("count") == sum(map(len, kept))
