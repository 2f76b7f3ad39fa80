"""The shell of schedules: keeps changes made on screen, and shows who is on call in the picture.

`oncall/ID` is renewed when somebody else takes over, `self/duty` whenever one of them is and once a day. Schedules
speak civil time and timers steady time, so timers are set anew when the clocks drift apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from alerts.journal import act_row
from alerts.keeping import kept
from alerts.maintenance import required
from alerts.oncall import changes, ical, views
from alerts.oncall.changes import Made
from alerts.oncall.gaps import gaps_of
from alerts.oncall.schedule import Change, on_call, shifts, turns
from ioc.alarm import Alarm
from ioc.clock import Clock
from ioc.duty import Duty, Schedule
from ioc.errors import Refused
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.worktime import WorkCalendar

DAY = 86_400.0
AHEAD = 14 * DAY
"""how far ahead shifts are told"""
WATCHED = 7 * DAY
"""how far ahead a gap is an alert"""
LONGEST = 35 * DAY
"""how far back the beginning of the shift that runs is looked for"""
EXPORTED = 90 * DAY
"""how far ahead calendar files go"""
HOLDS_LATER = "it holds as soon as it is there: look before it is sent again"
DUTY = ""
"""key of the timer that looks at gaps"""

Ring = Callable[[str, float], None]


class Timers(Protocol):
    """One moment a key; `ioc.alarm.Alarm`, or a test's."""

    def set(self, key: str, at: float) -> None:
        """Have a key ring at a steady moment, and only then."""

    def cancel(self, key: str) -> None:
        """Have a key not ring."""

    def stop(self) -> None:
        """Ring no more."""


class Ledger(Protocol):
    """The part of the state file that holds changes."""

    def commit(self, *writes: Write) -> asyncio.Future[int]:
        """Write all or nothing, in order."""

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""


