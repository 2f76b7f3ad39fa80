"""What a feed is: one way in which cases with deadlines reach us (docs/decisions/0022-feeds-of-cases.md).

A feed only brings in. What a case is then, how it stands and who is told is for the book.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ioc.cases.model import Case, Finding, Stage, Update
from ioc.clock import Clock
from ioc.telemetry import Telemetry

MOST_A_BATCH = 1_000
"""updates in one commit"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is committed together; `cursor` is how far the source is read then, None where that did not change."""

    updates: Sequence[Update] = ()
    findings: Sequence[Finding] = ()
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A request to a feed that is a server; `path` follows its own address, names of `headers` are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to one."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Around:
    """What every feed is built from.

    `keep` returns once the batch is committed; raises NotCommitted. `unit_of(scheme, code)` is our id of a unit, None
    where nobody knows the code; an empty scheme tries all. `stage_of(kind, status)` is what a status means, None for an
    unknown one. `day_end(date)` is the civil moment that a date without a time means. `say(state, detail)` shows how
    the feed is. `find(key)` is the case as it is kept; None where that cannot be asked.
    """

    id: str
    clock: Clock
    telemetry: Telemetry
    zone: ZoneInfo
    keep: Callable[[Batch], Awaitable[None]]
    cursor: Callable[[], str | None]
    unit_of: Callable[[str, str], str | None]
    stage_of: Callable[[str, str], Stage | None]
    day_end: Callable[[date], float]
    say: Callable[[str, str], None]
    find: Callable[[str], Awaitable[Case | None]] | None = None


class Feed(Protocol):
    """One way in; building one reads nothing and connects nowhere."""

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]

    def __init__(self, options: BaseModel, around: Around) -> None: ...

    async def run(self) -> None:
        """Ask or read until cancelled; whatever fails is said, and tried again by the feed itself."""

    async def hear(self, heard: Heard) -> Said:
        """Answer a request; one that asks answers 404."""
