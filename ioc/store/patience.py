"""How long to wait before a store is tried again. Pure."""

from __future__ import annotations

from ioc.errors import StoreError

FIRST_WAIT, MOST_WAIT = 0.5, 15.0
SETTINGS_WAIT = 30.0
"""seconds between attempts while the settings are wrong: only a person can mend that"""


def wait(error: StoreError, attempt: int, chance: float) -> float:
    """Seconds after so many attempts that failed before: what the store asked for, or longer each time.

    `chance` (0 to 1) spreads those who wait alike; never less than half.
    """
    if error.retry_after is not None:
        return error.retry_after
    if error.permanent:
        return SETTINGS_WAIT
    return min(MOST_WAIT, FIRST_WAIT * 2.0 ** min(attempt, 10)) * (0.5 + 0.5 * chance)
