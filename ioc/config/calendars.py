"""Working hours, from what was written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from ioc.config import schema
from ioc.config.directory import Piece
from ioc.config.faults import Faults
from ioc.config.public_days import is_announced, public_days
from ioc.worktime import WorkCalendar

RESERVED = ("always", "meeting")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def zone(name: str, piece: Piece, faults: Faults) -> ZoneInfo | None:
    """An IANA time zone."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        faults.add(
            "unknown-timezone",
            piece.place("timezone"),
            "unknown time zone",
            name,
            "write an IANA name: Asia/Ho_Chi_Minh",
        )
        return None


def calendar(
    name: str, written: schema.Calendar, piece: Piece, default: ZoneInfo | None, today: date, faults: Faults
) -> WorkCalendar | None:
    """A calendar; sessions in order and apart, public holidays of the years around today."""
    if name in RESERVED:
        hint = "the word has a meaning of its own in `expected`"
        faults.add("reserved-name", piece.place(), "calendar named", name, hint)
    here = default if written.timezone is None else zone(written.timezone, piece, faults)
    sessions = sorted(written.sessions)
    for (_, end), (begin, last) in pairwise(sessions):
        if begin < end:
            shown = f"{_clock(begin)}-{_clock(last)}"
            hint = "a session begins after the one before it has ended"
            faults.add("overlapping-sessions", piece.place("sessions"), "overlapping session", shown, hint)
    if here is None:
        return None
    days = frozenset(_WEEK.index(each) + 1 for each in written.days)
    own = {each: what == "work" for each, what in written.dates.items()}
    public = _public(written, own, piece, today, faults)
    return WorkCalendar(here, days, tuple(sessions), {**public, **own})


def _public(
    written: schema.Calendar, own: Mapping[date, bool], piece: Piece, today: date, faults: Faults
) -> Mapping[date, bool]:
    """The public holidays that were asked for."""
    country = written.holidays
    if country is None:
        return {}
    try:
        found = public_days(country, today.year)
    except LookupError:
        hint = "write the country's code of two letters: VN"
        faults.add("unknown-holidays", piece.place("holidays"), "no holidays are known of", country, hint)
        return {}
    hint = "write what is announced under dates, a day each: off or work"
    for year in (today.year, today.year + 1):
        if not is_announced(country, year, own):
            place = piece.place("holidays")
            faults.warn("estimated-holidays", place, f"holidays of {year} that are estimates:", country, hint)
    return found


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
