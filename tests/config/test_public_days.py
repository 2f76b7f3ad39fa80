"""Public holidays of Viet Nam as they were announced, and what corrects what."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ioc.config.load import Parts, Reading, examine
from ioc.config.public_days import is_announced, public_days

CASES = sorted((Path(__file__).parents[1] / "cases" / "holidays").iterdir())
IOC = """
center: {id: tinh, name: Trung tâm}
calendars:
  office: {sessions: ["08:00-17:00"], holidays: VN, dates: {2026-11-23: off, 2026-11-24: work}}
"""


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_year_is_as_announced(folder: Path) -> None:
    """Every weekday that was off and every Saturday or Sunday that was worked, and no other."""
    with (folder / "days.csv").open(encoding="utf-8", newline="") as file:
        announced = {date.fromisoformat(row["date"]): row["what"] == "work" for row in csv.DictReader(file)}
    country, year = folder.name.split("-")
    days = public_days(country.upper(), 2026)
    odd = {
        day: worked
        for day, worked in days.items()
        if day.year == int(year) and worked != (day.isoweekday() in range(1, 6))
    }
    assert odd == announced


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


def test_every_year_of_estimates_is_warned_of(tmp_path: Path, parts: Parts) -> None:
    (tmp_path / "ioc.yaml").write_text(IOC, "utf-8")
    found = examine(tmp_path, parts, {}, date(2028, 1, 3)).warnings
    assert [each for each in found if "estimates" in each] == [
        f'ioc.yaml:4: holidays of {year} that are estimates: "VN"; write what is announced under dates, a day each: '
        "off or work"
        for year in (2028, 2029)
    ]
