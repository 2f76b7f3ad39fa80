"""Timers of what stands beside the engine, moved on together with the world's own."""

from __future__ import annotations

from alerts.reception import Ring
from ioc.clock import Clock
from ioc.timers import Heap
from tests.alerts.world import World


class HandRinger:
    """Moves a world on, and rings further timers when it passes their moments."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._heap: Heap[str] = Heap()
        self._ring: Ring = lambda key, now: None

    def made(self, clock: Clock, ring: Ring) -> HandRinger:
        """What a shell takes for its timers."""
        self._ring = ring
        return self

    def set(self, key: str, at: float) -> None:
        self._heap.set(key, at)

    def cancel(self, key: str) -> None:
        self._heap.cancel(key)

    def stop(self) -> None:
        self._heap = Heap()

    async def go(self, seconds: float) -> None:
        world = self._world
        end = world.clock.at + seconds
        while (first := self._heap.next()) is not None and first <= end:
            await world.go(max(0.0, first - world.clock.at))
            for key in self._heap.due(world.clock.at):
                self._ring(key, world.clock.at)
        await world.go(end - world.clock.at)
        await world.settle()
