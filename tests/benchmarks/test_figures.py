"""Percentiles, and how a result says whether its targets are met."""

from __future__ import annotations

from math import inf

import pytest

from benchmarks.kit.figures import finite, percentile, spread
from benchmarks.kit.result import RESULT_KEYS, Result, described


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (0.999, 100), (1.0, 100)]
)
def test_a_percentile_is_one_of_the_values(share: float, wanted: float) -> None:
    assert percentile(range(100, 0, -1), share) == wanted


def test_what_never_came_is_null_from_its_percentile_on() -> None:
    found = spread([1.0, 2.0, inf], "ms", 1000)
    assert found["p50_ms"] == 2000
    assert found["p95_ms"] is None
    assert found["max_ms"] is None


def test_nothing_measured_is_null_throughout() -> None:
    assert set(spread([], "s").values()) == {None}


def test_a_figure_is_rounded() -> None:
    assert finite(1.23456, 2) == 1.23


def test_a_target_is_met_up_to_its_limit_and_missed_by_what_never_came() -> None:
    ours = {"p50_s": 8.0, "p95_s": None, "missed": 1, "false_pages": 0}
    targets = {"p50_s": 8.0, "p95_s": 12.5, "missed": 0, "false_pages": 0}
    found = Result("", ours, targets, [], {}).met()
    assert found == {"p50_s": True, "p95_s": False, "missed": False, "false_pages": True}


def test_a_result_says_where_when_and_how() -> None:
    found = described("push", Result("what", {"a": 1}, {"a": 2}, ["u"], {"p": {}}), 0.5, quick=True)
    assert found.keys() == RESULT_KEYS
    assert found["met"] == {"a": True}
    assert found["machine"]["load_before"] == 0.5
    assert found["command"].startswith("python -m benchmarks.push")
