"""Public holidays and worked weekends of a country, by date.

The package `holidays` is the seed: it knows the moon and the law, and estimates what a government has yet to announce.
`notices.csv` corrects it by what was announced, row by row with its source; a calendar's own `dates` correct both.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

NOTICES = Path(__file__).with_name("notices.csv")
BEFORE, AFTER = 2, 3
"""years around today's that are known"""


@lru_cache(maxsize=8)
def public_days(country: str, year: int) -> Mapping[date, bool]:
    """Whether dates around a year are worked; raises LookupError for a country that is not known."""
    import holidays  # loads for half a second: only for calendars that ask

    try:
        found = holidays.country_holidays(country, years=range(year - BEFORE, year + AFTER + 1))
    except (NotImplementedError, AttributeError) as error:
        raise LookupError(country) from error
    out = dict.fromkeys(found, False)
    out.update((day, True) for day in found.weekend_workdays if day.year in found.years)
    out.update((day, worked) for day, worked in _announced(country).items())
    return out


def is_announced(country: str, year: int, own: Iterable[date]) -> bool:
    """Whether a year's days are more than estimates: a notice has some of them, or the calendar's own dates."""
    return any(day.year == year for day in (*_announced(country), *own))


@lru_cache(maxsize=8)
def _announced(country: str) -> dict[date, bool]:
    with NOTICES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["country"] == country]
    return {date.fromisoformat(row["date"]): row["what"] == "work" for row in rows}
