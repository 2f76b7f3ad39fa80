"""Every key of the configuration, with its type, default and unit.

`docs/configuration.md` is generated from these models: a field's description is its documentation.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ioc.config.duty_schema import Chain, Person, Route, Schedule
from ioc.config.kinds import (
    Address,
    Day,
    Duration,
    Id,
    LabelName,
    Language,
    Model,
    Origin,
    SecretRef,
    Session,
    Severity,
    Size,
    Text,
    Url,
    Weekday,
    Words,
)
from ioc.config.outside_schema import Heartbeat, Outside, Watchdog


class Center(Model):
    """Whose operations center this is."""

    id: Id = Field(description="stable id of the center")
    name: Text = Field(description="name shown on the wall and in messages")
    timezone: Text = Field(default="Asia/Ho_Chi_Minh", description="IANA time zone of people and calendars")


class Tls(Model):
    """PEM files; reading them needs no password."""

    certificate: Text = Field(description="certificate chain, path from the directory")
    key: Text = Field(description="private key, path from the directory")


class Access(Model):
    """Who may read and write. Off loopback both tokens are needed, and `tls` or `behind_proxy`."""

    read_token: SecretRef = Field(default=None, description="who shows it may read; secret")
    write_token: SecretRef = Field(default=None, description="who shows it may also write; secret")
    origins: list[Origin] = Field(default=[], description="further web origins that may connect")
    tls: Tls | None = Field(default=None, description="serve TLS with these files")
    behind_proxy: bool = Field(default=False, description="a proxy in front ends TLS")


class Influx(Model):
    """An InfluxDB 2 to write history to."""

    url: Url = Field(description="address of the server")
    org: Text = Field(description="organisation the bucket belongs to")
    bucket: Text = Field(description="bucket to write to")
    token: SecretRef = Field(description="API token; secret")
    minutes_bucket: Text | None = Field(default=None, description="bucket of what was made sparse to minutes")
    hours_bucket: Text | None = Field(default=None, description="bucket of what was made sparse to hours")


class Embedded(Model):
    """History in a file of our own. The finer of two steps is kept no longer than the coarser."""

    file: Text = Field(default="state/history.db", description="the file, path from the directory")
    raw: Duration = Field(default=7 * 86_400.0, description="how long every sample is kept")
    minutes: Duration = Field(default=90 * 86_400.0, description="how long a row a minute is kept")
    hours: Duration = Field(default=3_650 * 86_400.0, description="how long a row an hour is kept")


class Spool(Model):
    """What a store has not taken yet, on our own disk."""

    directory: Text = Field(default="state/spool", description="its directory, path from the directory")
    size: Size = Field(default=1024**3, description="most it may take; then the oldest goes")


class History(Model):
    """Where history goes."""

    store: Literal["embedded", "influx", "none"] | None = Field(
        default=None, description="which store takes it; empty: `influx` when that is given, else `embedded`"
    )
    influx: Influx | None = Field(default=None, description="InfluxDB 2")
    embedded: Embedded | None = Field(default=None, description="a file of our own")
    spool: Spool = Field(default_factory=Spool, description="what waits for the store")


class InletMeasurement(Model):
    """A measurement that is taken; a line with a tag that stands in neither list is refused."""

    tags: list[Text] = Field(default=[], max_length=20, description="tags that tell its series apart")
    without: list[Text] = Field(default=[], max_length=50, description="tags that are left out")
    endpoint_tag: Text | None = Field(
        default=None, description="tag that names the endpoint; empty: the inlet's; `''`: none"
    )


class Inlet(Model):
    """What Telegraf and other programs may write for history, in line protocol; without it nothing."""

    token: SecretRef = Field(default=None, description="who shows it may write; secret, needed")
    measurements: dict[Text, InletMeasurement] = Field(
        min_length=1, max_length=500, description="what is taken, by measurement"
    )
    endpoint_tag: Text = Field(
        default="", description="tag whose value names an endpoint; its unit, site and system are added"
    )
    endpoints: dict[Text, Id] = Field(
        default={}, description="endpoints' ids by what others call them, where that is not the id"
    )
    series: int = Field(
        default=20_000, ge=1, le=1_000_000, description="most different series; further ones are refused"
    )


class Viewing(Model):
    """The room: it sets the smallest readable letter."""

    distance_m: float = Field(
        default=8.0, gt=0, le=100, description="metres from the screen to the farthest chair"
    )
    screen_height_m: float = Field(default=2.05, gt=0, le=50, description="height of the screen in metres")


class Wall(Model):
    """How the wall is shown."""

    viewing: Viewing = Field(default_factory=Viewing, description="the room")
    languages: list[Language] = Field(
        default=["vi", "en"], min_length=1, description="languages offered, first is the one it starts in"
    )


class Calendar(Model):
    """When people are there."""

    days: list[Weekday] = Field(default=["mon", "tue", "wed", "thu", "fri"], description="weekdays worked")
    sessions: list[Session] = Field(
        min_length=1, max_length=12, description="`HH:MM-HH:MM`, end excluded, up to `24:00`"
    )
    dates: dict[Day, Literal["off", "work"]] = Field(
        default={}, description="single dates that are off or worked whatever the weekday"
    )
    holidays: Id | None = Field(
        default=None, description="public holidays of a country, by its code: `VN`; `dates` correct them"
    )
    timezone: Text | None = Field(default=None, description="IANA time zone; default: the center's")


class CsvFile(Model):
    """A list that stands in a CSV file, with the keys as its columns."""

    csv: Text = Field(description="path from the directory")


class Owned(Model):
    """Who answers for a thing; where an endpoint leaves one empty, its site's holds."""

    owner: Text = Field(default="", description="person or team that answers for it")
    phone: Text = Field(default="", description="their telephone number")
    carrier: Text = Field(default="", description="carrier of the line")
    circuit: Text = Field(default="", description="the carrier's id of the line")
    hotline: Text = Field(default="", description="the carrier's fault desk")


