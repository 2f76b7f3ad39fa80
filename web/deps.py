"""What the web part needs from its neighbours, and what it lets people ask of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from ioc import schema
from ioc.clock import Clock
from ioc.deliveries import Asked, Row
from ioc.matchers import Matcher
from ioc.picture import Picture
from ioc.recurrence import Every
from ioc.schema import Measurement
from ioc.store.admission import Admission
from ioc.store.base import Reader
from ioc.telemetry import Telemetry
from web.auth import Access, Need
from web.push import Pace


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this service can do its work, and what is degraded: by part, a sentence each."""

    ready: bool
    degraded: Mapping[str, str] = field(default_factory=dict)


class Desk(Protocol):
    """What may be asked for over HTTP; each raises errors.Refused when it may not be done."""

    async def acknowledge(self, incident: int, by: str, note: str, seen: float | None = None) -> None:
        """Take an incident; `seen` is its `decided` as whoever takes it saw it."""

    async def assign(self, incident: int, to: str, by: str) -> None:
        """Give an incident to somebody."""

    async def comment(self, incident: int, text: str, by: str) -> None:
        """Say something of an incident."""

    async def close_incident(self, incident: int, reason: str, by: str) -> None:
        """Close an incident whose root is not down."""

    async def maintain(
        self, kind: str, id: str, start: float | None, end: float, reason: str, by: str
    ) -> str:
        """Begin maintenance of a scope, between two steady times (None is now); the id it was given."""

    async def end_maintenance(self, id: str, by: str) -> None:
        """End maintenance before its time."""

    async def reload(self) -> Sequence[str]:
        """Read the configuration again: what changed; a bad one raises ConfigError and the old one stays."""

    def readiness(self) -> Readiness:
        """How this service is."""


class Silencing(Protocol):
    """What may be asked of silences; each raises errors.Refused when it may not be done."""

    async def begin(
        self, matchers: Sequence[Matcher], start: float | None, end: float, reason: str, by: str
    ) -> str:
        """Silence what the matchers hold of, between two steady times (None is now); the id it was given."""

    async def extend(self, id: str, end: float, by: str) -> None:
        """Have a silence end later."""

    async def expire(self, id: str, by: str) -> None:
        """End a silence now."""


class Recurring(Protocol):
    """What may be asked of maintenance that comes again; each raises errors.Refused when it may not be done."""

    async def begin(self, scope: str, target: str, every: Every, reason: str, by: str) -> str:
        """Have maintenance of a scope come again; the id it was given."""

    async def end(self, number: int, by: str) -> None:
        """Have it not come again."""

    async def skip(self, number: int, by: str) -> None:
        """Leave it out once."""


class Rota(Protocol):
    """What may be asked of schedules; times are steady, each raises errors.Refused when it may not be done."""

    def people(self) -> Mapping[str, str]:
        """Names by id of all who can be put on call."""

    def overview(self) -> Sequence[Mapping[str, Any]]:
        """Every schedule: who is on call, until when, shifts, gaps and changes."""

    def told(self, id: str) -> Mapping[str, Any]:
        """The same of one schedule."""

    def calendar(self, id: str) -> bytes:
        """A schedule's shifts as an iCalendar file."""

    async def override(
        self, schedule: str, start: float, end: float, people: Sequence[str], by: str, reason: str
    ) -> int:
        """These people instead of whoever would be; the change's number, once it is kept."""

    async def swap(
        self, schedule: str, start: float, end: float, one: str, other: str, by: str, reason: str
    ) -> int:
        """Two people take each other's turns; the change's number, once it is kept."""

    async def withdraw(self, schedule: str, number: int, by: str) -> None:
        """Take a change back."""


class PagingDesk(Protocol):
    """What may be asked of deliveries; times are civil, each raises errors.Refused when it may not be done."""

    async def deliveries(self, asked: Asked, language: str = "") -> Sequence[Row]:
        """Rows of the ledger, newest first; each with a sentence, `text`, where a language is named."""

    async def explain(self, incident: int, person: str, language: str) -> Mapping[str, Any]:
        """Why who was told of an incident; or why one person was, or was not."""

    async def page(self, to: str, by: str) -> Sequence[Row]:
        """Send a test page; every delivery made of it."""


class Handover(Protocol):
    """What may be asked of the shift log; each raises errors.Refused when it may not be done."""

    async def write(self, by: str, schedule: str, text: str) -> Mapping[str, Any]:
        """Keep a note with the incidents that are open now."""

    async def find(self, words: str, before: int | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """Notes in which every word stands, newest first."""


class Visitors(Protocol):
    """What other programs may tell us; each raises errors.Refused when it is not taken."""

    def token(self) -> str:
        """What whoever posts alerts must show."""

    async def take(self, body: bytes) -> Sequence[str]:
        """Take a post of alerts: what is wrong with each that is not taken, once the others are kept."""

    async def beat(self, name: str, token: str) -> float:
        """Take a sign of life: seconds until the next one is late, once it is kept."""


@dataclass(frozen=True, slots=True)
class Wall:
    """How the wall is shown: its name, farthest chair and screen height in metres, languages in order."""

    name: str = ""
    distance_m: float = 8.0
    screen_height_m: float = 2.05
    languages: tuple[str, ...] = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Door:
    """Where other programs write for history: the token they show, what is admitted, and what keeps it.

    `keep` takes lines with times in microseconds and returns when a crash would not lose them; it raises
    StoreError when there is no room.
    """

    token: str = field(repr=False)
    admission: Admission
    keep: Callable[[Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What history holds: measurements by name, and the names of those that other programs write (`foreign`)."""

    measurements: Mapping[str, Measurement]
    foreign: frozenset[str] = frozenset()


def _at_least() -> Kept:
    every = (schema.endpoint((schema.LOSS, schema.RTT)), schema.STATE, schema.DROPPED)
    return Kept({each.name: each for each in every})


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything the web part is given; `static` is the folder of the built front end."""

    clock: Clock
    picture: Picture
    telemetry: Telemetry
    desk: Desk
    static: Path
    access: Access = field(default_factory=Access)
    wall: Wall = field(default_factory=Wall)
    pace: Pace = field(default_factory=Pace)
    door: Door | None = None
    history: Reader | None = None
    kept: Callable[[], Kept] = _at_least
    """what history holds, as configured now"""
    silencing: Silencing | None = None
    recurring: Recurring | None = None
    rota: Rota | None = None
    paging: PagingDesk | None = None
    shift: Handover | None = None
    visitors: Visitors | None = None


MAY = web.RequestKey("may", Need)
"""what whoever sent this request may do"""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One address: what it needs of whoever asks, and what answers."""

    method: str
    path: str
    need: Need
    handler: Handler
    upgrades: bool = False
    """becomes a WebSocket, which a page of another origin could open as well"""
    own_token: bool = False
    """for machines alone: the handler asks for a token of its own, which no page of any origin has"""

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method not in ("GET", "HEAD")
