"""What is observed, what became of it, and what may be asked of the collectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Role(StrEnum):
    """What a source's verdict may decide about an endpoint."""

    REACHABILITY = "reachability"
    """up or down"""
    SERVICE = "service"
    """degraded, with the reason; never down"""


class Verdict(StrEnum):
    """What one source holds to be so of one subject, after confirmation."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class State(StrEnum):
    """The state of an endpoint, as the wall shows it."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    OFF = "off"


class Reason(StrEnum):
    """Why a verdict or a state is what it is; screens have a sentence for each."""

    NONE = "none"
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    NO_ROUTE = "no_route"
    CLOSED_EARLY = "closed_early"
    WRONG_ANSWER = "wrong_answer"
    BAD_STATUS = "bad_status"
    NOT_REGISTERED = "not_registered"
    PARTLY_SILENT = "partly_silent"
    """one reachability source answers, another does not"""
    PARENT_DOWN = "parent_down"
    OWN_LINK_DOWN = "own_link_down"
    STALE = "stale"
    NOT_YET_PROBED = "not_yet_probed"
    NOT_EXPECTED = "not_expected"
    MAINTAINED = "maintained"
    LOCAL_FAULT = "local_fault"
    """we could not even ask: says nothing about the subject"""


NO_FIELDS: Mapping[str, float] = MappingProxyType({})


class Sample(NamedTuple):  # made twice a probe: a tuple costs a quarter of a frozen dataclass
    """What one source found about one subject.

    `at` is steady time in seconds. `verdict` is None while a miss is being confirmed. `since` is when what the
    verdict says began (the first missed probe of an outage). `answered` tells whether this very probe was
    answered, whatever the verdict still says; a lost probe of what is down but answers again counts as answered
    until a burst says otherwise. Fields: `rtt` in milliseconds, `loss` in percent of scheduled probes.
    """

    subject: str
    at: float
    source: str
    verdict: Verdict | None
    fields: Mapping[str, float] = NO_FIELDS
    answered: bool = True
    since: float | None = None
    reason: Reason = Reason.NONE
    detail: str = ""


class Point(NamedTuple):
    """Numbers for history alone: of a part of an endpoint (an interface, a storage area), or from outside.

    `subject` is the endpoint whose unit, site and system it is kept under, empty for none; `tags` are further
    ones, of those its measurement declares. `at` is steady time in seconds.
    """

    measurement: str
    subject: str
    at: float
    fields: Mapping[str, float | int | str | bool]
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attend:
    """Probe a subject more often (every `every` seconds) until the steady time `until`; 0 ends it."""

    subject: str
    every: float
    until: float


@dataclass(frozen=True, slots=True)
class Recheck:
    """Probe a subject now, so that an answer is known by the steady time `by`."""

    subject: str
    by: float


Observation = Sample
Command = Attend | Recheck
Emit = Callable[[Observation], None]
Order = Callable[[Command], None]
