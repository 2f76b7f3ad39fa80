"""When each open case next stands otherwise: a heap for the hour that runs, a set of keys for every later hour.

A case hangs in one place. To hang it anew its old moment must be told, which its owner knows, so that a far moment
that moves leaves nothing behind. Pure; time is an argument.
"""

from __future__ import annotations

from collections.abc import Callable

from ioc.timers import Heap

HOUR = 3_600.0

At = Callable[[str], float | None]
"""the moment that a key hangs at now"""


class Moments:
    """Which case comes due when, in civil seconds; `at` tells the moment of a key when its hour has come."""

    def __init__(self, at: At, now: float) -> None:
        self._at = at
        self._hour = int(now // HOUR)
        self._near: Heap[str] = Heap()
        self._far: dict[int, set[str]] = {}

    def __len__(self) -> int:
        return len(self._near) + sum(map(len, self._far.values()))

    def hang(self, key: str, was: float | None, moment: float | None) -> None:
        """Have a case come due at a moment, None for never, and no longer at the one it hung at."""
        if was == moment:
            return
        if was is not None:
            self._unhang(key, was)
        if moment is None:
            return
        hour = int(moment // HOUR)
        if hour <= self._hour:
            self._near.set(key, moment)
        elif (far := self._far.get(hour)) is not None:
            far.add(key)
        else:
            self._far[hour] = {key}

    def next(self) -> float | None:
        """The earliest moment, or the beginning of the earliest hour that has any; None when nothing hangs."""
        near = self._near.next()
        if near is not None or not self._far:
            return near
        return min(self._far) * HOUR

    def due(self, now: float) -> list[str]:
        """Take out every case whose moment has come; those of later hours come nearer as theirs begins."""
        reached = int(now // HOUR)
        if reached > self._hour:
            self._hour = reached
            for hour in sorted(hour for hour in self._far if hour <= reached):
                self._near_by(self._far.pop(hour))
        return self._near.due(now)

    def _near_by(self, keys: set[str]) -> None:
        for key in keys:
            moment = self._at(key)
            if moment is not None:
                self._near.set(key, moment)

    def _unhang(self, key: str, was: float) -> None:
        self._near.cancel(key)
        hour = int(was // HOUR)
        far = self._far.get(hour)
        if far is not None:
            far.discard(key)
            if not far:
                del self._far[hour]
