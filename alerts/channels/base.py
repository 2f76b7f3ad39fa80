"""The seam to the ways people are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel

from alerts.notification import Notification

EVERY_SEVERITY = frozenset({"critical", "warning", "info"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a channel took a notification, and what it answered."""

    answer: str = ""


class Channel(Protocol):
    """One way to tell people; made from an instance of its own `Options`, which connects to nothing."""

    Options: ClassVar[type[BaseModel]]

    def __init__(self, options: Any) -> None: ...

    def own_address(self) -> str:
        """Where it goes when a notification names no address; empty when it can only be used through people."""

    async def send(self, notification: Notification) -> Receipt:
        """Deliver to `notification.to`, else to its own address; raises Undeliverable, which says whether for good."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom incidents of some severities are told, by which channel."""

    name: str
    channel: Channel
    severities: frozenset[str] = EVERY_SEVERITY
    unit: str = ""
    """the unit whose receiver it is"""
    digest: bool = False
    """it gets the digest of its unit"""
    kind: str = ""
    """the channel's name in the configuration"""
    per_minute: int | None = None
    """attempts in any 60 s at most; None: as they come"""
    max_age: float = 3600.0
    """seconds after which what was owed is only summed up"""
