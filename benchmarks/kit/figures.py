"""Percentiles of what was measured; what never came is infinite, and null in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, inf, isinf

Figures = dict[str, float | None]


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile of one or more values, `share` from 0 to 1."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def spread(values: Iterable[float], unit: str, scale: float = 1.0, digits: int = 3) -> Figures:
    """p50, p95, p99, p99.9 and max as `p50_UNIT` and so on, each times `scale`; all null when nothing was measured."""
    all_ = [each * scale for each in values]
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0}
    return {
        f"{name}_{unit}": finite(percentile(all_, share) if all_ else inf, digits)
        for name, share in shares.items()
    }


def finite(value: float, digits: int = 3) -> float | None:
    """A figure for JSON: rounded, null when infinite."""
    return None if isinf(value) else round(value, digits)
