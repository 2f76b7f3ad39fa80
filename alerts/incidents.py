"""What a person is paged about: the incident, what can be decided about it and why, and the book of them. Pure.

Which incident a transition belongs to is decided in `alerts.planning`, whom of it is told in `alerts.telling`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from alerts.notification import Target
from alerts.oncall.escalation import Escalation
from alerts.rules import Severity

REOPEN_WITHIN = 15 * 60.0
DOWN, UNREACHABLE, UNKNOWN = "down", "unreachable", "unknown"


class Verb(StrEnum):
    """What was decided; the value is also the kind of what is told."""

    OPENED = "opened"
    REOPENED = "reopened"
    JOINED = "joined"
    RAISED = "raised"
    GREW = "grew"
    LEFT = "left"
    CLOSED = "closed"
    ABSORBED = "absorbed"
    FLAPPING = "flapping"
    CHANGED = "changed"
    """a change while it is flapping: noted, not told"""
    SETTLED = "settled"
    """flapping ended with the fault still there: an ordinary incident again"""
    HELD = "held_by_parent"
    UNTOLD = "untold"
    """nobody was told of it"""
    SILENCED = "silenced"
    """it owes nothing while a silence or maintenance holds it"""
    PASSED = "passed_over"
    """a step of its chain tells nobody"""
    ESCALATED = "escalated"
    REMINDER = "reminder"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    NOTED = "noted"


class Because(StrEnum):
    """Why it was decided."""

    NO_INCIDENT_COVERS_IT = "no_incident_covers_it"
    SAME_ROOT = "same_root"
    PARENT_INCIDENT = "parent_incident"
    PARENT_DOWN_WITHOUT_INCIDENT = "parent_down_without_incident"
    AGAIN_WITHIN_15_MIN = "again_within_15_min"
    MORE_SEVERE = "more_severe"
    OUTAGE_NOW = "outage_now"
    """what was told as a lack of quality is an outage now"""
    MEMBERS_GREW_BY_HALF = "members_grew_by_half"
    ALERT_ENDED = "alert_ended"
    LAST_ALERT_ENDED = "last_alert_ended"
    ROOT_ENDED_MEMBER_STILL_DOWN = "root_ended_member_still_down"
    CAUSE_FOUND_ABOVE = "cause_found_above"
    FIVE_CHANGES_IN_30_MIN = "five_changes_in_30_min"
    STILL_FLAPPING = "still_flapping"
    STABLE_15_MIN = "stable_15_min"
    PARENT_NOT_SEEN_YET = "parent_not_seen_yet"
    """after a start, until what is in front of it has been asked once"""
    STEP_DUE = "step_due"
    REMINDER_DUE = "reminder_due"
    ACKNOWLEDGEMENT_RUNS_OUT = "acknowledgement_runs_out"
    ACKNOWLEDGEMENT_EXPIRED = "acknowledgement_expired"
    SILENCE_ENDED = "silence_ended"
    BY_HAND = "by_hand"
    NOTHING_TO_DO = "nothing_to_do"


TELLS = frozenset(
    {Verb.OPENED, Verb.REOPENED, Verb.RAISED, Verb.GREW, Verb.CLOSED, Verb.ABSORBED, Verb.FLAPPING}
)
"""decisions that people are told"""
ENDS = frozenset({Verb.CLOSED, Verb.ABSORBED})


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has it in hand."""

    by: str
    at: float
    note: str = ""
    critical_since: float | None = None
    """from when on its two hours run: those of a critical incident"""
    reminded: bool = False
    """whoever acknowledged has been told that it runs out"""

    def moved(self, by: float) -> Acknowledgement:
        """The same with its times moved."""
        since = None if self.critical_since is None else self.critical_since + by
        return replace(self, at=self.at + by, critical_since=since)


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody wanted to say of an incident."""

    by: str
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing people are paged about. Times are steady seconds."""

    id: int
    root: str
    rule: str
    severity: Severity
    opened: float
    alerts: frozenset[str]
    """keys of the alerts in it that fire"""
    closed: float | None = None
    members: int = 1
    peak: int = 1
    told_members: int = 1
    told_at: float = 0.0
    changes: tuple[float, ...] = ()
    """the last confirmed changes of the root"""
    flapping: bool = False
    outage: bool = False
    """the root has been down in it, not only poor"""
    into: int | None = None
    """the incident that absorbed it"""
    acknowledged: Acknowledgement | None = None
    told: tuple[Target, ...] = ()
    """whoever was told, or is owed, that it opened, in that order, by the way that reached them last"""
    escalation: Escalation | None = None
    silenced_by: str = ""
    """the silence that holds it, or `maintenance`; empty: none"""
    missed: str = ""
    """the gravest kind of what was not told while it was silenced"""
    heard: bool = False
    """somebody was told, or is owed, that it opened, before it closed the last time"""
    closed_to: tuple[Target, ...] = ()
    """who was told that it was over, until it opens again"""
    untold: str = ""
    """why nobody was told; empty when somebody was"""
    assigned: str = ""
    """who is to see to it"""
    remarks: tuple[Remark, ...] = ()
    """the newest comments"""
    decided: float = 0.0
    """when something was last decided or done about it"""
    facts: Mapping[str, object] = field(default_factory=dict)
    """what is shown of it: title, owner, next action and so on, as they stood when it opened"""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that follows, for one incident (None: for none)."""

    verb: Verb
    because: Because
    incident: int | None
    subject: str
    alert: str = ""
    severity: Severity | None = None
    into: int | None = None
    alerts: frozenset[str] = frozenset()
    outage: bool = False
    """it begins, or goes on, with the root down"""


class Topology(Protocol):
    """Who stands behind whom, and what is so of them now."""

    def ancestors(self, subject: str) -> Iterable[str]:
        """Nearest first."""

    def descendants(self, subject: str) -> Iterable[str]:
        """Everything behind it."""

    def state(self, subject: str) -> str:
        """The state the picture shows."""

    def awaited(self, subject: str, now: float) -> bool:
        """Whether it has not been asked since the service started, which is moments ago."""


class Book:
    """The incidents that are open or closed lately, and the alerts no incident has."""

    def __init__(self, incidents: Iterable[Incident] = (), next_id: int = 1) -> None:
        self.next_id = next_id
        self.incidents: dict[int, Incident] = {}
        self.held: dict[str, tuple[str, Severity]] = {}
        """firing alerts that wait for what their parent turns out to be: subject, severity"""
        self.dismissed: set[str] = set()
        """firing alerts whose incident somebody closed: noted, until they fire anew"""
        self._held_of: dict[str, dict[str, None]] = {}
        self._of_alert: dict[str, int] = {}
        self._of_root: dict[str, int] = {}
        for incident in incidents:
            self.put(incident)

    def __iter__(self) -> Iterator[Incident]:
        return iter(self.incidents.values())

    def open_of_root(self, subject: str) -> Incident | None:
        """The open incident whose root a subject is."""
        incident = self.of_root(subject)
        return incident if incident and incident.closed is None else None

    def of_root(self, subject: str) -> Incident | None:
        """The newest incident of a root, open or closed lately."""
        number = self._of_root.get(subject)
        return self.incidents[number] if number is not None else None

    def of_alert(self, alert: str) -> Incident | None:
        """The open incident that an alert is in."""
        number = self._of_alert.get(alert)
        return self.incidents[number] if number is not None else None

    def put(self, incident: Incident, only: str = "") -> None:
        """Enter an incident, or its newer version; `only`: no other alert than this one came or left."""
        old = self.incidents.get(incident.id)
        before = old.alerts if old else frozenset()
        if before is not incident.alerts:
            for alert in (only,) if only else before ^ incident.alerts:
                if alert in incident.alerts:
                    self._of_alert[alert] = incident.id
                elif self._of_alert.get(alert) == incident.id:
                    del self._of_alert[alert]
        newest = self._of_root.get(incident.root)
        if newest is None or newest <= incident.id:
            self._of_root[incident.root] = incident.id
        self.incidents[incident.id] = incident

    def forget(self, number: int) -> None:
        """Drop a closed incident."""
        incident = self.incidents.pop(number)
        if self._of_root.get(incident.root) == number:
            del self._of_root[incident.root]

    def hold(self, alert: str, subject: str, severity: Severity) -> None:
        """Keep a firing alert that waits for its parent."""
        self.held[alert] = (subject, severity)
        self._held_of.setdefault(subject, {})[alert] = None

    def release(self, alert: str) -> None:
        """An alert waits no longer, if it did."""
        found = self.held.pop(alert, None)
        if found is not None:
            here = self._held_of[found[0]]
            del here[alert]
            if not here:
                del self._held_of[found[0]]

    def held_of(self, subject: str) -> tuple[str, ...]:
        """The alerts on a subject that wait."""
        return tuple(self._held_of.get(subject, ()))
