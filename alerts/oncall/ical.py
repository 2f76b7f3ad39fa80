"""iCalendar in and out (RFC 5545): shifts that stand in a file, and our shifts as one. Pure.

In: an event is a shift of whoever its attendees name by an address of a contact or, where there are none, its summary
by ids or names with commas between. Times with a zone are of that zone, others of the schedule's. What repeats is
expanded for three years from yesterday on. A file is at most a megabyte, an event at most 31 days long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.oncall.recurrence import Recurrence, RuleProblem, days, effort, recurrence
from alerts.oncall.rotation import moment
from alerts.oncall.schedule import Shift
from ioc.config.schedules import Booked, Entry
from ioc.duty import Booking, Duty, Person, Schedule

MOST_EVENTS = 2_000
MOST_BOOKINGS = 20_000
MOST_PROBLEMS = 50
MOST_EFFORT = 5_000_000
"""comparisons made to expand a file: some seconds"""
AHEAD = timedelta(days=3 * 366)
LONGEST = timedelta(days=31)
BEFORE = LONGEST + timedelta(days=3)
"""what began longer ago is over, whatever the zone"""
EARLIEST, LATEST = 1990, 2100
"""years of what is read: what repeats begins no earlier"""

Start = date | datetime


@dataclass(frozen=True, slots=True)
class _Event:
    """One VEVENT as far as shifts go; `start` and `end` on the clocks of `zone`."""

    uid: str
    zone: Any
    start: datetime
    end: datetime
    whole_days: bool
    people: tuple[str, ...]
    rule: Recurrence | None
    more: tuple[float, ...]
    less: frozenset[float]
    instead_of: float | None

    def civil(self, day: date) -> tuple[float, float]:
        """Begin and end of the occurrence on a day."""
        begin = datetime.combine(day, self.start.time())
        return _civil(begin, self.zone), _civil(begin + (self.end - self.start), self.zone)


class _ProblemError(ValueError):
    """What is wrong with one event; `value` is what was written."""

    def __init__(self, what: str, value: object = "", hint: str = "", *, harmless: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.value = str(value)
        self.hint = hint
        self.harmless = harmless


def read(text: str, people: Mapping[str, Person], zone: ZoneInfo, day: date) -> Booked:
    """The shifts of a file for these people, and what is wrong with it; times without a zone are of `zone`."""
    import icalendar

    text = text.removeprefix("\ufeff")
    lines = _event_lines(text)
    if len(lines) > MOST_EVENTS:
        return _refused(f"more than {MOST_EVENTS} events", hint="split the file, or leave old events out")
    try:
        calendars = icalendar.Calendar.from_ical(_without_zones(text), multiple=True)
        components = [event for each in calendars for event in each.walk("VEVENT")]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        return _refused("not an iCalendar file", str(error).splitlines()[0][:80] if str(error) else "")
    if not calendars:
        return _refused("not an iCalendar file", hint="it begins with BEGIN:VCALENDAR")
    names = _names(people)
    events: list[_Event] = []
    problems: list[Entry] = []
    for index, component in enumerate(components):
        try:
            if str(component.get("STATUS", "")).upper() != "CANCELLED":
                events.append(_event(component, names, zone))
        except _ProblemError as problem:
            line = lines[index] if index < len(lines) else 0
            problems.append(Entry(line, problem.what, problem.value, problem.hint, problem.harmless))
    return _booked(events, problems[:MOST_PROBLEMS], day)


def write(schedule: Schedule, duty: Duty, found: Iterable[Shift], stamp: float) -> bytes:
    """Shifts as a file that other programs subscribe to; `stamp` is the civil moment it was made."""
    import icalendar

    made = icalendar.Calendar()
    made.add("PRODID", "-//IOC//on call//VI")
    made.add("VERSION", "2.0")
    made.add("METHOD", "PUBLISH")
    made.add("X-WR-CALNAME", schedule.name)
    for shift in found:
        if shift.people:
            made.add_component(_written(schedule, duty, shift, stamp))
    return bytes(made.to_ical())


def _written(schedule: Schedule, duty: Duty, shift: Shift, stamp: float) -> Any:
    import icalendar

    event = icalendar.Event()
    event.add("UID", f"{schedule.id}-{int(shift.start)}@ioc")
    event.add("DTSTAMP", datetime.fromtimestamp(stamp, UTC))
    event.add("DTSTART", datetime.fromtimestamp(shift.start, UTC))
    event.add("DTEND", datetime.fromtimestamp(shift.end, UTC))
    names = [duty.people[id].name if id in duty.people else id for id in shift.people]
    event.add("SUMMARY", ", ".join(names))
    event.add("CATEGORIES", [schedule.name])
    event.add("TRANSP", "TRANSPARENT")
    return event


def _refused(what: str, value: str = "", hint: str = "") -> Booked:
    return Booked(problems=(Entry(0, what, value, hint),))


def _booked(events: Sequence[_Event], problems: list[Entry], day: date) -> Booked:
    since = datetime.combine(day - timedelta(days=1), time(), UTC).timestamp()
    until = since + AHEAD.total_seconds()
    moved: dict[str, set[float]] = {}
    for event in events:
        if event.instead_of is not None:
            moved.setdefault(event.uid, set()).add(event.instead_of)
    asked = sum(
        effort(each.rule, each.start.date(), day + AHEAD, day - BEFORE) for each in events if each.rule
    )
    if asked > MOST_EFFORT:
        hint = "have what repeats a counted number of times begin later, or write UNTIL instead of COUNT"
        return _refused("events whose repeats take too long to work out", hint=hint)
    bookings: list[Booking] = []
    for event in events:
        gone = moved.get(event.uid, set()) if event.instead_of is None else set()
        for begin, end in _occurrences(event, day):
            if end > since and begin < until and begin not in gone:
                if len(bookings) >= MOST_BOOKINGS:
                    return _refused(f"more than {MOST_BOOKINGS} shifts in three years")
                bookings.append(Booking(begin, end, event.people))
    return Booked(tuple(sorted(bookings, key=lambda each: each.start)), tuple(problems))


def _occurrences(event: _Event, day: date) -> Iterator[tuple[float, float]]:
    length = event.end - event.start
    first = event.start.date()
    on = days(event.rule, first, day + AHEAD, day - BEFORE) if event.rule else iter((first,))
    for each in on:
        if each < day - BEFORE:
            continue
        begin, end = event.civil(each)
        if event.rule and not _before(event.rule.until, each, begin, event.zone):
            break
        if begin not in event.less:
            yield begin, end
    for begin in event.more:
        yield begin, begin + length.total_seconds()


def _before(until: Start | None, day: date, begin: float, zone: Any) -> bool:
    if until is None:
        return True
    if not isinstance(until, datetime):
        return day <= until
    return begin <= (until.timestamp() if until.tzinfo else _civil(until, zone))


def _event(component: Any, names: Mapping[str, str], zone: ZoneInfo) -> _Event:
    start = _time(component, "DTSTART")
    here = _zone(start, zone)
    begin = _local(start, here)
    end = _end(component, start, begin, here)
    if not begin < end:
        raise _ProblemError("event that ends before it starts:", begin.isoformat(" ", "minutes"))
    if end - begin > LONGEST:
        raise _ProblemError("event longer than 31 days:", begin.isoformat(" ", "minutes"), "split it")
    return _Event(
        uid=str(component.get("UID", "")),
        zone=here,
        start=begin,
        end=end,
        whole_days=not isinstance(start, datetime),
        people=_people(component, names),
        rule=_rule(component),
        more=tuple(_moments(component, "RDATE", here)),
        less=frozenset(_moments(component, "EXDATE", here)),
        instead_of=next(iter(_moments(component, "RECURRENCE-ID", here)), None),
    )


def _time(component: Any, name: str) -> Start:
    value = _value(component.get(name))
    if not isinstance(value, date):
        raise _ProblemError(f"event without a readable {name}", _said(component.get(name)))
    if isinstance(value, datetime) and value.tzinfo is None and _tzid(component, name):
        raise _ProblemError(
            "unknown time zone", _tzid(component, name), "write an IANA name: Asia/Ho_Chi_Minh"
        )
    if not EARLIEST <= value.year <= LATEST:
        raise _ProblemError(f"{name} out of {EARLIEST} to {LATEST}:", value.isoformat())
    return value


def _tzid(component: Any, name: str) -> str:
    return str(getattr(component.get(name), "params", {}).get("TZID", ""))


def _end(component: Any, start: Start, begin: datetime, here: Any) -> datetime:
    if component.get("DTEND") is not None:
        return _local(_time(component, "DTEND"), here)
    duration = _value(component.get("DURATION"))
    if isinstance(duration, timedelta):
        return begin + min(duration, 2 * LONGEST)
    if not isinstance(start, datetime):
        return begin + timedelta(days=1)
    raise _ProblemError("event without an end:", begin.isoformat(" ", "minutes"), "give DTEND or DURATION")


def _people(component: Any, names: Mapping[str, str]) -> tuple[str, ...]:
    attendees = component.get("ATTENDEE", [])
    addresses = attendees if isinstance(attendees, list) else [attendees]
    found = [names.get(_folded(str(each).lower().removeprefix("mailto:"))) for each in addresses]
    if not any(found):
        said = [part for part in str(component.get("SUMMARY", "")).split(",") if part.strip()]
        found = [names.get(_folded(part)) for part in said]
        if not any(found):
            hint = "write ids, names or mail addresses of people; nobody is on call by it"
            raise _ProblemError(
                "event that names nobody known:", component.get("SUMMARY", ""), hint, harmless=True
            )
    return tuple(dict.fromkeys(each for each in found if each))


def _names(people: Mapping[str, Person]) -> dict[str, str]:
    """Ids by everything that people may be called."""
    out: dict[str, str] = {}
    for id, person in people.items():
        for name in (id, person.name, *(each.to for each in person.contacts if "@" in each.to)):
            out.setdefault(_folded(name), id)
    return out


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _rule(component: Any) -> Recurrence | None:
    written = component.get("RRULE")
    if written is None:
        return None
    if isinstance(written, list):
        raise _ProblemError("event with several RRULE", "", "write an event each")
    if not isinstance(written, Mapping):
        raise _ProblemError("recurrence that cannot be read:", _said(written))
    try:
        return recurrence({str(name).upper(): _values(values) for name, values in written.items()})
    except RuleProblem as problem:
        raise _ProblemError("recurrence that cannot be read:", problem, "write it in fewer words") from None


def _values(values: Any) -> list[object]:
    return list(values) if isinstance(values, list) else [values]


def _moments(component: Any, name: str, here: Any) -> Iterator[float]:
    """The civil moments of a property that holds one time, or lists of them."""
    value = component.get(name)
    for each in value if isinstance(value, list) else [value] if value is not None else []:
        for one in _value(each, "dts") or [each]:
            at = _value(one)
            if not isinstance(at, date) or not EARLIEST <= at.year <= LATEST:
                raise _ProblemError(f"{name} that is no time:", _said(each))
            yield at.timestamp() if isinstance(at, datetime) and at.tzinfo else _civil(_local(at, here), here)


def _value(written: Any, name: str = "dt") -> Any:
    """What was made of a property; None of one that could not be read."""
    from icalendar.error import BrokenCalendarProperty

    try:
        return getattr(written, name, None)
    except BrokenCalendarProperty:
        return None


def _zone(start: Start, otherwise: ZoneInfo) -> Any:
    return start.tzinfo if isinstance(start, datetime) and start.tzinfo is not None else otherwise


def _local(at: Start, here: Any) -> datetime:
    """What the clocks of a zone show then."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    return at.astimezone(here).replace(tzinfo=None) if at.tzinfo is not None else at


def _civil(local: datetime, zone: Any) -> float:
    return moment(local, zone) if isinstance(zone, ZoneInfo) else local.replace(tzinfo=zone).timestamp()


def _event_lines(text: str) -> list[int]:
    return [
        number for number, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"
    ]


def _without_zones(text: str) -> str:
    """The text without its VTIMEZONE parts: zones go by their names, and rules of a file's own could have no end."""
    kept, inside = [], False
    for line in text.splitlines():
        word = line.strip().upper()
        if word == "BEGIN:VTIMEZONE":
            inside = True
        if not inside:
            kept.append(line)
        if word == "END:VTIMEZONE":
            inside = False
    return "\r\n".join(kept) + "\r\n"


def _said(value: object) -> str:
    return "" if value is None else str(value)[:80]
