"""Civil time as we live through it: told when somebody sets the clock, and when a date begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import structlog

from ioc.clock import Clock
from ioc.picture import Picture

log = structlog.get_logger("ioc")

SKEW_SHOWN = 1.0
"""seconds that the clocks may differ before screens are told"""


class CivilTime:
    """Looks when it is asked to; `set` follows a clock that was set, `begun` a date that began.

    The picture has `self/clock` while steady and civil time differ by more than a second.
    """

    def __init__(
        self, clock: Clock, picture: Picture, today: Callable[[], date], set: Callable[[], None],
        begun: Callable[[], None],
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._today = today
        self._set = set
        self._begun = begun
        self.day = today()

    def look(self) -> None:
        """Tell what has changed since the last look."""
        self._look_at_clock()
        day = self._today()
        if day != self.day:
            self.day = day
            self._begun()

    def _look_at_clock(self) -> None:
        skew = self._clock.skew()
        shown = self._picture.get("self/clock")
        if abs(skew) < SKEW_SHOWN:
            if shown is not None:
                self._picture.remove("self/clock")
                self._set()
        elif shown is None or abs(shown["skew"] - skew) >= SKEW_SHOWN:
            detail = f"the system clock is {skew:+.0f} s off the time it had when this service started"
            self._picture.put("self/clock", {"state": "jumped", "skew": round(skew, 1), "detail": detail})
            self._set()
            log.warning("the system clock jumped", skew=skew)
