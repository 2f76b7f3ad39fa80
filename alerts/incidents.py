"""What a person is paged about: which incident a transition belongs to, and what of it is told. Pure.

The root cause is the endpoint farthest up that is down: alerts behind it are its silent members. An incident whose
root turns out to stand behind another one is absorbed: it closes towards those it was told to, naming the incident
that goes on, so that nobody is left with two open pages for one fibre (docs/decisions/0004).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from alerts.lifecycle import LIT, Transition
from alerts.rules import Severity
from alerts.watching import HIDDEN

REOPEN_WITHIN = 15 * 60.0
FLAPS, FLAP_WITHIN = 5, 30 * 60.0
CALM_AFTER = 15 * 60.0
SETTLE = 60.0
"""seconds after a page in which members still being found are not news"""
DOWN, UNREACHABLE, UNKNOWN = "down", "unreachable", "unknown"
UNSEEN = frozenset({UNKNOWN, ""})
"""states in which an outage that was seen is taken to go on"""


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
    told: frozenset[str] = frozenset()
    """receivers that were told it opened"""
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
    """it begins with the root down"""


class Topology(Protocol):
    """Who stands behind whom, and what is so of them now."""

    def ancestors(self, subject: str) -> Iterable[str]:
        """Nearest first."""

    def state(self, subject: str) -> str:
        """The state the picture shows."""


class Book:
    """The incidents that are open or closed lately, and the alerts no incident has."""

    def __init__(self, incidents: Iterable[Incident] = (), next_id: int = 1) -> None:
        self.next_id = next_id
        self.incidents: dict[int, Incident] = {}
        self.held: dict[str, tuple[str, Severity]] = {}
        """firing alerts that wait for what their parent turns out to be: subject, severity"""
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

    def put(self, incident: Incident) -> None:
        """Enter an incident, or its newer version."""
        old = self.incidents.get(incident.id)
        for alert in (old.alerts - incident.alerts) if old else ():
            if self._of_alert.get(alert) == incident.id:
                del self._of_alert[alert]
        for alert in incident.alerts:
            self._of_alert[alert] = incident.id
        newest = self._of_root.get(incident.root)
        if newest is None or newest <= incident.id:
            self._of_root[incident.root] = incident.id
        self.incidents[incident.id] = incident

    def forget(self, number: int) -> None:
        """Drop a closed incident."""
        incident = self.incidents.pop(number)
        if self._of_root.get(incident.root) == number:
            del self._of_root[incident.root]


def plan(
    book: Book, transition: Transition, severity: Severity, topology: Topology, now: float
) -> tuple[Decision, ...]:
    """What follows for the incidents when an alert has gone from one phase to another."""
    was, lit = transition.was in LIT, transition.now in LIT
    if lit and not was:
        return begun(book, transition.alert, transition.subject, severity, topology, now)
    if was and not lit:
        return _ended(book, transition.alert, transition.subject, now)
    return (_decide(Verb.NOTED, Because.NOTHING_TO_DO, None, transition.subject, transition.alert),)


def begun(
    book: Book, alert: str, subject: str, severity: Severity, topology: Topology, now: float
) -> tuple[Decision, ...]:
    """Where a firing alert belongs; also asked again of the alerts that are held."""
    home, because = _home(book, subject, topology)
    outage = topology.state(subject) == DOWN
    if home is not None:
        joining = _join(home, because, alert, subject, severity, outage)
        return (*joining, *_absorbed(book, joining[-1], home.severity, subject, topology))
    if any(topology.state(each) in (DOWN, UNREACHABLE) for each in topology.ancestors(subject)):
        return (_decide(Verb.HELD, Because.PARENT_DOWN_WITHOUT_INCIDENT, None, subject, alert, severity),)
    opening = _opening(book, alert, subject, severity, outage, now)
    return (opening, *_absorbed(book, opening, severity, subject, topology))


def _home(book: Book, subject: str, topology: Topology) -> tuple[Incident | None, Because]:
    """The open incident an alert of a subject belongs to: its own root's, or one of an ancestor."""
    own = book.open_of_root(subject)
    above = None
    for ancestor in topology.ancestors(subject):
        incident = book.open_of_root(ancestor)
        if incident is not None and _explains(incident, topology.state(ancestor)):
            above = incident
    if above is not None:
        return above, Because.PARENT_INCIDENT
    return own, Because.SAME_ROOT


