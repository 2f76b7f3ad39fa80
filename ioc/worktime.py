"""Working hours: weekly sessions in a time zone, with a table of dates that are off or worked all the same.

A session is half open: it begins with its first second and is over at its last. Times are *civil*, in seconds
since the Unix epoch. The national calendar with its notices comes later; its table of dates is local data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
HORIZON_DAYS = 400
"""how far ahead an edge is looked for"""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When people are there.

    `days` are ISO weekdays (1 is Monday). `sessions` are (first, last) minutes of the day, last excluded, in order
    and apart. `dates` says of single dates whether they are worked, whatever the weekday.
    """

    zone: ZoneInfo
    days: frozenset[int]
    sessions: tuple[tuple[int, int], ...]
    dates: Mapping[date, bool] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        """Whether a date has sessions."""
        worked = self.dates.get(day)
        return day.isoweekday() in self.days if worked is None else worked

    def open_at(self, civil: float) -> bool:
        """Whether a civil moment lies in a session."""
        today = self._date(civil)
        around = (today - timedelta(days=1), today, today + timedelta(days=1))
        return any(begin <= civil < end for day in around for begin, end in self._spans(day))

    def next_edge(self, civil: float) -> float | None:
        """The first civil moment after this one at which `open_at` changes; None within 400 days."""
        was = self.open_at(civil)
        today = self._date(civil)
        for ahead in range(-1, HORIZON_DAYS):
            for span in self._spans(today + timedelta(days=ahead)):
                for edge in span:
                    if edge > civil and self.open_at(edge) != was:
                        return edge
        return None

    def _date(self, civil: float) -> date:
        return datetime.fromtimestamp(civil, self.zone).date()

    def _spans(self, day: date) -> Iterator[tuple[float, float]]:
        """A date's sessions in civil time."""
        if self.works(day):
            for first, last in self.sessions:
                yield self._moment(day, first), self._moment(day, last)

    def _moment(self, day: date, minute: int) -> float:
        days, minute = divmod(minute, MINUTES_A_DAY)
        at = time(minute // 60, minute % 60)
        return datetime.combine(day + timedelta(days=days), at, self.zone).timestamp()
