"""Counters become rates: right or absent.

These are counters that only grow until their owner starts again, as those of Prometheus: over a restart there is
no rate, since what was counted before it is unknown. Counters that wrap at a known width are `collectors.snmp.rates`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

SHORTEST = 1.0
"""seconds below which a difference says more of the moment than of the pace"""


class Counts(NamedTuple):
    """What the counters of one endpoint said at a steady time, in seconds."""

    at: float
    values: Mapping[str, float]


def rates(was: Counts | None, now: Counts) -> tuple[dict[str, float], Counts]:
    """How much a second each counter grew, where that is known, and the counts to compare the next ones with."""
    if was is None or now.at < was.at:
        return {}, now
    took = now.at - was.at
    if took < SHORTEST:
        return {}, was
    both = ((name, was.values.get(name), value) for name, value in now.values.items())
    return {
        name: (value - old) / took for name, old, value in both if old is not None and 0 <= old <= value
    }, now
