"""Rolling sums of one field of one subject over the last seconds, in buckets of bounded number.

A bucket is as wide as a probe's interval or a thirtieth of the span, whichever is more, so that a subject probed
faster for a while weighs no more: an average is the mean of its buckets' means. A window that has seen less than
half of its buckets is not covered and says nothing.
"""

from __future__ import annotations

from array import array
from collections import deque
from math import isnan, nan

BUCKETS = 30
EVERY = frozenset({"avg", "count", "rate", "min", "max"})
EXTREMES = frozenset({"min", "max"})


class Rolling:
    """The aggregates of one window, each in O(1) a sample; `keeps` names those asked for. Times are steady seconds.

    The newest bucket is kept apart, since nearly all of the time it is the only one that changes; of the others
    the means are kept, and nothing more than what is asked for.
    """

    __slots__ = (
        "_count", "_counts", "_drops", "_edge", "_first", "_growth", "_highs", "_last", "_lows", "_means", "_newest",
        "_number", "_past", "_size", "_sum", "_total", "_used", "_width", "keeps", "span",
    )  # fmt: skip

    def __init__(self, span: float, every: float, keeps: frozenset[str] = EVERY) -> None:
        self.span = span
        self.keeps = keeps
        self._width = min(max(span / BUCKETS, every), span)
        self._size = size = max(1, round(span / self._width))
        self._number = -1
        """the number of the newest bucket, counted from time zero"""
        self._edge = 0.0
        """when it ends"""
        self._sum, self._count = 0.0, 0
        self._means = array("d", [nan]) * size
        self._past, self._used = 0.0, 0
        """sum and number of the means before the newest bucket"""
        self._total = self._drops = 0
        self._counts = array("L", [0]) * size if "count" in keeps else None
        self._growth = array("d", [0.0]) * size if "rate" in keeps else None
        self._last: float | None = None
        self._first = self._newest = 0.0
        self._lows: deque[tuple[int, float]] | None = deque() if keeps & EXTREMES else None
        self._highs: deque[tuple[int, float]] | None = deque() if keeps & EXTREMES else None

    @property
    def shape(self) -> tuple[float, float, frozenset[str]]:
        """What makes two windows interchangeable."""
        return self.span, self._width, self.keeps

    def add(self, value: float, at: float) -> None:
        """Take a sample; one older than the newest bucket counts as of now."""
        if at >= self._edge:
            self.advance(at)
        self._sum += value
        self._count += 1
        if self._counts is not None:
            self._counts[self._number % self._size] += 1
            self._total += 1
        if self._growth is not None:
            self._grow(self._growth, value, at)
        if self._lows is not None and self._highs is not None:
            _push(self._lows, self._number, value, smaller=True)
            _push(self._highs, self._number, value, smaller=False)

    def advance(self, now: float) -> None:
        """Forget what is older than the span."""
        if now < self._edge:
            return
        number = int(now // self._width)
        passed = number - self._number
        if passed <= 0:
            return
        if self._count:
            self._fold()
        if passed >= self._size:
            self._clear()
        else:
            for each in range(self._number + 1, number + 1):
                self._drop(each % self._size)
        self._number = number
        self._edge = (number + 1) * self._width
        oldest = number - self._size + 1
        for queue in (self._lows, self._highs):
            while queue and queue[0][0] < oldest:
                queue.popleft()

    def value(self, aggregate: str) -> float | None:
        """`avg`, `max`, `min`, `count`, or `rate` (growth of a counter a second); None when not covered."""
        used, total = self._used, self._past
        if self._count:
            used += 1
            total += self._sum / self._count
        if 2 * used < self._size:
            return None
        if aggregate == "avg":
            return total / used
        if aggregate == "count":
            return float(self._total)
        if aggregate == "rate":
            return self._rate()
        queue = self._highs if aggregate == "max" else self._lows
        return queue[0][1] if queue else None

    def expiry(self) -> float | None:
        """The steady time at which its oldest bucket leaves, None when it is empty."""
        for number in range(self._number - self._size + 1, self._number):
            if not isnan(self._means[number % self._size]):
                return (number + self._size) * self._width
        return (self._number + self._size) * self._width if self._count else None

    def _grow(self, growth: array[float], value: float, at: float) -> None:
        if self._last is not None:
            growth[self._number % self._size] += value - self._last if value >= self._last else value
        else:
            self._first = at
        self._last = value
        self._newest = at

    def _rate(self) -> float:
        start = max(self._first, (self._number - self._size + 1) * self._width)
        seconds = self._newest - start
        return sum(self._growth or ()) / seconds if seconds > 0 else 0.0

    def _fold(self) -> None:
        """The newest bucket becomes one of the others."""
        self._means[self._number % self._size] = mean = self._sum / self._count
        self._past += mean
        self._used += 1
        self._sum, self._count = 0.0, 0

    def _drop(self, slot: int) -> None:
        mean = self._means[slot]
        if not isnan(mean):
            self._means[slot] = nan
            self._past -= mean
            self._used -= 1
        self._drops += 1
        if not self._used or self._drops % 1024 == 0:
            # What adding and subtracting a million times has rounded away comes back.
            self._past = sum(each for each in self._means if not isnan(each))
        if self._counts is not None:
            self._total -= self._counts[slot]
            self._counts[slot] = 0
        if self._growth is not None:
            self._growth[slot] = 0.0

    def _clear(self) -> None:
        for slot in range(self._size):
            self._drop(slot)
        self._last = None


def _push(queue: deque[tuple[int, float]], number: int, value: float, smaller: bool) -> None:
    while queue and (queue[-1][1] >= value if smaller else queue[-1][1] <= value):
        queue.pop()
    queue.append((number, value))
