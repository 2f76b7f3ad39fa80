"""Neighbours that a test moves by hand."""

from __future__ import annotations

from ioc.clock import Clock


class HandClock(Clock):
    """A clock that stands still until it is moved; `ahead` is what civil time is ahead of steady time."""

    def __init__(self, at: float = 1_700_000_000.0, ahead: float = 0.0) -> None:
        super().__init__()
        self.at = at
        self.ahead = ahead

    def now(self) -> float:
        return self.at

    def skew(self) -> float:
        return self.ahead

    def civil(self, at: float) -> float:
        return at + self.ahead
