"""The digest of a unit: what is open there, and what closed since the last one. Pure (docs/decisions/0013)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from alerts.incidents import Incident
from alerts.messages import ZONE
from alerts.notification import Notification, Target
from alerts.routing import Directory, Matter, reach
from alerts.rules import Severity
from alerts.summary import Words, bounded, briefly
from ioc.units import Units
from ioc.worktime import WorkCalendar

DIGEST = "digest"
AT = time(7, 30)
"""local time at which it is told on a working day"""
FIRST_LOOKS_BACK = 86_400.0
OFFICE = WorkCalendar(ZONE, frozenset({1, 2, 3, 4, 5}), ((7 * 60 + 30, 17 * 60),))
"""working days where no calendar is configured"""


_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "vi": Words(
            "{open} sự cố đang mở, {closed} đã hết từ {since}",
            "Còn mở từ {since}: {title}, {where} (sự cố {incident})",
            "Đã hết lúc {ended}, từ {since}: {title}, {where} (sự cố {incident})",
            "… và {} sự cố nữa",
        ),
        "en": Words(
            "{open} incidents open, {closed} closed since {since}",
            "Open since {since}: {title}, {where} (incident {incident})",
            "Over at {ended}, since {since}: {title}, {where} (incident {incident})",
            "… and {} incidents more",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets the digest of a unit."""

    unit: str
    target: Target
    language: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What a unit is told: the incidents that are open, worst first, and those closed since a civil time."""

    since: float
    open: tuple[Incident, ...]
    closed: tuple[Incident, ...]


def calendar_of(calendars: Mapping[str, WorkCalendar]) -> WorkCalendar:
    """Whose working days count: the first calendar that is configured."""
    return next(iter(calendars.values()), OFFICE)


def moment(calendar: WorkCalendar, civil: float) -> float | None:
    """When the digest of the day of a civil time is due; None on a day that is not worked."""
    day = datetime.fromtimestamp(civil, calendar.zone).date()
    return _at(calendar, day) if calendar.works(day) else None


def next_moment(calendar: WorkCalendar, civil: float) -> float | None:
    """The first moment after a civil time at which one is due; None within a year."""
    day = datetime.fromtimestamp(civil, calendar.zone).date()
    coming = (day + timedelta(days=ahead) for ahead in range(367))
    due = (_at(calendar, each) for each in coming if calendar.works(each))
    return next((each for each in due if each > civil), None)


def readers(directory: Directory) -> Iterator[Reader]:
    """Everybody who gets one and can be told."""
    matter = Matter({}, Severity.INFO.value)
    for receiver in directory.receivers.values():
        if receiver.digest and receiver.unit and matter.suits(receiver) and receiver.channel.own_address():
            yield Reader(receiver.unit, Target(receiver.name), "vi")
    for person in directory.duty.people.values():
        if person.digest and person.unit:
            target = reach(person, matter, directory)
            if target is not None:
                yield Reader(person.unit, target, person.language)


def of_unit(unit: str, incidents: Iterable[Incident], since: float, units: Units, day: date) -> Digest:
    """What of some incidents, in civil time, concerns a unit: its own, those below, and ours where none is above it."""
    top = not any(True for _ in units.ancestors(unit, day))
    mine = [each for each in incidents if _concerns(unit, str(each.facts.get("unit", "")), top, units, day)]
    still = sorted((each for each in mine if each.closed is None), key=_urgency)
    over = [each for each in mine if each.closed is not None and each.closed > since and each.into is None]
    return Digest(since, tuple(still), tuple(sorted(over, key=lambda each: each.closed or 0.0)))


def notification(digest: Digest, reader: Reader, number: int, at: float, link: str) -> Notification:
    """What a reader is told at a civil time."""
    said = _WORDS.get(reader.language, _WORDS["vi"])
    title = said.title.format(open=len(digest.open), closed=len(digest.closed), since=briefly(digest.since))
    known = {"what": title, "summary": title, "lines": _lines(digest, said), "kind": DIGEST}
    labels = {
        "alertname": DIGEST, "incident": "0", "subject": "self/digest", "unit": reader.unit, "delivery": str(number)
    }  # fmt: skip
    status = "firing" if digest.open else "resolved"
    return Notification(
        number, 0, reader.target.receiver, DIGEST, status, Severity.INFO.value, at, at, None, labels, known, link,
        to=reader.target.to, person=reader.target.person, language=reader.language, because=DIGEST,
    )  # fmt: skip


def _concerns(unit: str, of: str, top: bool, units: Units, day: date) -> bool:
    if not of:
        return top
    return unit == of or unit in set(units.ancestors(of, day))


def _lines(digest: Digest, said: Words) -> str:
    lines = [_line(said.open, each) for each in digest.open]
    lines += [_line(said.closed, each) for each in digest.closed]
    return bounded(lines, said.more)


def _line(words: str, incident: Incident) -> str:
    facts = incident.facts
    where = str(facts.get("unit_name") or facts.get("site_name") or incident.root)
    return words.format(
        since=briefly(float(str(facts.get("began", incident.opened)))),
        ended="" if incident.closed is None else briefly(incident.closed),
        title=facts.get("title", incident.root),
        where=where,
        incident=incident.id,
    )


def _urgency(incident: Incident) -> tuple[int, float]:
    return -incident.severity.rank, incident.opened


def _at(calendar: WorkCalendar, day: date) -> float:
    return datetime.combine(day, AT, calendar.zone).timestamp()
