"""The shell around a heap of timers: wakes the event loop when the earliest one is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ioc.clock import Clock
from ioc.timers import Heap

K = TypeVar("K", bound=Hashable)

GRAIN = 0.001
"""seconds that an event loop tells apart (uvloop rounds to them): a timer that came a little early would have to be
set again, for nothing, time after time until its moment has come"""


class Alarm(Generic[K]):
    """Calls `ring(key, now)` for each key when its steady moment has come."""

    def __init__(self, clock: Clock, ring: Callable[[K, float], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._heap: Heap[K] = Heap()
        self._handle: asyncio.TimerHandle | None = None
        self._armed: float | None = None

    def set(self, key: K, at: float) -> None:
        """Have a key ring at a steady moment, and only then."""
        self._heap.set(key, at)
        self._arm()

    def cancel(self, key: K) -> None:
        """Have a key not ring."""
        self._heap.cancel(key)

    def stop(self) -> None:
        """Ring no more."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._armed = None

    def _arm(self) -> None:
        first = self._heap.next()
        if first is None or (self._armed is not None and self._armed <= first):
            return
        if self._handle is not None:
            self._handle.cancel()
        self._armed = first
        wait = max(0.0, first - self._clock.now()) + GRAIN
        self._handle = asyncio.get_running_loop().call_later(wait, self._fire)

    def _fire(self) -> None:
        self._handle = self._armed = None
        now = self._clock.now()
        for key in self._heap.due(now):
            try:
                self._ring(key, now)
            except Exception as error:  # noqa: BLE001  # one bad key must not cost the others their moment
                asyncio.get_running_loop().call_exception_handler(
                    {"message": f"timer {key!r} raised", "exception": error}
                )
        self._arm()