class Unit(Model):
    """A body of the administration from `start` until `end`; rows of one id follow each other."""

    id: Id = Field(description="stable id; never changes")
    name: Text = Field(description="name shown on screens")
    parent: Id | None = Field(default=None, description="id of the unit above")
    level: Text = Field(default="", description="what the body is: province, district, commune")
    codes: dict[Id, Text] = Field(default={}, description="codes by scheme; in CSV columns `code:SCHEME`")
    start: Day | None = Field(default=None, description="first day; empty: since ever")
    end: Day | None = Field(default=None, description="first day no more; empty: still")


class Site(Owned):
    """A place with endpoints behind one uplink."""

    id: Id = Field(description="stable id")
    name: Text = Field(description="name shown on screens")
    unit: Id = Field(description="id of the unit it belongs to")
    latitude: float | None = Field(default=None, ge=-90, le=90, description="degrees north")
    longitude: float | None = Field(default=None, ge=-180, le=180, description="degrees east")


class Profile(Model):
    """How one source asks; further keys are the source's own options."""

    source: Id = Field(description="name of the source: sip, icmp, tcp")
    every: Duration = Field(default=10.0, description="between probes; 100ms to 1h")
    timeout: Duration = Field(default=1.0, description="until a probe is missed; less than `every`")


class Endpoint(Owned):
    """A thing that answers or not."""

    id: Id = Field(description="stable id")
    name: Text = Field(description="name shown on screens")
    kind: Id = Field(description="what it is: room, uplink, mcu, service, …")
    system: Id = Field(description="id of the system it belongs to")
    unit: Id = Field(description="id of the unit it belongs to")
    site: Id | None = Field(default=None, description="id of the site it stands at")
    parent: Id | None = Field(None, description="id of the endpoint this one is behind: its uplink")
    address: Address = Field(description="IPv4 or IPv6 address or host name, without a port")
    probes: Words = Field(min_length=1, description="names of probe profiles; in CSV with spaces between")
    expected: Id = Field(default="always", description="`always`, `meeting`, or the name of a calendar")
    critical: bool = Field(default=False, description="owner and phone must be known")
    labels: dict[LabelName, Text] = Field(
        default={}, max_length=20, description="what rules may read; in CSV columns `label:NAME`"
    )


class System(Model):
    """A monitored system: a band of the wall."""

    name: Text = Field(description="name shown on screens")


class Receiver(Model):
    """Whom incidents are told; further keys are the channel's own options."""

    channel: Id = Field(description="name of the channel: webhook")
    severities: list[Severity] = Field(
        default=["critical", "warning", "info"], min_length=1, description="which incidents it is told"
    )
    unit: Id | None = Field(default=None, description="unit whose `unit` it is when it is told")
    digest: bool = Field(default=False, description="gets the digest of the unit on working days")
    per_minute: int | None = Field(
        default=None, ge=1, le=6_000, description="attempts in any 60 s at most; the gravest go first"
    )
    max_age: Duration = Field(
        default=3_600.0, ge=60, le=86_400, description="what could not be told for so long is only summed up"
    )
    offline: bool | None = Field(
        default=None, description="it works while the internet is gone; empty: judged by what it talks to"
    )


class Top(Model):
    """The keys at the top; each may stand in any one `*.yaml` file of the directory."""

    center: Center = Field(description="whose center this is")
    listen: Text = Field(default="127.0.0.1:8080", description="address and port to listen on")
    public_url: Url | None = Field(
        default=None, description="where people reach the wall; stands in messages"
    )
    access: Access = Field(default_factory=Access, description="who may read and write")
    state: Text = Field(default="state/ioc.db", description="the state file, path from the directory")
    history: History = Field(default_factory=History, description="where history goes")
    inlet: Inlet | None = Field(default=None, description="what other programs may write for history")
    wall: Wall = Field(default_factory=Wall, description="how the wall is shown")
    calendars: dict[Id, Calendar] = Field(default={}, description="working hours by name")
    systems: dict[Id, System] = Field(default={}, description="monitored systems by id")
    units: list[Unit] | CsvFile = Field(default=[], description="units, or the CSV file they stand in")
    sites: list[Site] | CsvFile = Field(default=[], description="sites, or the CSV file they stand in")
    probes: dict[Id, Profile] = Field(default={}, description="probe profiles by name")
    endpoints: list[Endpoint] | CsvFile = Field(
        default=[], description="endpoints, or the CSV file they stand in"
    )
    references: list[Id] = Field(
        default=[],
        description="ids of endpoints that answer as long as our own link is up: two or more",
    )
    shipped_rules: Words = Field(
        default=["all"],
        description="`all`, `none` or the ids of shipped rules; an own rule of the same id replaces one",
    )
    rules: list[dict[str, Any]] = Field(default=[], description="own rules")
    receivers: dict[Id, Receiver] = Field(default={}, description="whom incidents are told, by name")
    people: dict[Id, Person] = Field(default={}, description="people who can be told, by id")
    schedules: dict[Id, Schedule] = Field(default={}, description="who is on call when, by id")
    chains: dict[Id, Chain] = Field(default={}, description="who is told one after another, by id")
    routes: list[Route] = Field(
        default=[],
        max_length=500,
        description="which incidents go to whom; none: every receiver gets its severities",
    )
    outside: Outside | None = Field(default=None, description="alerts that other programs may post")
    heartbeats: dict[Id, Heartbeat] = Field(
        default={}, description="signs of life that other programs owe us, by name"
    )
    watchdog: Watchdog | None = Field(default=None, description="our own sign of life to another program")
