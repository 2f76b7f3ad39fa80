"""Rolling sums of one field of one subject over the last seconds, in buckets of bounded number.

A bucket is as wide as a probe's interval or a thirtieth of the span, whichever is more, so that a subject probed
faster for a while weighs no more: an average is the mean of its buckets' means. A window that has seen less than
half of its buckets is not covered and says nothing.
"""

from __future__ import annotations

from array import array
from collections import deque

BUCKETS = 30
EVERY = frozenset({"avg", "count", "rate", "min", "max"})
EXTREMES = frozenset({"min", "max"})


class Rolling:
    """The aggregates of one window, each in O(1) a sample; `keeps` names those asked for. Times are steady seconds."""

    __slots__ = (
        "_counts", "_drops", "_first", "_grows", "_growth", "_highs", "_last", "_lows", "_mean_sum", "_newest",
        "_number", "_size", "_sums", "_total", "_used", "_width", "keeps", "span",
    )  # fmt: skip

    def __init__(self, span: float, every: float, keeps: frozenset[str] = EVERY) -> None:
        self.span = span
        self._width = min(max(span / BUCKETS, every), span)
        self._size = max(1, round(span / self._width))
        self._sums = array("d", bytes(8 * self._size))
        self._counts = array("L", bytes(array("L").itemsize * self._size))
        self._growth = array("d", bytes(8 * self._size))
        self._number = -1
        """the number of the newest bucket, counted from time zero"""
        self._mean_sum = 0.0
        self._used = self._total = self._drops = 0
        self._last: float | None = None
        self._first = self._newest = 0.0
        self._lows: deque[tuple[int, float]] | None = deque() if keeps & EXTREMES else None
        self._highs: deque[tuple[int, float]] | None = deque() if keeps & EXTREMES else None
        self._grows = "rate" in keeps
        self.keeps = keeps

    @property
    def shape(self) -> tuple[float, float, frozenset[str]]:
        """What makes two windows interchangeable."""
        return self.span, self._width, self.keeps

    def add(self, value: float, at: float) -> None:
        """Take a sample; one older than the newest bucket counts as of now."""
        if at // self._width != self._number:
            self.advance(at)
        slot = self._number % self._size
        count = self._counts[slot]
        total = self._sums[slot]
        if count:
            self._mean_sum += (total + value) / (count + 1) - total / count
        else:
            self._used += 1
            self._mean_sum += value
        self._sums[slot] = total + value
        self._counts[slot] = count + 1
        self._total += 1
        if self._grows:
            self._grow(slot, value, at)
        if self._lows is not None and self._highs is not None:
            _push(self._lows, self._number, value, smaller=True)
            _push(self._highs, self._number, value, smaller=False)

    def advance(self, now: float) -> None:
        """Forget what is older than the span."""
        number = int(now // self._width)
        passed = number - self._number
        if passed <= 0:
            return
        if passed >= self._size:
            self._clear()
        else:
            for each in range(self._number + 1, number + 1):
                self._drop(each % self._size)
        self._number = number
        oldest = number - self._size + 1
        for queue in (self._lows, self._highs):
            while queue and queue[0][0] < oldest:
                queue.popleft()

    def value(self, aggregate: str) -> float | None:
        """`avg`, `max`, `min`, `count`, or `rate` (growth of a counter a second); None when not covered."""
        if 2 * self._used < self._size:
            return None
        if aggregate == "avg":
            return self._mean_sum / self._used
        if aggregate == "count":
            return float(self._total)
        if aggregate == "rate":
            return self._rate()
        queue = self._highs if aggregate == "max" else self._lows
        return queue[0][1] if queue else None

    def expiry(self) -> float | None:
        """The steady time at which its oldest bucket leaves, None when it is empty."""
        for number in range(self._number - self._size + 1, self._number + 1):
            if self._counts[number % self._size]:
                return (number + self._size) * self._width
        return None

    def _grow(self, slot: int, value: float, at: float) -> None:
        if self._last is not None:
            self._growth[slot] += value - self._last if value >= self._last else value
        else:
            self._first = at
        self._last = value
        self._newest = at

    def _rate(self) -> float:
        start = max(self._first, (self._number - self._size + 1) * self._width)
        seconds = self._newest - start
        return sum(self._growth) / seconds if seconds > 0 else 0.0

    def _drop(self, slot: int) -> None:
        count = self._counts[slot]
        if count:
            self._mean_sum -= self._sums[slot] / count
            self._used -= 1
            self._total -= count
            if not self._used:
                self._mean_sum = 0.0
        self._drops += 1
        if self._drops % 1024 == 0:
            self._mean_sum = self._exact_sum(slot)
        self._sums[slot] = self._growth[slot] = 0.0
        self._counts[slot] = 0

    def _exact_sum(self, without: int) -> float:
        """The sum afresh: what adding and subtracting a million times has rounded away comes back."""
        return sum(
            self._sums[slot] / count for slot, count in enumerate(self._counts) if count and slot != without
        )

    def _clear(self) -> None:
        for slot in range(self._size):
            self._sums[slot] = self._growth[slot] = 0.0
            self._counts[slot] = 0
        self._mean_sum = 0.0
        self._used = self._total = 0
        self._last = None


def _push(queue: deque[tuple[int, float]], number: int, value: float, smaller: bool) -> None:
    while queue and (queue[-1][1] >= value if smaller else queue[-1][1] <= value):
        queue.pop()
    queue.append((number, value))
