"""Working time: weekly sessions in a time zone, with a table of dates that are off or worked all the same.

A session is half open: it begins with its first second and is over at its last. Times are *civil*, in seconds
since the Unix epoch. A moment that working time leads to is None where no year that is known has it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ioc.workyear import WorkYear, work_year

MINUTES_A_DAY = 24 * 60
HORIZON_DAYS = 400
"""how far ahead an edge is looked for"""

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""years that working time is counted in"""

# a day more at either end, for the time zones
_FIRST = datetime(FIRST_YEAR - 1, 12, 31, tzinfo=UTC).timestamp()
_LAST = datetime(LAST_YEAR + 1, 1, 2, tzinfo=UTC).timestamp()


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
    _years: dict[int, WorkYear] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def day_seconds(self) -> float:
        """Seconds of a date that is worked, where its clock is not changed."""
        return 60.0 * sum(last - first for first, last in self.sessions)

    def works(self, day: date) -> bool:
        """Whether a date has sessions."""
        worked = self.dates.get(day)
        return day.isoweekday() in self.days if worked is None else worked

    def open_at(self, civil: float) -> bool:
        """Whether a civil moment lies in a session."""
        today = self.date_of(civil)
        around = (today - timedelta(days=1), today, today + timedelta(days=1))
        return any(begin <= civil < end for day in around for begin, end in self._spans(day))

    def next_edge(self, civil: float) -> float | None:
        """The first civil moment after this one at which `open_at` changes; None within 400 days."""
        was = self.open_at(civil)
        today = self.date_of(civil)
        for ahead in range(-1, HORIZON_DAYS):
            for span in self._spans(today + timedelta(days=ahead)):
                for edge in span:
                    if edge > civil and self.open_at(edge) != was:
                        return edge
        return None

    def date_of(self, civil: float) -> date:
        """The local date of a civil moment."""
        return datetime.fromtimestamp(civil, self.zone).date()

    def worked(self, begin: float, end: float) -> float:
        """Seconds worked between two moments, negative where the second is the earlier one.

        Raises ValueError for a moment outside the years known.
        """
        if end < begin:
            return -self.worked(end, begin)
        first, last = self._year_of(begin), self._year_of(end)
        between = sum(self._year(year).total for year in range(first, last))
        return between + self._year(last).worked(end) - self._year(first).worked(begin)

    def after(self, civil: float, seconds: float) -> float | None:
        """The first moment by which so many seconds are worked after one; a session's end counts to it.

        Raises ValueError for a moment outside the years known, and for negative seconds.
        """
        if seconds <= 0:
            return _unmoved(civil, seconds)
        begin = self._year_of(civil)
        missing = self._year(begin).worked(civil) + seconds
        for year in range(begin, LAST_YEAR + 1):
            found = self._year(year)
            if missing <= found.total:
                return max(civil, found.first_at(missing))
            missing -= found.total
        return None

    def before(self, civil: float, seconds: float) -> float | None:
        """The last moment from which so many seconds are worked to one; a session's end never is.

        Raises ValueError for a moment outside the years known, and for negative seconds.
        """
        if seconds <= 0:
            return _unmoved(civil, seconds)
        begin = self._year_of(civil)
        left = self._year(begin).worked(civil) - seconds
        for year in range(begin, FIRST_YEAR - 1, -1):
            if left >= 0:
                return min(civil, self._year(year).last_at(left))
            left += self._year(year - 1).total if year > FIRST_YEAR else 0.0
        return None

    def next_open(self, civil: float) -> float | None:
        """The first moment worked from this one on; raises ValueError outside the years known."""
        end = self._session_end(civil)
        return civil if end is not None and civil < end else self._next_begin(civil)

    def next_due(self, civil: float) -> float | None:
        """This moment where it lies in a session or is its end, else when the next session begins.

        Raises ValueError outside the years known.
        """
        end = self._session_end(civil)
        return civil if end is not None and civil <= end else self._next_begin(civil)

    def last_end(self, day: date) -> float | None:
        """When a date's last session ends, which may be past midnight; None where the date is off.

        Raises ValueError for a date outside the years known.
        """
        return self._year(_known_year(day.year)).close_of(day.toordinal())

    def workday(self, day: date, nth: int) -> date | None:
        """The date worked that is the nth after a date, before it where n is negative; for 0 the first from it on.

        Raises ValueError for a date outside the years known.
        """
        year = _known_year(day.year)
        days = self._year(year).days
        place = bisect_left(days, day.toordinal()) if nth <= 0 else bisect_right(days, day.toordinal()) - 1
        place += nth
        while place < 0 and year > FIRST_YEAR:
            year -= 1
            place += len(self._year(year).days)
        while year < LAST_YEAR and place >= len(self._year(year).days):
            place -= len(self._year(year).days)
            year += 1
        days = self._year(year).days
        return date.fromordinal(days[place]) if 0 <= place < len(days) else None

    def workdays(self, year: int, month: int) -> tuple[date, ...]:
        """The dates of a month that are worked; raises ValueError for a year that is not known."""
        days = self._year(_known_year(year)).days
        first = date(year, month, 1).toordinal()
        last = first + monthrange(year, month)[1]
        return tuple(map(date.fromordinal, days[bisect_left(days, first) : bisect_left(days, last)]))

    def _session_end(self, civil: float) -> float | None:
        """When the latest session ends, or ended, that had begun by a moment."""
        year = self._year_of(civil)
        end = self._year(year).session_end(civil)
        return self._year(year - 1).session_end(civil) if end is None and year > FIRST_YEAR else end

    def _next_begin(self, civil: float) -> float | None:
        """When the first session begins that does so after a moment."""
        for year in range(self._year_of(civil), LAST_YEAR + 1):
            begin = self._year(year).next_begin(civil)
            if begin is not None:
                return begin
        return None

    def _year_of(self, civil: float) -> int:
        if _FIRST <= civil < _LAST:  # which what is not a number is not
            year = datetime.fromtimestamp(civil, self.zone).year
            if FIRST_YEAR <= year <= LAST_YEAR:
                return year
        raise ValueError(f"moment {civil!r}: working time is counted from {FIRST_YEAR} to {LAST_YEAR}")

    def _year(self, year: int) -> WorkYear:
        """A year's sessions, laid out when they are first asked for."""
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._laid_out(year)
        return found

    def _laid_out(self, year: int) -> WorkYear:
        first = date(year, 1, 1)
        length = (date(year + 1, 1, 1) - first).days
        # the sessions of the day before may reach into the year
        days = [first + timedelta(days=ahead) for ahead in range(-1, length)]
        spans = {day: tuple(self._spans(day)) for day in days}
        closes = {day.toordinal(): max(end for _, end in spans[day]) for day in days[1:] if spans[day]}
        begin, end = self._moment(first, 0), self._moment(date(year + 1, 1, 1), 0)
        return work_year((span for each in spans.values() for span in each), begin, end, closes)

    def _spans(self, day: date) -> Iterator[tuple[float, float]]:
        """A date's sessions in civil time."""
        if self.works(day):
            for first, last in self.sessions:
                yield self._moment(day, first), self._moment(day, last)

    def _moment(self, day: date, minute: int) -> float:
        days, minute = divmod(minute, MINUTES_A_DAY)
        at = time(minute // 60, minute % 60)
        return datetime.combine(day + timedelta(days=days), at, self.zone).timestamp()


def _unmoved(civil: float, seconds: float) -> float:
    if seconds < 0:
        raise ValueError(f"{seconds} seconds: working time is counted forwards")
    return civil


def _known_year(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"year {year}: working time is counted from {FIRST_YEAR} to {LAST_YEAR}")
    return year
