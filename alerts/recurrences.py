"""Maintenance that comes again: what of it is due, and what came of it. Pure.

Each occurrence becomes a maintenance of its own shortly before it begins, so that it can be seen, moved or ended like
any other. Times of a recurrence are *civil* seconds, since calendars are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from alerts.maintenance import Scope, required
from ioc.errors import Refused
from ioc.recurrence import Days, Every, Occurrence, next_occurrence
from ioc.worktime import WorkCalendar

AHEAD = 86400.0
"""seconds before its beginning that an occurrence becomes a maintenance"""
MOST = 200
SHORTEST, LONGEST = 60.0, 7 * 86400.0
"""seconds of one occurrence"""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One of them. `planned` is when the newest occurrence that was made, or skipped, begins."""

    id: int
    scope: Scope
    target: str
    every: Every
    reason: str
    by: str
    made: float
    planned: float = 0.0
    ended: float | None = None
    ended_by: str = ""


@dataclass(frozen=True, slots=True)
class Almanac:
    """The center's zone, and its calendars by name."""

    zone: ZoneInfo
    calendars: Mapping[str, WorkCalendar]

    def next(self, recurrence: Recurrence, now: float) -> Occurrence | None:
        """Its first occurrence that is neither over nor made nor skipped; raises Refused without its calendar."""
        every = recurrence.every
        calendar = self.calendars.get(every.calendar)
        if every.calendar and calendar is None:
            raise Refused(f"calendar {every.calendar!r} is not configured any more; name another one")
        # one that runs just now is not too late
        after = max(now - every.length, recurrence.planned)
        return next_occurrence(every, after, calendar.zone if calendar else self.zone, calendar)

    def named(self, every: Every) -> Every:
        """With the calendar that is meant: the only one there is, when none is named. Raises Refused."""
        if every.calendar and every.calendar not in self.calendars:
            known = ", ".join(sorted(self.calendars)) or "none is configured"
            raise Refused(f"calendar {every.calendar!r} is not configured; known: {known}", status=404)
        if every.calendar or every.days not in (Days.WORKING, Days.OFF):
            return every
        if len(self.calendars) != 1:
            known = ", ".join(sorted(self.calendars)) or "none; define one under calendars"
            raise Refused(f"{every.days} days by which calendar? configured: {known}")
        return replace(every, calendar=next(iter(self.calendars)))


class Recurrences:
    """All that come again."""

    def __init__(self) -> None:
        self._all: dict[int, Recurrence] = {}
        self.next_id = 1

    def __iter__(self) -> Iterator[Recurrence]:
        return iter(tuple(self._all.values()))

    def get(self, number: int) -> Recurrence:
        """One of them; raises Refused when there is none."""
        found = self._all.get(number)
        if found is None:
            raise Refused(f"there is no recurring maintenance {number}; see /api/v1/maintenance", status=404)
        return found

    def put(self, recurrence: Recurrence) -> None:
        """Enter one, or its newer version; one that was ended is dropped."""
        self.next_id = max(self.next_id, recurrence.id + 1)
        if recurrence.ended is None:
            self._all[recurrence.id] = recurrence
        else:
            self._all.pop(recurrence.id, None)

    def plan(
        self, scope: Scope, target: str, every: Every, reason: str, by: str, now: float, almanac: Almanac
    ) -> Recurrence:
        """Make one that may be entered; raises Refused with what is wrong."""
        if len(self._all) >= MOST:
            raise Refused(f"{MOST} maintenances recur already; end some first", status=409)
        if not SHORTEST <= every.length <= LONGEST:
            raise Refused("a recurring maintenance lasts from a minute to 7 days each time")
        named = almanac.named(every)
        made = Recurrence(
            self.next_id, scope, target, named, required("reason", reason), required("by", by, 100), now
        )
        if almanac.next(made, now) is None:
            raise Refused("it never comes within the next 14 months; look at days, nth, from and until")
        return made
