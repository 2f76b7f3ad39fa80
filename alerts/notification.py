"""What a receiver is told: everything in it is fixed when it is owed, so that a repeat says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What one delivery goes to; an empty address is the receiver's own."""

    receiver: str
    to: str = ""
    person: str = ""

    @property
    def party(self) -> str:
        """Who is told by it, as a reference: the person, else the receiver."""
        return f"person:{self.person}" if self.person else f"receiver:{self.receiver}"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message about one incident to one receiver. Times are civil seconds since the epoch.

    `kind` is the decision that is told (`opened`, `closed`, …), `labels` the incident's identity, `annotations`
    what a person reads.
    """

    id: int
    incident: int
    receiver: str
    kind: str
    status: str
    """firing or resolved"""
    severity: str
    at: float
    started: float
    ended: float | None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    repeat: bool = False
    """it may have been delivered before"""
    unrecorded: bool = False
    """it went out before it was written to the state file"""
    to: str = ""
    """the address in the receiver's terms; empty: where the receiver's own options say"""
    person: str = ""
    """id of the person it is for"""
    language: str = "vi"
    because: str = ""
    """why this target: the route, the step of a chain, and so on (docs/decisions/0013)"""
    instead_of: int | None = None
    """the delivery it takes the place of"""

    @property
    def target(self) -> Target:
        """Where it goes."""
        return Target(self.receiver, self.to, self.person)

    def repeated(self) -> Notification:
        """The same, said again."""
        return replace(self, repeat=True)


def encode(notification: Notification) -> str:
    """As JSON, for the state file."""
    return orjson.dumps(notification, default=dict).decode()


def decode(text: str) -> Notification:
    """From JSON; raises ValueError or TypeError when it is none of ours."""
    fields: dict[str, Any] = orjson.loads(text)
    return Notification(**fields)
