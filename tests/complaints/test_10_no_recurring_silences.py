"""Complaint 10, "No recurring silences": alertmanager#3339, #214, #517, grafana#36637."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ioc.recurrence import Days, Every, next_occurrence
from ioc.worktime import WorkCalendar

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = WorkCalendar(
    HERE,
    frozenset({1, 2, 3, 4, 5}),
    ((450, 690), (810, 1020)),
    {date(2026, 11, 24): False, date(2026, 11, 28): True},
)


def times(every: Every, count: int, zone: ZoneInfo = HERE) -> list[str]:
    """When it comes, from Monday 23 November 2026 on, in local time."""
    after, out = datetime(2026, 11, 23, tzinfo=zone).timestamp(), []
    for _ in range(count):
        found = next_occurrence(every, after, zone, OFFICE)
        assert found is not None
        out.append(f"{datetime.fromtimestamp(found.start, zone):%a %d/%m %H:%M}")
        after = found.start
    return out


def test_every_working_day_leaves_out_a_vietnamese_holiday_and_takes_a_saturday_that_is_worked() -> None:
    nightly = Every(Days.WORKING, 22 * 60, 3600.0, calendar="office")
    assert times(nightly, 6) == [
        "Mon 23/11 22:00", "Wed 25/11 22:00", "Thu 26/11 22:00", "Fri 27/11 22:00",
        "Sat 28/11 22:00", "Mon 30/11 22:00",
    ]  # fmt: skip


def test_the_last_saturday_and_the_first_working_day_of_a_month() -> None:
    saturday = Every(Days.WEEKDAYS, 20 * 60, 4 * 3600.0, frozenset({6}), -1)
    assert times(saturday, 2) == ["Sat 28/11 20:00", "Sat 26/12 20:00"]
    working = Every(Days.WORKING, 6 * 60, 3600.0, nth=1, calendar="office")
    assert times(working, 2) == ["Tue 01/12 06:00", "Fri 01/01 06:00"]


def test_a_local_time_stays_the_same_through_a_change_of_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring = Every(Days.WEEKDAYS, 22 * 60, 3600.0, frozenset({6}), first=date(2027, 3, 20))
    assert times(spring, 2, berlin) == ["Sat 20/03 22:00", "Sat 27/03 22:00"]
    starts = [
        next_occurrence(spring, datetime(2027, 3, day, tzinfo=berlin).timestamp(), berlin) for day in (25, 28)
    ]
    assert starts[0] is not None and starts[1] is not None
    assert starts[1].start - starts[0].start == 7 * 86400 - 3600