def _explains(incident: Incident, state: str) -> bool:
    """Whether an incident's root, in this state, is why those behind it do not answer."""
    return state in (DOWN, UNREACHABLE) or (incident.outage and state in UNSEEN)


def _join(
    home: Incident, because: Because, alert: str, subject: str, severity: Severity, outage: bool
) -> tuple[Decision, ...]:
    if home.flapping and not home.alerts:
        joined = _decide(Verb.CHANGED, Because.STILL_FLAPPING, home.id, subject, alert, severity)
    else:
        joined = _decide(Verb.JOINED, because, home.id, subject, alert)
    if severity.rank > home.severity.rank:
        return joined, _decide(Verb.RAISED, Because.MORE_SEVERE, home.id, subject, alert, severity)
    if outage and not home.outage and because is Because.SAME_ROOT:
        return joined, _decide(Verb.RAISED, Because.OUTAGE_NOW, home.id, subject, alert, home.severity)
    return (joined,)


def _opening(book: Book, alert: str, subject: str, severity: Severity, outage: bool, now: float) -> Decision:
    last = book.of_root(subject)
    if last is None or last.closed is None or last.into is not None or now - last.closed > REOPEN_WITHIN:
        verb, because, number = Verb.OPENED, Because.NO_INCIDENT_COVERS_IT, book.next_id
    elif len(_recent((*last.changes, now), now)) >= FLAPS:
        verb, because, number = Verb.FLAPPING, Because.FIVE_CHANGES_IN_30_MIN, last.id
    else:
        verb, because, number = Verb.REOPENED, Because.AGAIN_WITHIN_15_MIN, last.id
    return replace(_decide(verb, because, number, subject, alert, severity), outage=outage)


def _absorbed(
    book: Book, opening: Decision, severity: Severity, root: str, topology: Topology
) -> Iterator[Decision]:
    """The open incidents and held alerts that turn out to stand behind a root that is down."""
    if topology.state(root) not in (DOWN, UNREACHABLE):
        return
    number, worst = opening.incident, max(opening.severity or severity, severity, key=_rank)
    for incident in book:
        if incident.closed is None and incident.id != number and root in topology.ancestors(incident.root):
            worst = max(worst, incident.severity, key=_rank)
            yield Decision(
                Verb.ABSORBED, Because.CAUSE_FOUND_ABOVE, incident.id, incident.root,
                severity=incident.severity, into=number, alerts=incident.alerts,
            )  # fmt: skip
    for alert, (subject, of_held) in book.held.items():
        if root in topology.ancestors(subject):
            worst = max(worst, of_held, key=_rank)
            yield _decide(Verb.JOINED, Because.PARENT_INCIDENT, number, subject, alert)
    if worst.rank > max(opening.severity or severity, severity, key=_rank).rank:
        yield _decide(Verb.RAISED, Because.MORE_SEVERE, number, root, "", worst)


def _ended(book: Book, alert: str, subject: str, now: float) -> tuple[Decision, ...]:
    home = book.of_alert(alert)
    if home is None:
        return (_decide(Verb.NOTED, Because.NOTHING_TO_DO, None, subject, alert),)
    if home.alerts != {alert}:
        return (_decide(Verb.LEFT, Because.ALERT_ENDED, home.id, subject, alert),)
    if home.flapping:
        return (_decide(Verb.CHANGED, Because.STILL_FLAPPING, home.id, subject, alert),)
    if len(_recent((*home.changes, now), now)) >= FLAPS:
        return (_decide(Verb.FLAPPING, Because.FIVE_CHANGES_IN_30_MIN, home.id, subject, alert),)
    return (_decide(Verb.CLOSED, Because.LAST_ALERT_ENDED, home.id, subject, alert),)


def stranded(
    incident: Incident, subjects: Mapping[str, str], topology: Topology
) -> tuple[tuple[str, str], ...]:
    """Firing alerts (with subjects) that the root does not explain: it has recovered, or they stand elsewhere."""
    root = incident.root
    if incident.closed is not None:
        return ()
    over = topology.state(root) not in (DOWN, UNREACHABLE, UNKNOWN)
    return tuple(
        (alert, subject)
        for alert, subject in sorted(subjects.items())
        if subject != root
        and topology.state(subject) not in HIDDEN
        and (over or root not in topology.ancestors(subject))
    )


