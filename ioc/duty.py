"""Who is told of incidents, and who is on call: as configuration declared it (docs/decisions/0013)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ioc.matchers import Matcher


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a person: the receiver that takes it there, and the address in its terms."""

    by: str
    to: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told; contacts in the order in which they are tried."""

    id: str
    name: str
    contacts: tuple[Contact, ...]
    unit: str = ""
    phone: str = ""
    language: str = "vi"
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """A rotation: turns follow each other from `start`, each `every` local days or hours long.

    `start` is local time in the schedule's zone. Exactly one of `days` and `hours` is not 0. The layer is on duty
    only while `calendar` is open (or closed, where `closed`), and within `daily` minutes of the day (first, last
    excluded; over midnight where last is not after first). Empty means always.
    """

    turns: tuple[tuple[str, ...], ...]
    start: datetime
    days: int = 0
    hours: int = 0
    calendar: str = ""
    closed: bool = False
    daily: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """These people and nobody else, between two local times, end excluded."""

    start: datetime
    end: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """Two people take each other's turns between two local times, end excluded."""

    start: datetime
    end: datetime
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry of a calendar file: these people between two civil moments, end excluded."""

    start: float
    end: float
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who is on call when: overrides beat layers, a later layer an earlier one, layers bookings; swaps come last.

    A turn of nobody leaves it to the layers before. Somebody should be there whenever the calendar `cover` is open
    (or closed, where `cover_closed`); empty means always.
    """

    id: str
    name: str
    zone: ZoneInfo
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    swaps: tuple[Swap, ...] = ()
    bookings: tuple[Booking, ...] = ()
    cover: str = ""
    cover_closed: bool = False

    def people(self) -> set[str]:
        """The ids of all whom it may ever call."""
        ids = {id for layer in self.layers for turn in layer.turns for id in turn}
        ids.update(id for override in self.overrides for id in override.people)
        ids.update(id for booking in self.bookings for id in booking.people)
        return ids.union(id for swap in self.swaps for id in (swap.one, swap.other))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain: what it tells, seconds until the next one, the calendar outside which it is passed over."""

    tell: tuple[str, ...]
    wait: float
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """Who is told one after another until somebody acknowledges; `repeat` further rounds, then `remind` seconds."""

    id: str
    steps: tuple[Step, ...]
    repeat: int = 0
    remind: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """Which incidents go to whom; an empty condition holds for every incident."""

    id: str
    match: tuple[Matcher, ...] = ()
    severities: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    hours: str = ""
    outside: str = ""
    tell: tuple[str, ...] = ()
    chain: str = ""
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """Everything of this kind that was configured, by id; routes in order."""

    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    schedules: Mapping[str, Schedule] = field(default_factory=lambda: MappingProxyType({}))
    chains: Mapping[str, Chain] = field(default_factory=lambda: MappingProxyType({}))
    routes: tuple[Route, ...] = ()
