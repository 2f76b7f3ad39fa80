"""Whom an incident is told: what its routes name, turned into targets (docs/decisions/0013). Pure.

Everything that a reference (`receiver:NAME`, `person:ID`, `schedule:ID`, `unit`) can amount to is decided here, for
the routes as for the steps of a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from alerts.channels.base import Receiver
from alerts.contacts import order
from alerts.delivery_rows import CHANNEL
from alerts.messages import day_of
from alerts.notification import Target
from ioc.duty import Contact, Duty, Person
from ioc.duty import Route as Declared
from ioc.matchers import all_hold
from ioc.units import Units
from ioc.worktime import WorkCalendar

OnCall = Callable[[str, float], tuple[str, ...]]
"""a schedule's id and a civil time: the ids of who is on call"""


class Reason(StrEnum):
    """How the routes came to what they name."""

    ROUTED = "routed"
    EVERY_RECEIVER = "severity"
    """there are no routes: every receiver that can be told itself"""
    NO_ROUTE = "no_route"
    NOBODY_FOUND = "nobody_to_tell"
    """routes were taken, and what they name amounts to nobody"""
    NO_RECEIVER = "no_receiver"
    """there are no routes, and no receiver that wants this severity"""


class Miss(StrEnum):
    """Why a reference amounts to nobody."""

    NOT_CONFIGURED = "not_configured"
    NOT_OF_THIS_SEVERITY = "not_of_this_severity"
    NO_ADDRESS_OF_ITS_OWN = "no_address_of_its_own"
    IS_WHAT_FAILS = "is_what_fails"
    """the incident is about this very channel"""
    NO_CONTACT = "no_contact"
    NOBODY_ON_CALL = "nobody_on_call"
    NO_UNIT_HAS_ANY = "no_unit_has_any"


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody may be told of; `labels` are the incident's, without `severity`."""

    labels: Mapping[str, str]
    severity: str

    @property
    def unit(self) -> str:
        """The unit it is in; empty when in none."""
        return self.labels.get("unit", "")

    @property
    def channel(self) -> str:
        """The receiver that fails, where that is what it is about: nothing is owed to that one; else empty."""
        subject = self.labels.get("subject", "")
        return subject.removeprefix(CHANNEL) if subject.startswith(CHANNEL) else ""

    def suits(self, receiver: Receiver | None) -> bool:
        """Whether a receiver takes its severity, and is not what it is about."""
        if receiver is None or receiver.name == self.channel:
            return False
        return self.severity in receiver.severities


@dataclass(frozen=True, slots=True)
class Call:
    """One target that is to be told, and why this one."""

    target: Target
    because: str


