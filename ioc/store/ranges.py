"""Sets of whole numbers as half-open ranges, few and long. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

Range = tuple[int, int]
"""first, and the one after the last"""


class Ranges:
    """A set of numbers; whatever it is asked costs a search and the ranges touched."""

    __slots__ = ("_firsts", "_stops", "count")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._firsts: list[int] = []
        self._stops: list[int] = []
        self.count = 0
        """how many numbers are in it"""
        for first, stop in ranges:
            self.add(first, stop)

    def __iter__(self) -> Iterator[Range]:
        return iter(list(zip(self._firsts, self._stops, strict=True)))

    def __len__(self) -> int:
        return len(self._firsts)

    @property
    def first(self) -> int | None:
        """The least number in it."""
        return self._firsts[0] if self._firsts else None

    def add(self, first: int, stop: int) -> None:
        """Put every number of a range in."""
        if first >= stop:
            return
        low, high = bisect_left(self._stops, first), bisect_right(self._firsts, stop)
        if low < high:
            first, stop = min(first, self._firsts[low]), max(stop, self._stops[high - 1])
        self._replace(low, high, [(first, stop)])

    def remove(self, first: int, stop: int) -> None:
        """Take every number of a range out."""
        if first >= stop:
            return
        low, high = bisect_right(self._stops, first), bisect_left(self._firsts, stop)
        if low >= high:
            return
        rest = [(self._firsts[low], first), (stop, self._stops[high - 1])]
        self._replace(low, high, [(a, b) for a, b in rest if a < b])

    def within(self, first: int, stop: int) -> list[Range]:
        """The parts of a range that are in it."""
        low, high = bisect_right(self._stops, first), bisect_left(self._firsts, stop)
        return [
            (max(a, first), min(b, stop))
            for a, b in zip(self._firsts[low:high], self._stops[low:high], strict=True)
            if max(a, first) < min(b, stop)
        ]

    def _replace(self, low: int, high: int, fresh: list[Range]) -> None:
        gone = zip(self._firsts[low:high], self._stops[low:high], strict=True)
        self.count += sum(b - a for a, b in fresh) - sum(b - a for a, b in gone)
        self._firsts[low:high] = [a for a, _ in fresh]
        self._stops[low:high] = [b for _, b in fresh]
