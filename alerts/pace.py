"""How often a receiver may be told: at most so many attempts in any minute. Pure."""

from __future__ import annotations

from collections import deque

MINUTE = 60.0


class Pace:
    """Lets `per_minute` attempts through in any 60 s, whenever they begin; None lets every one through.

    It keeps the moments themselves: a bucket of tokens that fills up lets twice as many through in one minute.
    """

    __slots__ = ("_taken", "per_minute")

    def __init__(self, per_minute: int | None = None) -> None:
        self.per_minute = per_minute
        self._taken: deque[float] = deque(maxlen=per_minute)

    def wait(self, now: float) -> float:
        """Seconds until one more may go; 0 when it may go now."""
        if self.per_minute is None or len(self._taken) < self.per_minute:
            return 0.0
        return max(0.0, self._taken[0] + MINUTE - now)

    def take(self, now: float) -> None:
        """One goes now."""
        if self.per_minute is not None:
            self._taken.append(now)
