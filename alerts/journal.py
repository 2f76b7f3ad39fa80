"""What of alerting is written to the state file, and how it is read again.

In memory times are steady; in the file they are civil, since steady time has another origin after a restart. `skew`
is how many seconds civil time is ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import orjson

from alerts.incidents import Acknowledgement, Because, Decision, Incident, Remark
from alerts.lifecycle import CALM, Alert, Phase, Transition, Why
from alerts.maintenance import Maintenance, Scope
from alerts.notification import Notification, Target, decode, encode
from alerts.oncall import escalation
from alerts.rules import Severity
from ioc.state.ledger import Write

KEPT = 400 * 86400.0
"""seconds that what is over is kept: a year and its report"""
PRUNED_AT_ONCE = 20_000


class Reader(Protocol):
    """The part of the ledger that start-up needs."""

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery of an incident: to whom, what, and what became of it when (steady)."""

    incident: int
    target: Target
    kind: str
    state: str
    at: float
    attempts: int
    answer: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the state file knew when the service stopped, in steady time."""

    alerts: tuple[Alert, ...]
    incidents: tuple[Incident, ...]
    maintenances: tuple[Maintenance, ...]
    owed: tuple[Notification, ...]
    told: tuple[Told, ...]
    """every delivery of the incidents kept, oldest first"""
    dismissed: frozenset[str]
    """firing alerts whose incident somebody closed"""
    next_incident: int
    next_delivery: int
    next_maintenance: int


def alert_rows(alert: Alert, skew: float) -> Write:
    """An alert as it is; an inactive one is forgotten."""
    if alert.phase in CALM:
        return Write("DELETE FROM alerts WHERE rule = ? AND subject = ?", (alert.rule, alert.subject))
    running = None if alert.running is None else alert.running + skew
    return Write(
        "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?)",
        (alert.rule, alert.subject, alert.phase, alert.since + skew, alert.why, alert.waited, running),
    )


def transition_row(transition: Transition, skew: float) -> Write:
    """That an alert changed its phase."""
    each = transition
    return Write(
        "INSERT INTO transitions (rule, subject, was, now, at, why) VALUES (?, ?, ?, ?, ?, ?)",
        (each.rule, each.subject, each.was, each.now, each.at + skew, each.why),
    )


def incident_row(incident: Incident, skew: float) -> Write:
    """An incident as it is."""
    moved = _moved(incident, skew)
    return Write(
        "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?)",
        (moved.id, moved.root, moved.opened, moved.closed, orjson.dumps(moved, default=_listed).decode()),
    )


def dismissed_row(alert: str) -> Write:
    """That somebody closed the incident of an alert that fires."""
    return Write("INSERT OR REPLACE INTO dismissed VALUES (?)", (alert,))


def fired_anew_row(alert: str) -> Write:
    """That an alert is dismissed no longer."""
    return Write("DELETE FROM dismissed WHERE alert = ?", (alert,))


def decision_row(decision: Decision, at: float) -> Write:
    """What was decided and why, at a civil time."""
    return act_row(decision.incident, at, decision.verb, decision.because, decision.subject, decision.alert)


def act_row(
    incident: int | None, at: float, verb: str, because: str, subject: str, alert: str = "", by: str = "",
    note: str = "",
) -> Write:  # fmt: skip
    """What was decided or done, by whom, and what they said; for the audit and for `explain`."""
    return Write(
        "INSERT INTO decisions (incident, at, verb, because, subject, alert, by, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (incident, at, verb, because, subject, alert, by, note),
    )


def owed_row(notification: Notification) -> Write:
    """That a receiver is owed a notification; one that is written already stays as it is."""
    each = notification
    return Write(
        "INSERT OR IGNORE INTO deliveries (id, incident, receiver, kind, at, body, address, person, severity, because,"
        " instead_of, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'owed')",
        (
            each.id, each.incident, each.receiver, each.kind, each.at, encode(each), each.to, each.person,
            each.severity, each.because, each.instead_of,
        ),
    )  # fmt: skip


def maintenance_row(maintenance: Maintenance, skew: float) -> Write:
    """A maintenance as it is."""
    each = maintenance
    ended = None if each.ended is None else each.ended + skew
    return Write(
        "INSERT OR REPLACE INTO maintenance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            each.id, each.scope, each.target, each.start + skew, each.end + skew, each.reason, each.by,
            each.made + skew, ended, each.ended_by, each.recurrence,
        ),
    )  # fmt: skip


def prune_rows(now: float) -> list[Write]:
    """Drop a bounded part of what was over long before a civil time, whoever was told of it included."""
    before = (now - KEPT, PRUNED_AT_ONCE)
    return [
        Write(
            "DELETE FROM transitions WHERE id IN (SELECT id FROM transitions WHERE at < ? LIMIT ?)", before
        ),
        Write("DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE at < ? LIMIT ?)", before),
        Write(
            "DELETE FROM deliveries WHERE id IN"
            " (SELECT id FROM deliveries WHERE settled < ? AND id < (SELECT max(id) FROM deliveries) LIMIT ?)",
            before,
        ),
        Write(
            "DELETE FROM incidents WHERE id IN"
            " (SELECT id FROM incidents WHERE closed < ? AND id < (SELECT max(id) FROM incidents) LIMIT ?)",
            before,
        ),
    ]


def remembered(ledger: Reader, skew: float, now: float, keep: float) -> Remembered:
    """Read everything that still matters at the steady time `now`: incidents closed up to `keep` seconds ago too."""
    since = now + skew - keep
    incidents = ledger.read(
        "SELECT body FROM incidents WHERE closed IS NULL OR closed > ? ORDER BY id", (since,)
    )
    maintenances = ledger.read('SELECT * FROM maintenance WHERE "end" > ? AND ended IS NULL', (now + skew,))
    owed = ledger.read("SELECT body FROM deliveries WHERE state = 'owed' ORDER BY id")
    told = ledger.read(
        "SELECT incident, receiver, address, person, kind, state, coalesce(settled, at), attempts, answer"
        " FROM deliveries WHERE incident IN (SELECT id FROM incidents WHERE closed IS NULL OR closed > ?) ORDER BY id",
        (since,),
    )
    return Remembered(
        tuple(_alert(row, skew) for row in ledger.read("SELECT * FROM alerts")),
        tuple(_incident(row[0], skew) for row in incidents),
        tuple(_maintenance(row, skew) for row in maintenances),
        tuple(decode(row[0]) for row in owed),
        tuple(Told(row[0], Target(*row[1:4]), row[4], row[5], row[6] - skew, row[7], row[8]) for row in told),
        frozenset(row[0] for row in ledger.read("SELECT alert FROM dismissed")),
        *(highest + 1 for highest in ledger.read(_HIGHEST)[0]),
    )


def opened_since(ledger: Reader, since: float, most: int) -> tuple[Incident, ...]:
    """The newest incidents that opened at a civil time or later, oldest first; their times are civil."""
    rows = ledger.read("SELECT body FROM incidents WHERE opened >= ? ORDER BY id DESC LIMIT ?", (since, most))
    return tuple(_incident(row[0], 0.0) for row in reversed(rows))


def open_or_closed_since(ledger: Reader, since: float, most: int) -> tuple[Incident, ...]:
    """The newest incidents that are open, or closed after a civil time, oldest first; their times are civil."""
    rows = ledger.read(
        "SELECT body FROM incidents WHERE closed IS NULL OR closed > ? ORDER BY id DESC LIMIT ?",
        (since, most),
    )
    return tuple(_incident(row[0], 0.0) for row in reversed(rows))


_HIGHEST = (
    "SELECT (SELECT coalesce(max(id), 0) FROM incidents), (SELECT coalesce(max(id), 0) FROM deliveries),"
    " (SELECT coalesce(max(id), 0) FROM maintenance)"
)


def _moved(incident: Incident, by: float) -> Incident:
    ack, chain = incident.acknowledged, incident.escalation
    return replace(
        incident,
        opened=incident.opened + by,
        closed=None if incident.closed is None else incident.closed + by,
        told_at=incident.told_at + by,
        changes=tuple(each + by for each in incident.changes),
        acknowledged=None if ack is None else ack.moved(by),
        escalation=None if chain is None else chain.moved(by),
        remarks=tuple(replace(each, at=each.at + by) for each in incident.remarks),
        decided=incident.decided + by,
    )


def _listed(value: object) -> list[object]:
    """Sets as lists in order; raises TypeError for anything else that JSON has no form for."""
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _incident(text: str, skew: float) -> Incident:
    body: dict[str, Any] = orjson.loads(text)
    ack, chain = body.pop("acknowledged"), body.pop("escalation", None)
    body |= {"alerts": frozenset(body["alerts"]), "told": tuple(map(_target, body["told"]))}
    body |= {"closed_to": tuple(map(_target, body.get("closed_to", ())))}
    body |= {"changes": tuple(body["changes"]), "severity": Severity(body["severity"])}
    body |= {"remarks": tuple(Remark(**each) for each in body.get("remarks", ()))}
    incident = Incident(
        **body,
        acknowledged=Acknowledgement(**ack) if ack else None,
        escalation=escalation.decode(chain) if chain else None,
    )
    return _moved(incident, -skew)


def _target(body: str | dict[str, str]) -> Target:
    """Whom an incident was told; before people could be told, a receiver's name."""
    return Target(body) if isinstance(body, str) else Target(**body)


def _alert(row: Sequence[Any], skew: float) -> Alert:
    rule, subject, phase, since, why, waited, running = row
    started = None if running is None else running - skew
    return Alert(rule, subject, Phase(phase), since - skew, Why(why), waited, started)


def _maintenance(row: Sequence[Any], skew: float) -> Maintenance:
    number, scope, target, start, end, reason, by, made, ended, ended_by, recurrence = row
    return Maintenance(
        number, Scope(scope), target, start - skew, end - skew, reason, by, made - skew,
        None if ended is None else ended - skew, ended_by, recurrence,
    )  # fmt: skip


def decisions_rows(decisions: Iterable[Decision], at: float) -> list[Write]:
    """One row a decision that is more than a note."""
    return [decision_row(each, at) for each in decisions if each.because is not Because.NOTHING_TO_DO]
