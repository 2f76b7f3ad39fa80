"""Calendars of every shape for properties: zones with and without summer time, sessions past midnight, odd dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ioc.worktime import WorkCalendar

ZONES = (
    "Asia/Ho_Chi_Minh",
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "UTC",
)
FIRST, LAST = datetime(2025, 10, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)


def _sessions(cuts: list[int]) -> tuple[tuple[int, int], ...]:
    """Sessions that lie within a day's length, which may be past midnight, so that no day works in the next."""
    begin = cuts[0]
    return tuple(zip(cuts[::2], (min(cut, begin + 24 * 60) for cut in cuts[1::2]), strict=False))


calendars = st.builds(
    WorkCalendar,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.lists(st.integers(0, 6 * 60).map(lambda number: number * 5), unique=True, min_size=2, max_size=6)
    .map(sorted)
    .map(_sessions)
    .filter(lambda sessions: all(last - first >= 15 for first, last in sessions)),
    st.dictionaries(st.dates(date(2025, 10, 1), date(2027, 4, 1)), st.booleans(), max_size=6),
)
moments = st.integers(int(FIRST.timestamp()), int(LAST.timestamp())).map(float)
