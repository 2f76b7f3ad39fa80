"""A year's working sessions laid end to end, so that each question about working time is one binary search.

Moments are civil seconds since the Unix epoch; *seconds* count what is worked from the year's first session on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class WorkYear:
    """The sessions of one year in order and apart: when each begins and ends, and what is worked to its end.

    `days` are the proleptic ordinals of the dates worked, in order; `closes` is when the last session of each ends,
    which may be after the year's end.
    """

    begins: tuple[float, ...]
    ends: tuple[float, ...]
    sums: tuple[float, ...]
    days: tuple[int, ...]
    closes: tuple[float, ...]

    @property
    def total(self) -> float:
        """Seconds worked in the whole year."""
        return self.sums[-1] if self.sums else 0.0

    def worked(self, civil: float) -> float:
        """Seconds worked before a moment."""
        place = bisect_right(self.begins, civil) - 1
        if place < 0:
            return 0.0
        return self.sums[place] - max(0.0, self.ends[place] - civil)

    def first_at(self, seconds: float) -> float:
        """The first moment at which so many seconds are worked: more than none, at most `total`."""
        place = bisect_left(self.sums, seconds)
        return self.ends[place] - (self.sums[place] - seconds)

    def last_at(self, seconds: float) -> float:
        """The last moment at which just so many seconds are worked: not negative, less than `total`."""
        place = min(bisect_right(self.sums, seconds), len(self.sums) - 1)  # where a fraction is rounded away
        return self.ends[place] - (self.sums[place] - seconds)

    def next_begin(self, civil: float) -> float | None:
        """When the first session begins that does so after a moment; None when the year has no other."""
        place = bisect_right(self.begins, civil)
        return self.begins[place] if place < len(self.begins) else None

    def close_of(self, day: int) -> float | None:
        """When the last session of a date ends, by its ordinal; None where it is off."""
        place = bisect_left(self.days, day)
        return self.closes[place] if place < len(self.days) and self.days[place] == day else None

    def session_end(self, civil: float) -> float | None:
        """When the latest session ends, or ended, that had begun by a moment; None when none had."""
        place = bisect_right(self.begins, civil) - 1
        return self.ends[place] if place >= 0 else None


def work_year(
    spans: Iterable[tuple[float, float]], begin: float, end: float, closes: Mapping[int, float]
) -> WorkYear:
    """A year between two moments, with when each date worked closes, by its ordinal.

    Of spans that reach beyond the year, or over each other, each second counts once.
    """
    merged = list(_merged(sorted((max(first, begin), min(last, end)) for first, last in spans)))
    return WorkYear(
        begins=tuple(first for first, _ in merged),
        ends=tuple(last for _, last in merged),
        sums=tuple(accumulate(last - first for first, last in merged)),
        days=tuple(closes),
        closes=tuple(closes.values()),
    )


def _merged(spans: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Spans in order, with those that overlap as one; those without length are left out.

    Spans that only touch stay apart: at the end of one of them something may fall due.
    """
    held: tuple[float, float] | None = None
    for first, last in spans:
        if last <= first:
            continue
        if held is not None and first < held[1]:
            held = (held[0], max(held[1], last))
            continue
        if held is not None:
            yield held
        held = (first, last)
    if held is not None:
        yield held
