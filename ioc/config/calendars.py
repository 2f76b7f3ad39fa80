"""Working hours, from what was written."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

from ioc.config import schema
from ioc.config.directory import Piece
from ioc.config.faults import Faults
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
    name: str, written: schema.Calendar, piece: Piece, default: ZoneInfo | None, faults: Faults
) -> WorkCalendar | None:
    """A calendar; sessions in order and apart."""
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
    dates = {each: what == "work" for each, what in written.dates.items()}
    return WorkCalendar(here, days, tuple(sessions), dates)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
