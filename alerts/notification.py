"""What a receiver is told: everything in it is fixed when it is owed, so that a repeat says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson


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

    def repeated(self) -> Notification:
        """The same, said again."""
        return replace(self, repeat=True)


def encode(notification: Notification) -> str:
    """As JSON, for the state file."""
    return orjson.dumps(asdict(notification)).decode()


def decode(text: str) -> Notification:
    """From JSON; raises ValueError or TypeError when it is none of ours."""
    fields: dict[str, Any] = orjson.loads(text)
    return Notification(**fields)
