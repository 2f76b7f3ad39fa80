"""The only reader of time.

Decisions run on *steady* time: the epoch seconds at start plus what the monotonic clock has counted since, so
that a system clock that jumps an hour moves no deadline. People and calendars are told *civil* time, which
follows the system clock; `skew` is the difference between the two.
"""

from __future__ import annotations

import time


class Clock:
    """Steady and civil time, both in seconds since the Unix epoch."""

    __slots__ = ("_base",)

    def __init__(self) -> None:
        self._base = time.time() - time.monotonic()

    def now(self) -> float:
        """Steady time: never jumps, never goes back."""
        return self._base + time.monotonic()

    def skew(self) -> float:
        """Seconds that civil time is ahead of steady time."""
        return time.time() - self.now()

    def civil(self, at: float) -> float:
        """The civil time of a steady moment."""
        return at + self.skew()

    def of_monotonic(self, at: float) -> float:
        """The steady time of a reading of the monotonic clock, such as an event loop's."""
        return self._base + at


def cpu_seconds() -> float:
    """Processor seconds this process has used."""
    return time.process_time()
