"""A configuration that was read and found right: what the rest of the house is built from."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ioc.duty import Duty
from ioc.inventory import Inventory
from ioc.others import Others
from ioc.schema import Field
from ioc.worktime import WorkCalendar


class Secret:
    """A value that is never printed; `reveal` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def matches(self, offered: str) -> bool:
        """Whether somebody offered the same value; takes as long whether they came close or not."""
        return hmac.compare_digest(self._value.encode(), offered.encode())


@dataclass(frozen=True, slots=True)
class Center:
    """Whose operations center this is."""

    id: str
    name: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files of the server's certificate chain and key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read and write; None means that nobody is asked."""

    read_token: Secret | None
    write_token: Secret | None
    origins: tuple[str, ...]
    """what browsers may send as Origin, beside the address they asked for"""
    tls: Tls | None
    behind_proxy: bool


@dataclass(frozen=True, slots=True)
class Influx:
    """An InfluxDB 2; an empty bucket of minutes or hours is none."""

    url: str
    org: str
    bucket: str
    token: Secret
    minutes_bucket: str = ""
    hours_bucket: str = ""


@dataclass(frozen=True, slots=True)
class Embedded:
    """History in a file of our own; seconds that samples, minutes and hours are kept."""

    file: Path
    raw: float
    minutes: float
    hours: float


@dataclass(frozen=True, slots=True)
class Spool:
    """Where what a store has not taken waits, and the most bytes of it."""

    directory: Path
    size: int


@dataclass(frozen=True, slots=True)
class History:
    """Which store takes history (embedded, influx or none), and what each would be given.

    `influx` may be there though another store is chosen: that is how one is filled before it takes over.
    """

    store: str
    influx: Influx | None
    embedded: Embedded
    spool: Spool


@dataclass(frozen=True, slots=True)
class Allowed:
    """A measurement that other programs may write.

    `tags` are kept, `without` are left out, any other is refused; `endpoint_tag` is the one that names an
    endpoint, empty when none does.
    """

    tags: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    endpoint_tag: str = ""


@dataclass(frozen=True, slots=True)
class Inlet:
    """What other programs may write: who shows the token, these measurements, so many series in all.

    `endpoints` gives an endpoint's id by what others call it; its id is always one of its names.
    """

    token: Secret
    measurements: Mapping[str, Allowed]
    endpoints: Mapping[str, str]
    series: int


@dataclass(frozen=True, slots=True)
class Viewing:
    """The room: metres from the farthest chair, and the height of the screen in metres."""

    distance_m: float
    screen_height_m: float


@dataclass(frozen=True, slots=True)
class Wall:
    """How the wall is shown; the first language is what it starts in."""

    viewing: Viewing
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom incidents of some severities are told, by which channel; `options` are its own.

    `unit` is the unit whose receiver it is; `digest` says whether it gets that unit's digest. At most `per_minute`
    attempts are made in any 60 s; what is `max_age` seconds late is only summed up. `offline`: it works while the
    internet is gone.
    """

    name: str
    channel: str
    severities: frozenset[str]
    options: Any
    unit: str = ""
    digest: bool = False
    per_minute: int | None = None
    max_age: float = 3_600.0
    offline: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that was configured."""

    directory: Path
    fingerprint: str
    """SHA-256 of the files read, in hexadecimal"""
    center: Center
    listen: tuple[str, int]
    public_url: str
    access: Access
    state: Path
    history: History
    inlet: Inlet | None
    wall: Wall
    systems: Mapping[str, str]
    """names by id"""
    calendars: Mapping[str, WorkCalendar]
    inventory: Inventory
    fields: Mapping[str, Field]
    """what the probes measure, by name: the fields of the measurement `endpoint`"""
    rules: tuple[object, ...]
    """what the rule compiler made of each rule, in order"""
    rule_sources: Mapping[str, Mapping[str, object]]
    """each rule as it was written, by name"""
    receivers: Mapping[str, Receiver]
    duty: Duty
    others: Others = field(default_factory=Others)
