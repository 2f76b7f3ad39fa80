"""How a time is cut into buckets, which tier of a store answers, and what counts as a gap. Pure.

Every store cuts alike: a step out of one ladder, at whole multiples since the epoch, a question's time widened to
whole steps. So two stores answer the same question with the same buckets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ioc.store.base import Bucket

MINUTE, HOUR, DAY = 60, 3_600, 86_400
LADDER = (
    *(1, 2, 5, 10, 15, 30),
    *(MINUTE * each for each in (1, 2, 5, 10, 15, 30)),
    *(HOUR * each for each in (1, 2, 3, 6, 12)),
    *(DAY * each * 10**tens for tens in range(5) for each in (1, 2, 5)),
)
"""steps in seconds; each from a minute on is a whole number of minutes, and so on"""
FEWEST = 2
"""points that a question must allow: a stretch of time may lie across two buckets of any length"""
SILENT = 3.0
"""intervals of a series without a value that make a gap"""


@dataclass(frozen=True, slots=True)
class Tier:
    """One resolution in seconds (0 for what was written as it was written), and the seconds it is kept."""

    resolution: int
    keep: float


@dataclass(frozen=True, slots=True)
class Cut:
    """A question's time as whole steps from `start` (included) to `stop` (excluded), and the tier that answers."""

    start: int
    stop: int
    step: int
    tier: Tier


def cut(start: float, stop: float, points: int, tiers: Sequence[Tier], now: float) -> Cut:
    """The finest cut into no more than `points` buckets that `tiers` (finest first) can answer.

    `start`, `stop` and `now` are civil seconds, start before stop, points FEWEST at least; what is older than a
    tier is kept is answered by the next coarser one. Raises ValueError where the question has no such cut.
    """
    if not (0 <= start < stop and points >= FEWEST):
        raise ValueError(f"start={start}, stop={stop}, points={points}: nothing to cut")
    finest = next((tier for tier in tiers if start >= now - tier.keep), tiers[-1])
    for step in LADDER:
        first, last = int(start // step), int(-(-stop // step))
        if step >= finest.resolution and last - first <= points:
            coarsest = [tier for tier in tiers if tier.resolution <= step][-1]
            return Cut(first * step, last * step, step, coarsest)
    raise ValueError(f"start={start}, stop={stop}: longer than any step")


@dataclass(slots=True)
class _Open:
    count: int
    total: float
    least: float
    most: float
    last: float
    last_at: int


class Fold:
    """Gathers values into buckets; `step` and times are in one unit, whatever it is."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._open: dict[int, _Open] = {}

    def add(self, at: int, value: float) -> None:
        """One value; in order of time their sum, and hence the mean, is the same to the last bit."""
        bucket = self._open.get(at // self._step)
        if bucket is None:
            self._open[at // self._step] = _Open(1, value, value, value, value, at)
            return
        bucket.count += 1
        bucket.total += value
        if value < bucket.least:
            bucket.least = value
        if value > bucket.most:
            bucket.most = value
        if at >= bucket.last_at:
            bucket.last, bucket.last_at = value, at

    def merge(self, at: int, count: int, total: float, least: float, most: float, last: float) -> None:
        """What a coarser tier made of `count` values from `at` on."""
        bucket = self._open.get(at // self._step)
        if bucket is None:
            self._open[at // self._step] = _Open(count, total, least, most, last, at)
            return
        bucket.count += count
        bucket.total += total
        bucket.least = min(bucket.least, least)
        bucket.most = max(bucket.most, most)
        if at >= bucket.last_at:
            bucket.last, bucket.last_at = last, at

    def buckets(self, unit: int = 1) -> list[Bucket]:
        """The buckets in order of time; `unit` is how many of the fold's units make a second."""
        seconds = self._step / unit
        return [
            Bucket(index * seconds, each.count, each.total / each.count, each.least, each.most, each.last)
            for index, each in sorted(self._open.items())
        ]


def gaps(buckets: Sequence[Bucket], start: float, stop: float, step: float) -> list[tuple[float, float]]:
    """Stretches within start…stop (never beyond now) in which a series should have been written and was not.

    How often it is written is told by itself: the median count of a bucket or, where that is one, the median
    distance of two. A stretch is a gap when it makes the series silent for more than SILENT of those intervals;
    shorter ones are the pace of the series, or a step finer than it.
    """
    if stop <= start:
        return []
    if not buckets:
        return [(start, stop)]
    quiet = SILENT * _interval(buckets, step)
    found = [(start, buckets[0].at)] if buckets[0].at - start > quiet else []
    for before, after in pairwise(buckets):
        if after.at - before.at > max(step, quiet):
            found.append((before.at + step, after.at))
    end = buckets[-1].at + step
    return [*found, (end, stop)] if stop - end > quiet else found


def _interval(buckets: Sequence[Bucket], step: float) -> float:
    """The seconds between two values of a series."""
    if len(buckets) < 2:
        return 0.0
    count = median(bucket.count for bucket in buckets)
    if count > 1:
        return float(step / count)
    return float(median(b.at - a.at for a, b in pairwise(buckets)))