@dataclass(frozen=True, slots=True)
class Routed:
    """What the routes say of a matter.

    `taken` are the ids of the routes that hold, `chain` the first that one of them names (empty: none), `missed` the
    references that amount to nobody.
    """

    reason: Reason
    calls: tuple[Call, ...] = ()
    chain: str = ""
    taken: tuple[str, ...] = ()
    missed: tuple[tuple[str, Miss], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What one reference amounts to; `miss` says why to nobody."""

    targets: tuple[Target, ...]
    miss: Miss | None = None


def nobody(schedule: str, civil: float) -> tuple[str, ...]:
    """No schedule is known: nobody is on call."""
    return ()


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody who can be told, and what says who of them is: a configuration as it is in force."""

    duty: Duty = field(default_factory=Duty)
    receivers: Mapping[str, Receiver] = field(default_factory=lambda: MappingProxyType({}))
    units: Units = field(default_factory=Units)
    calendars: Mapping[str, WorkCalendar] = field(default_factory=lambda: MappingProxyType({}))
    on_call: OnCall = nobody
    trouble: Callable[[], Collection[str]] = frozenset
    """receivers that fail just now: contacts by them are tried last"""
    of_unit: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    """references to the receivers and people of each unit"""

    def __post_init__(self) -> None:
        of_unit: dict[str, tuple[str, ...]] = {}
        for receiver in self.receivers.values():
            if receiver.unit:
                of_unit[receiver.unit] = (*of_unit.get(receiver.unit, ()), f"receiver:{receiver.name}")
        for person in self.duty.people.values():
            if person.unit:
                of_unit[person.unit] = (*of_unit.get(person.unit, ()), f"person:{person.id}")
        object.__setattr__(self, "of_unit", of_unit)

    def is_open(self, calendar: str, civil: float) -> bool:
        """Whether a calendar is in session; one that is not known is always open, so that nobody is left untold."""
        known = self.calendars.get(calendar)
        return known is None or known.open_at(civil)


def route(matter: Matter, civil: float, directory: Directory) -> Routed:
    """Whom a matter is told at once at a civil time, and the chain that begins with it."""
    if not directory.duty.routes:
        return _every_receiver(matter, directory)
    taken = tuple(_taken(matter, civil, directory))
    if not taken:
        return Routed(Reason.NO_ROUTE)
    calls: list[Call] = []
    missed: list[tuple[str, Miss]] = []
    for each in taken:
        for reference in each.tell:
            found = find(reference, matter, civil, directory)
            calls += [Call(target, f"route {each.id}") for target in found.targets]
            missed += [(reference, found.miss)] if found.miss is not None else []
    chain = next((each.chain for each in taken if each.chain in directory.duty.chains), "")
    reason = Reason.ROUTED if calls else Reason.NOBODY_FOUND
    return Routed(reason, distinct(calls), chain, tuple(each.id for each in taken), tuple(missed))


def find(reference: str, matter: Matter, civil: float, directory: Directory) -> Found:
    """What a reference amounts to for a matter at a civil time."""
    kind, _, name = reference.partition(":")
    match kind:
        case "receiver":
            return _receiver(name, matter, directory)
        case "person":
            return _person(name, matter, directory)
        case "schedule":
            return _schedule(name, matter, civil, directory)
        case "unit":
            return _unit(matter, civil, directory)
    return Found((), Miss.NOT_CONFIGURED)


def reach(person: Person, matter: Matter, directory: Directory, last: Contact | None = None) -> Target | None:
    """The way in which a person is told first of a matter; None when there is none."""
    for contact in order(person, directory.trouble(), last):
        if matter.suits(directory.receivers.get(contact.by)):
            return Target(contact.by, contact.to, person.id)
    return None


def distinct(calls: Iterable[Call]) -> tuple[Call, ...]:
    """Each party and each address once, the first reason counts."""
    out: list[Call] = []
    seen: set[object] = set()
    for call in calls:
        keys = {call.target.party, (call.target.receiver, call.target.to)}
        if not keys & seen:
            out.append(call)
        seen |= keys
    return tuple(out)


def _every_receiver(matter: Matter, directory: Directory) -> Routed:
    calls = tuple(
        Call(Target(each.name), Reason.EVERY_RECEIVER.value)
        for each in directory.receivers.values()
        if matter.suits(each) and each.channel.own_address()
    )
    return Routed(Reason.EVERY_RECEIVER if calls else Reason.NO_RECEIVER, calls)


def _taken(matter: Matter, civil: float, directory: Directory) -> Iterator[Declared]:
    labels = {**matter.labels, "severity": matter.severity}
    units = {matter.unit, *directory.units.ancestors(matter.unit, day_of(civil))} if matter.unit else set()
    for each in directory.duty.routes:
        if _holds(each, labels, units, civil, directory):
            yield each
            if not each.goes_on:
                return


def _holds(
    route: Declared, labels: Mapping[str, str], units: set[str], civil: float, directory: Directory
) -> bool:
    if route.severities and labels["severity"] not in route.severities:
        return False
    if route.units and not route.units & units:
        return False
    if route.hours and not directory.is_open(route.hours, civil):
        return False
    if route.outside and directory.is_open(route.outside, civil):
        return False
    return all_hold(route.match, labels)


def _receiver(name: str, matter: Matter, directory: Directory) -> Found:
    receiver = directory.receivers.get(name)
    if receiver is None:
        return Found((), Miss.NOT_CONFIGURED)
    if name == matter.channel:
        return Found((), Miss.IS_WHAT_FAILS)
    if matter.severity not in receiver.severities:
        return Found((), Miss.NOT_OF_THIS_SEVERITY)
    if not receiver.channel.own_address():
        return Found((), Miss.NO_ADDRESS_OF_ITS_OWN)
    return Found((Target(name),))


def _person(id: str, matter: Matter, directory: Directory) -> Found:
    person = directory.duty.people.get(id)
    if person is None:
        return Found((), Miss.NOT_CONFIGURED)
    target = reach(person, matter, directory)
    return Found((target,)) if target is not None else Found((), Miss.NO_CONTACT)


def _schedule(id: str, matter: Matter, civil: float, directory: Directory) -> Found:
    if id not in directory.duty.schedules:
        return Found((), Miss.NOT_CONFIGURED)
    people = directory.on_call(id, civil)
    found = [_person(each, matter, directory) for each in people]
    targets = tuple(target for each in found for target in each.targets)
    if targets:
        return Found(targets)
    return Found((), Miss.NO_CONTACT if people else Miss.NOBODY_ON_CALL)


def _unit(matter: Matter, civil: float, directory: Directory) -> Found:
    """The nearest unit with somebody who can be told of this severity."""
    if not matter.unit:
        return Found((), Miss.NO_UNIT_HAS_ANY)
    for unit in (matter.unit, *directory.units.ancestors(matter.unit, day_of(civil))):
        references = directory.of_unit.get(unit, ())
        found = [find(each, matter, civil, directory) for each in references]
        targets = tuple(target for each in found for target in each.targets)
        if targets:
            return Found(targets)
    return Found((), Miss.NO_UNIT_HAS_ANY)