class Roster:
    """Who is on call, by configuration and by what people changed since; `restore` once, then `apply` at a reload.

    `severities` are those that each receiver takes.
    """

    def __init__(
        self,
        clock: Clock,
        picture: Picture,
        ledger: Ledger,
        timers: Callable[[Clock, Ring], Timers] = Alarm,
    ) -> None:
        self._clock = clock
        self._picture = picture
        self._ledger = ledger
        self._timers = timers(clock, self.ring)
        self._duty = Duty()
        self._calendars: Mapping[str, WorkCalendar] = {}
        self._severities: Mapping[str, frozenset[str]] = {}
        self._made: dict[int, Made] = {}
        self._next_id = 1
        self.on_change: Callable[[], None] = lambda: None
        """told whenever somebody else may be on call"""

    def restore(
        self, duty: Duty, calendars: Mapping[str, WorkCalendar], severities: Mapping[str, frozenset[str]]
    ) -> None:
        """Take over what the state file knows, and a configuration."""
        civil = self._clock.civil(self._clock.now())
        self._made = {
            each.id: each for each in changes.of_rows(self._ledger.read(changes.STANDING, (civil,)))
        }
        self._next_id = int(self._ledger.read(changes.LAST)[0][0]) + 1
        self.apply(duty, calendars, severities)

    def apply(
        self, duty: Duty, calendars: Mapping[str, WorkCalendar], severities: Mapping[str, frozenset[str]]
    ) -> None:
        """Take a configuration; changes of schedules and people that are gone wait for them to come back."""
        for id in self._duty.schedules.keys() - duty.schedules.keys():
            self._timers.cancel(id)
            self._picture.remove(f"oncall/{id}")
        self._duty, self._calendars, self._severities = duty, calendars, severities
        self.rearm()

    def rearm(self) -> None:
        """Show everything anew, by the clocks as they stand now."""
        now = self._clock.now()
        for schedule in self._duty.schedules.values():
            self._show(schedule, now)
        self._watch(now)

    def stop(self) -> None:
        """Renew nothing more."""
        self._timers.stop()

    def ring(self, key: str, now: float) -> None:
        """Somebody takes over, or a day has passed."""
        schedule = self._duty.schedules.get(key)
        if schedule is not None:
            self._show(schedule, now)
            self.on_change()
        self._watch(now)

    # --- what others ask ---

    def on_call(self, schedule: str, now: float) -> tuple[str, ...]:
        """The ids of who is on call at a steady moment; nobody, where there is no such schedule."""
        found = self._duty.schedules.get(schedule)
        if found is None:
            return ()
        return on_call(found, self._clock.civil(now), self._calendars, self.changes(schedule))

    def called(self, schedule: str) -> tuple[str, ...]:
        """The ids of who is on call now. Raises Refused where there is no such schedule."""
        return self.on_call(self._known(schedule).id, self._clock.now())

    def changes(self, schedule: str) -> tuple[Change, ...]:
        """What people changed of a schedule, in the order in which they did."""
        found = self._duty.schedules.get(schedule)
        made = (each for each in self._made.values() if each.schedule == schedule)
        return tuple(each.change(found) for each in made if self._applies(each)) if found else ()

    def overview(self) -> list[dict[str, Any]]:
        """Every schedule as `GET /api/v1/oncall` tells it; times are steady."""
        return [self.told(id) for id in self._duty.schedules]

    def told(self, id: str) -> dict[str, Any]:
        """One schedule: now, the shifts of the coming 14 days, gaps of the coming 30, changes. Raises Refused."""
        schedule = self._known(id)
        now, skew = self._clock.now(), self._clock.skew()
        found = shifts(schedule, now + skew, now + skew + views.MONTH, self._calendars, self.changes(id))
        holes = gaps_of(schedule, found, self._calendars)
        made = [each for each in self._made.values() if each.schedule == id and each.end > now + skew]
        near = views.until(found, now + skew + AHEAD)
        return views.overview(schedule, self._duty, near, holes, made, skew)

    def people(self) -> dict[str, str]:
        """Names by id of all who can be put on call."""
        return {id: person.name for id, person in self._duty.people.items() if person.contacts}

    def calendar(self, id: str) -> bytes:
        """A schedule's shifts from yesterday on for 90 days as an iCalendar file. Raises Refused."""
        schedule = self._known(id)
        civil = self._clock.civil(self._clock.now())
        start, end = (civil - LONGEST) // DAY * DAY, (civil + EXPORTED) // DAY * DAY
        found = turns(shifts(schedule, start, end, self._calendars, self.changes(id)))
        return ical.write(schedule, self._duty, [each for each in found if each.end > civil - DAY], civil)

    # --- what people do ---

    async def override(
        self, schedule: str, start: float, end: float, people: Sequence[str], by: str, reason: str
    ) -> int:
        """These people instead of whoever would be, between two steady times; its id. Raises Refused."""
        if not people:
            raise Refused("people: nobody is named; name who is on call", status=422)
        return await self._make(schedule, start, end, by, reason, people=tuple(dict.fromkeys(people)))

    async def swap(
        self, schedule: str, start: float, end: float, one: str, other: str, by: str, reason: str
    ) -> int:
        """Two people take each other's turns, between two steady times; its id. Raises Refused."""
        return await self._make(schedule, start, end, by, reason, one=one, other=other)

    async def withdraw(self, schedule: str, number: int, by: str) -> None:
        """Take a change back. Raises Refused."""
        found = self._made.get(number)
        civil = self._clock.civil(self._clock.now())
        if found is None or found.schedule != schedule or found.end <= civil:
            raise Refused(f"schedule {schedule!r} has no change {number}, or it is over", status=404)
        act = self._act(found, f"{found.kind} withdrawn", required("by", by, 100))
        commit = self._ledger.commit(changes.ended_row(number, civil), act)
        commit.add_done_callback(lambda done: self._took(done, found, stands=False))
        await kept(commit, HOLDS_LATER)

    async def _make(self, schedule: str, start: float, end: float, by: str, reason: str, **who: Any) -> int:
        now, skew = self._clock.now(), self._clock.skew()
        number = self._next_id
        asked = Made(
            number, schedule, start + skew, end + skew, by.strip(), reason.strip(), now + skew, **who
        )
        made = changes.check(asked, self._duty, now + skew)
        self._forget(now + skew)
        if len(self._made) >= changes.MOST:
            raise Refused(f"{changes.MOST} changes stand already; withdraw some first", status=409)
        self._next_id += 1
        commit = self._ledger.commit(changes.made_row(made), self._act(made, made.kind, made.by))
        commit.add_done_callback(lambda done: self._took(done, made, stands=True))
        await kept(commit, HOLDS_LATER)
        return number

    def _took(self, commit: asyncio.Future[int], made: Made, stands: bool) -> None:
        """A change is in the state file, however late: from now on it holds."""
        if commit.cancelled() or commit.exception() is not None:
            return
        if stands:
            self._made = dict(sorted([*self._made.items(), (made.id, made)]))
        else:
            self._made.pop(made.id, None)
        self._renew(made.schedule)

    # --- what is shown ---

    def _renew(self, id: str) -> None:
        now = self._clock.now()
        schedule = self._duty.schedules.get(id)
        if schedule is not None:
            self._show(schedule, now)
            self.on_change()
        self._watch(now)

    def _show(self, schedule: Schedule, now: float) -> None:
        skew = self._clock.skew()
        self._forget(now + skew)
        found = shifts(schedule, now + skew, now + skew + AHEAD, self._calendars, self.changes(schedule.id))
        value = views.shown(schedule, self._duty, found, skew)
        self._picture.put(f"oncall/{schedule.id}", value)
        self._timers.set(schedule.id, value["until"] or now + DAY)

    def _watch(self, now: float) -> None:
        """Say what is wrong with the coming week as `self/duty`."""
        skew = self._clock.skew()
        found = {
            schedule.id: shifts(
                schedule, now + skew, now + skew + WATCHED, self._calendars, self.changes(schedule.id)
            )
            for schedule in self._duty.schedules.values()
        }
        value = views.verdict(self._duty, found, self._calendars, self._severities, skew)
        known = self._picture.get("self/duty") or {}
        since = known.get("since", now) if known.get("state") == value["state"] else now
        self._picture.put("self/duty", {**value, "since": since})
        self._timers.set(DUTY, now + DAY)

    def _forget(self, civil: float) -> None:
        for number in [each.id for each in self._made.values() if each.end <= civil]:
            del self._made[number]

    def _applies(self, made: Made) -> bool:
        """Whether everybody it names is still configured."""
        return made.names() <= self._duty.people.keys()

    def _known(self, id: str) -> Schedule:
        found = self._duty.schedules.get(id)
        if found is None:
            raise Refused(f"schedule {id!r} is not known; see /api/v1/oncall", status=404)
        return found

    def _act(self, made: Made, verb: str, by: str) -> Write:
        civil = self._clock.civil(self._clock.now())
        return act_row(None, civil, verb, made.reason or "-", f"schedule/{made.schedule}", by=by)
