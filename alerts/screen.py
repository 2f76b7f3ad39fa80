"""What the picture shows of an incident. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from alerts.incidents import Incident
from alerts.notification import Target
from alerts.planning import calm_at
from alerts.routing import Directory
from alerts.telling import next_of, upcoming

SAMPLE = 50
"""members shown of an incident"""

_FACTS = (
    "title", "name", "kind", "system", "unit", "unit_name", "site", "site_name", "owner", "phone", "carrier",
    "circuit", "hotline", "next_action", "runbook",
)  # fmt: skip


def shown(incident: Incident, members: Sequence[str], recorded: bool, skew: float) -> dict[str, Any]:
    """The picture's `incident/N`, but for `told`, `silenced` and what comes next."""
    facts: Mapping[str, Any] = incident.facts
    ack = incident.acknowledged
    named = {name: facts.get(name, "") for name in _FACTS}
    return {
        "id": incident.id,
        "status": "open" if incident.closed is None else "closed",
        "severity": incident.severity.value,
        "rule": incident.rule,
        "root": incident.root,
        "cause": facts.get("cause", {}),
        "began": facts["began"] - skew if "began" in facts else incident.opened,
        "opened": incident.opened,
        "closed": incident.closed,
        "members": incident.members,
        "peak": incident.peak,
        "sample_members": list(members[:SAMPLE]),
        **named,
        "acknowledged": None if ack is None else {"by": ack.by, "at": ack.at, "note": ack.note},
        "assigned": incident.assigned,
        "remarks": [{"by": each.by, "at": each.at, "text": each.text} for each in incident.remarks],
        "unrecorded": not recorded,
        "flapping": incident.flapping,
        "joined": incident.into,
        "silenced_by": incident.silenced_by,
        "untold": incident.untold,
        "decided": incident.decided,
    }


def coming(incident: Incident, directory: Directory, now: float, skew: float) -> dict[str, Any]:
    """What comes next: a code for which screens have a sentence; when (steady), to whom and why, if by itself."""
    due = upcoming(incident)
    if due is None and incident.closed is None and incident.flapping:
        return {
            "next": "awaits_calm",
            "next_at": calm_at(incident),
            "next_to": [],
            "next_because": "stable_15_min",
            "step": step(incident),
        }
    return {
        "next": _code(incident),
        "next_at": None if due is None else due.at,
        "next_to": [name_of(each, directory) for each in next_of(incident, directory, now, skew)],
        "next_because": "" if due is None else due.because,
        "step": step(incident),
    }


def step(incident: Incident) -> dict[str, Any] | None:
    """Where the chain stands, None without one: the step told last (0: none yet), of how many, in which round."""
    chain = incident.escalation
    if chain is None:
        return None
    told = 0 if chain.stood is None else chain.stood + 1
    return {"chain": chain.chain, "told": told, "of": len(chain.steps), "round": chain.round}


def name_of(target: Target, directory: Directory) -> str:
    """How people call a target: the person's name, else the receiver's."""
    person = directory.duty.people.get(target.person)
    return person.name if person is not None else target.person or target.receiver


def recounted(incident: Incident, newer: Incident) -> Incident:
    """A version of an incident with the members of a newer one."""
    told = newer.told_members
    return replace(incident, members=newer.members, peak=newer.peak, told_members=told)


def _code(incident: Incident) -> str:
    if incident.into is not None:
        return "joined"
    if incident.closed is not None:
        return "closed"
    if incident.flapping:
        return "awaits_calm"
    return "awaits_recovery" if incident.acknowledged else "awaits_acknowledgement"
