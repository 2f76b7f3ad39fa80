"""When what is next due: a heap for single moments, a wheel for many. Pure; time is an argument."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Wheel(Generic[T]):
    """Things that come due, kept by slots of `width` seconds: cheap for thousands a second.

    A thing never comes early, and at most one slot late. Nothing is taken back: the caller can tell what came
    due in vain.
    """

    __slots__ = ("_slots", "_turned", "_width")

    def __init__(self, width: float) -> None:
        self._width = width
        self._slots: dict[int, list[T]] = {}
        self._turned: int | None = None

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))

    def add(self, thing: T, at: float) -> None:
        """Have a thing come due at a moment; one that has passed is due at the next turn."""
        slot = -int(-at // self._width)
        if self._turned is not None and slot <= self._turned:
            slot = self._turned + 1
        things = self._slots.get(slot)
        if things is None:
            self._slots[slot] = [thing]
        else:
            things.append(thing)

    def due(self, now: float) -> list[T]:
        """Take out everything whose moment has come, earliest slot first."""
        turned, slots = self._turned, self._slots
        reached = int(now // self._width)
        if turned is not None and reached <= turned:
            return []
        self._turned = reached
        if turned is None or reached - turned > len(slots):
            passed = sorted(slot for slot in slots if slot <= reached)
        else:
            passed = [slot for slot in range(turned + 1, reached + 1) if slot in slots]
        if len(passed) == 1:
            return slots.pop(passed[0])
        return [thing for slot in passed for thing in slots.pop(slot)]


class Heap(Generic[K]):
    """One moment a key; setting it again replaces it, at the price of a dead entry in the heap."""

    __slots__ = ("_at", "_heap", "_serial")

    def __init__(self) -> None:
        self._at: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._serial = 0

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: K, at: float) -> None:
        """Have a key come due at a moment, and only then."""
        if self._at.get(key) == at:
            return
        self._at[key] = at
        self._serial += 1
        heapq.heappush(self._heap, (at, self._serial, key))
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._at):
            self._rebuild()

    def cancel(self, key: K) -> None:
        """Have a key not come due."""
        self._at.pop(key, None)

    def next(self) -> float | None:
        """The earliest moment, None when nothing waits."""
        heap = self._heap
        while heap and self._at.get(heap[0][2]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now: float) -> list[K]:
        """Take out every key whose moment has come, earliest first."""
        out: list[K] = []
        while (first := self.next()) is not None and first <= now:
            key = heapq.heappop(self._heap)[2]
            del self._at[key]
            out.append(key)
        return out

    def _rebuild(self) -> None:
        live = [(at, serial, key) for at, serial, key in self._heap if self._at.get(key) == at]
        heapq.heapify(live)
        self._heap = live
