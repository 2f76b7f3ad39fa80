"""The keys that say who is told of incidents and who is on call (docs/oncall.md)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ioc.config.kinds import Duration, Id, Language, Model, Moment, Severity, Text, Window, Words

REFERENCES = "each `receiver:NAME`, `person:ID`, `schedule:ID` or `unit`"


class Contact(Model):
    """One way to reach a person."""

    by: Id = Field(description="name of the receiver that takes it there")
    to: Text = Field(min_length=1, description="address in its terms: a telephone number, a mail address")


class Person(Model):
    """Somebody who can be told."""

    name: Text = Field(min_length=1, description="name shown on screens")
    unit: Id | None = Field(default=None, description="unit whose `unit` this person is when it is told")
    phone: Text = Field(default="", description="telephone number shown beside whoever is on call")
    language: Language = Field(default="vi", description="language of what this person is told")
    digest: bool = Field(default=False, description="gets the digest of the unit on working days")
    contacts: list[Contact] = Field(
        default=[],
        max_length=10,
        description="ways to reach this person, in the order in which they are tried",
    )


class While(Model):
    """When a calendar says so."""

    calendar: Id = Field(description="name of the calendar")
    is_: Literal["open", "closed"] = Field(default="open", alias="is", description="what it has to be")


class Layer(Model):
    """A rotation; a later layer beats an earlier one while it is on duty."""

    turns: list[Words] = Field(
        min_length=1,
        max_length=100,
        description="who takes turns, each a list of people; `[]` leaves one out",
    )
    start: Moment = Field(description="local time at which the first turn begins")
    every: Duration = Field(default=7 * 86_400.0, description="length of a turn: whole hours, up to 366d")
    daily: Window | None = Field(
        default=None, description="only within this window of the day, which may go over midnight"
    )
    while_: While | None = Field(
        default=None, alias="while", description="only while this calendar is open, or closed"
    )


class Override(Model):
    """These people and nobody else."""

    start: Moment = Field(description="local time at which it begins")
    end: Moment = Field(description="local time at which it is over")
    people: Words = Field(min_length=1, description="who is on call")


class Swap(Model):
    """Two people take each other's turns."""

    start: Moment = Field(description="local time at which it begins")
    end: Moment = Field(description="local time at which it is over")
    one: Id = Field(description="one person")
    other: Id = Field(description="the other person")


class Schedule(Model):
    """Who is on call when. Overrides beat layers, layers the calendar file; swaps come last."""

    name: Text = Field(min_length=1, description="name shown on screens")
    timezone: Text | None = Field(default=None, description="IANA time zone; default: the center's")
    layers: list[Layer] = Field(
        default=[], max_length=20, description="rotations, a later one beats an earlier one"
    )
    overrides: list[Override] = Field(
        default=[], max_length=500, description="exceptions, a later one beats an earlier one"
    )
    swaps: list[Swap] = Field(default=[], max_length=500, description="turns that two people exchange")
    ical: Text | None = Field(
        default=None,
        description="iCalendar file, path from the directory; an event's attendees or summary name who is on call",
    )
    cover: While | None = Field(
        default=None,
        description="when somebody has to be on call; default: always. Outside it nobody is no gap",
    )


class Step(Model):
    """One step of a chain."""

    tell: list[Text] = Field(min_length=1, max_length=20, description=f"who is told: {REFERENCES}")
    wait: Duration = Field(default=600.0, description="until the next step is due; up to 7d")
    hours: Id | None = Field(default=None, description="calendar outside whose sessions it is passed over")


class Chain(Model):
    """Who is told one after another until somebody acknowledges."""

    steps: list[Step] = Field(min_length=1, max_length=20, description="its steps, in order")
    repeat: int = Field(default=0, ge=0, le=20, description="further rounds after the first")
    remind: Duration = Field(
        default=0.0, description="between reminders after the last round, 5m or more; `0s`: none"
    )


class Route(Model):
    """Which incidents go to whom; read from the top, the first that matches is taken."""

    id: Id = Field(description="its id, for messages and the ledger")
    match: list[Text] = Field(
        default=[],
        max_length=20,
        description="Alertmanager's matchers over labels and severity, all of which hold",
    )
    severities: list[Severity] = Field(default=[], description="only these; empty: every")
    units: Words = Field(default=[], description="only of these units and those below; empty: of every")
    hours: Id | None = Field(default=None, description="only while this calendar is open")
    outside: Id | None = Field(default=None, description="only while this calendar is closed")
    tell: list[Text] = Field(default=[], max_length=20, description=f"who is told at once: {REFERENCES}")
    chain: Id | None = Field(default=None, description="chain that begins")
    continue_: bool = Field(
        default=False, alias="continue", description="take the next routes that match too"
    )
