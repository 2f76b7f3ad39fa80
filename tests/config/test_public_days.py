"""Public holidays of Viet Nam as they were announced, and what corrects what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from ioc.config.load import Reading
from ioc.config.public_days import is_announced, public_days

IOC = """
center: {id: tinh, name: Trung tâm}
calendars:
  office: {sessions: ["08:00-17:00"], holidays: VN, dates: {2026-11-23: off, 2026-11-24: work}}
"""


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-01-01", False),
        ("2026-01-02", False),  # swapped with Saturday the 10th, which the package does not know
        ("2026-01-10", True),
        ("2026-02-16", False),  # Tết
        ("2026-02-20", False),
        ("2026-04-27", False),  # in lieu of Giỗ Tổ on a Sunday
        ("2026-04-30", False),
        ("2026-08-22", True),
        ("2026-08-31", False),
        ("2026-09-02", False),
        ("2026-11-24", False),  # Ngày Văn hóa Việt Nam
    ],
)
def test_2026_is_as_announced(day: str, worked: bool) -> None:
    assert public_days("VN", 2026)[date.fromisoformat(day)] is worked


def test_ordinary_days_are_left_to_the_weekday() -> None:
    assert date(2026, 11, 23) not in public_days("VN", 2026)


def test_years_around_are_known_and_those_to_come_are_estimates() -> None:
    days = public_days("VN", 2026)
    assert {day.year for day in days} == {2024, 2025, 2026, 2027, 2028, 2029}
    assert is_announced("VN", 2026, ())
    assert not is_announced("VN", 2027, ())
    assert is_announced("VN", 2027, [date(2027, 2, 4)])


def test_a_calendars_own_dates_correct_both(written: Callable[..., Reading]) -> None:
    config = written(ioc__yaml=IOC).config
    assert config is not None
    office = config.calendars["office"]
    assert [office.works(date(2026, 11, day)) for day in (22, 23, 24, 25)] == [False, False, True, True]
    assert not office.works(date(2026, 9, 2))
    assert office.works(date(2026, 8, 22)), "a Saturday that is worked"
