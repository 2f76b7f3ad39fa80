"""How far apart the probes of a failing service are. Reachability is never asked less often."""

from __future__ import annotations

PATIENCE = 5
"""misses in a row that open the breaker"""
WIDEST = 2.5
"""intervals at most: less than the three after which what was last found is stale"""


def stretch(misses: int) -> float:
    """By how much the interval grows after so many misses in a row: from 1, doubling, up to `WIDEST`."""
    if misses < PATIENCE:
        return 1.0
    return float(min(2.0 ** min(misses - PATIENCE + 1, 8), WIDEST))