def leave(book: Book, number: int, alert: str, subject: str) -> tuple[Decision, ...]:
    """Take a stranded alert out of an incident; the last one closes it."""
    incident = book.incidents[number]
    left = _decide(Verb.LEFT, Because.ROOT_ENDED_MEMBER_STILL_DOWN, number, subject, alert)
    if incident.alerts != {alert}:
        return (left,)
    return left, _decide(Verb.CLOSED, Because.LAST_ALERT_ENDED, number, incident.root)


def grown(incident: Incident, now: float) -> Decision | None:
    """Whether it has so many members more that this is news."""
    if incident.closed is not None or now < incident.told_at + SETTLE:
        return None
    if incident.members < incident.told_members + max(1, incident.told_members / 2):
        return None
    return _decide(Verb.GREW, Because.MEMBERS_GREW_BY_HALF, incident.id, incident.root)


def calmed(incident: Incident, now: float) -> Decision | None:
    """What becomes of a flapping incident that has been stable."""
    if not incident.flapping or incident.closed is not None or now < calm_at(incident):
        return None
    verb = Verb.SETTLED if incident.alerts else Verb.CLOSED
    return _decide(verb, Because.STABLE_15_MIN, incident.id, incident.root)


def calm_at(incident: Incident) -> float:
    """When a flapping incident has been stable long enough."""
    return (incident.changes[-1] if incident.changes else incident.opened) + CALM_AFTER


def enact(incident: Incident | None, decision: Decision, rule: str, now: float) -> Incident:
    """The incident after a decision about it; None before it opened. Frees no alert of another one."""
    verb, alert = decision.verb, decision.alert
    if incident is None:
        return Incident(
            decision.incident or 0, decision.subject, rule, decision.severity or Severity.INFO, now, frozenset({alert}),
            told_at=now, changes=(now,), outage=decision.outage,
        )  # fmt: skip
    alerts = incident.alerts
    begins = decision.severity is not None
    if verb in (Verb.JOINED, Verb.REOPENED) or (verb in (Verb.CHANGED, Verb.FLAPPING) and begins):
        alerts |= {alert}
    elif verb in (Verb.LEFT, Verb.CLOSED, Verb.CHANGED, Verb.FLAPPING):
        alerts -= {alert}
    changes = incident.changes
    if verb in (Verb.REOPENED, Verb.FLAPPING, Verb.CHANGED) or (verb is Verb.CLOSED and alert):
        changes = _recent((*changes, now), now)
    return _marked(replace(incident, alerts=alerts, changes=changes), decision, now)


def _marked(incident: Incident, decision: Decision, now: float) -> Incident:
    match decision.verb:
        case Verb.RAISED if decision.severity is not None:
            outage = incident.outage or decision.because is Because.OUTAGE_NOW
            return replace(incident, severity=decision.severity, told_at=now, outage=outage)
        case Verb.GREW:
            return replace(incident, told_at=now)
        case Verb.REOPENED:
            outage = incident.outage or decision.outage
            return replace(_worsened(incident, decision), closed=None, told_at=now, outage=outage)
        case Verb.FLAPPING:
            return replace(_worsened(incident, decision), closed=None, told_at=now, flapping=True)
        case Verb.SETTLED:
            return replace(incident, flapping=False, changes=())
        case Verb.CLOSED:
            return replace(incident, closed=now, flapping=False, alerts=frozenset())
        case Verb.ABSORBED:
            return replace(incident, closed=now, flapping=False, alerts=frozenset(), into=decision.into)
    return incident


def _worsened(incident: Incident, decision: Decision) -> Incident:
    """At the severity that it had, or at the one it comes back with."""
    if decision.severity is None:
        return incident
    return replace(incident, severity=max(incident.severity, decision.severity, key=_rank))


def _rank(severity: Severity) -> int:
    return severity.rank


def _recent(changes: tuple[float, ...], now: float) -> tuple[float, ...]:
    return tuple(each for each in changes if now - each <= FLAP_WITHIN)[-2 * FLAPS :]


def _decide(
    verb: Verb, because: Because, incident: int | None, subject: str, alert: str = "",
    severity: Severity | None = None,
) -> Decision:  # fmt: skip
    return Decision(verb, because, incident, subject, alert, severity)
