"""Hours in which nobody is on call although somebody should be. Pure; times are civil seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from alerts.oncall.schedule import Change, Shift, edges, shifts
from ioc.duty import Duty, Person, Schedule
from ioc.worktime import WorkCalendar

DAY = 86_400.0
LOOKED_AHEAD = 30 * DAY


class Gap(NamedTuple):
    """Nobody is on call from `start` until `end` (excluded)."""

    start: float
    end: float


def gaps(
    schedule: Schedule,
    civil: float,
    calendars: Mapping[str, WorkCalendar],
    changes: Sequence[Change] = (),
    ahead: float = LOOKED_AHEAD,
) -> list[Gap]:
    """Where the schedule leaves nobody, in the coming `ahead` seconds and while its `cover` asks for somebody."""
    found = shifts(schedule, civil, civil + ahead, calendars, changes)
    return gaps_of(schedule, found, calendars)


def gaps_of(schedule: Schedule, found: Iterable[Shift], calendars: Mapping[str, WorkCalendar]) -> list[Gap]:
    """The same of shifts that are known."""
    empty = (shift for shift in found if not shift.people)
    if not schedule.cover:
        return [Gap(shift.start, shift.end) for shift in empty]
    calendar = calendars[schedule.cover]
    return [gap for shift in empty for gap in _within(shift, calendar, closed=schedule.cover_closed)]


def called(duty: Duty, found: Iterable[Shift]) -> list[Person]:
    """Everybody who is on call in some shifts, in the order of their first."""
    ids = dict.fromkeys(id for shift in found for id in shift.people)
    return [duty.people[id] for id in ids if id in duty.people]


def unreached(people: Iterable[Person], severities: Mapping[str, frozenset[str]]) -> list[Person]:
    """Those of whom no contact's receiver takes critical incidents; `severities` are each receiver's."""
    return [
        person
        for person in people
        if not any("critical" in severities.get(contact.by, frozenset()) for contact in person.contacts)
    ]


def _within(shift: Shift, calendar: WorkCalendar, *, closed: bool) -> Iterator[Gap]:
    moments = [shift.start, *edges(calendar, shift.start, shift.end), shift.end]
    for index in range(len(moments) - 1):
        if calendar.open_at(moments[index]) is not closed:
            yield Gap(moments[index], moments[index + 1])
