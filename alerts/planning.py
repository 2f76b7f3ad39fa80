"""Which incident a transition belongs to, and what follows from it for the incidents. Pure.

The root cause is the endpoint farthest up that is down: alerts behind it are its silent members. An incident whose
root turns out to stand behind another one is absorbed: it closes towards those it was told to, naming the incident
that goes on, so that nobody is left with two open pages for one fibre (docs/decisions/0004).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from alerts.incidents import (
    DOWN,
    REOPEN_WITHIN,
    UNKNOWN,
    UNREACHABLE,
    Because,
    Book,
    Decision,
    Incident,
    Topology,
    Verb,
)
from alerts.lifecycle import LIT, Transition
from alerts.rules import Severity
from alerts.watching import HIDDEN

FLAPS, FLAP_WITHIN = 5, 30 * 60.0
CALM_AFTER = 15 * 60.0
SETTLE = 60.0
"""seconds after a page in which members still being found are not news"""
UNSEEN = frozenset({UNKNOWN, ""})
"""states in which an outage that was seen is taken to go on"""


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
    if any(topology.awaited(each, now) for each in topology.ancestors(subject)):
        return (_decide(Verb.HELD, Because.PARENT_NOT_SEEN_YET, None, subject, alert, severity),)
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
        raised = _decide(Verb.RAISED, Because.MORE_SEVERE, home.id, subject, alert, severity)
        return joined, replace(raised, outage=outage and because is Because.SAME_ROOT)
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
    for behind in topology.descendants(root):
        incident = book.open_of_root(behind)
        if incident is not None and incident.id != number:
            worst = max(worst, incident.severity, key=_rank)
            yield Decision(
                Verb.ABSORBED, Because.CAUSE_FOUND_ABOVE, incident.id, incident.root,
                severity=incident.severity, into=number, alerts=incident.alerts,
            )  # fmt: skip
        for alert in book.held_of(behind):
            worst = max(worst, book.held[alert][1], key=_rank)
            yield _decide(Verb.JOINED, Because.PARENT_INCIDENT, number, behind, alert)
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
    return _counted(_marked(replace(incident, alerts=alerts, changes=changes), decision, now), now)


def _marked(incident: Incident, decision: Decision, now: float) -> Incident:
    match decision.verb:
        case Verb.RAISED if decision.severity is not None:
            outage = incident.outage or decision.outage or decision.because is Because.OUTAGE_NOW
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


def _counted(incident: Incident, now: float) -> Incident:
    """What was acknowledged before it was critical has its two hours from now on."""
    ack = incident.acknowledged
    if ack is None or ack.critical_since is not None or incident.severity is not Severity.CRITICAL:
        return incident
    return replace(incident, acknowledged=replace(ack, critical_since=now))


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
