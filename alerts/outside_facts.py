"""What is shown of an incident that an alert of another program opened. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from alerts.messages import LONGEST, named
from alerts.outside import OutsideAlert
from ioc.inventory import Inventory, Owner
from ioc.legible import legible
from ioc.others import Terms

NO_ALERTNAME = "outside"
OURS = frozenset({"incident", "subject", "severity"})
"""names that our own labels of an incident have"""


def facts(alert: OutsideAlert, terms: Terms, inventory: Inventory, day: date, skew: float) -> dict[str, Any]:
    """All that is shown of it, fixed now: its place by our inventory, its words by its annotations."""
    said = {name: legible(text)[:LONGEST] for name, text in alert.annotations.items()}
    name = legible(alert.labels.get("alertname", NO_ALERTNAME))[:LONGEST]
    return {
        **_place(alert, terms, inventory, day, said),
        "title": _title(alert, said, name),
        "next_action": said.get("next_action", ""),
        "runbook": said.get("runbook_url", ""),
        "annotations": _annotations(alert, said),
        "cause": {"subject": alert.subject, "state": "", "reason": ""},
        "began": alert.began + skew,
        "first_rule": name,
        "labels": _labels(alert),
        "member": _member(alert),
    }


def _title(alert: OutsideAlert, said: dict[str, str], name: str) -> str:
    if said.get("summary"):
        return said["summary"]
    where = legible(alert.labels.get("instance", ""))
    return f"{name} ({where})"[:LONGEST] if where else name


def _member(alert: OutsideAlert) -> str:
    """What tells it from others of its incident: where it is, else all its labels."""
    where = alert.labels.get("instance") or " ".join(f"{name}={each}" for name, each in alert.labels.items())
    return legible(where)[:LONGEST]


def _annotations(alert: OutsideAlert, said: dict[str, str]) -> dict[str, str]:
    kept = {name: said[name] for name in ("description",) if said.get(name)}
    if alert.generator:
        kept["source"] = legible(alert.generator)[:LONGEST]
    return kept


def _labels(alert: OutsideAlert) -> dict[str, str]:
    """Its own labels, for routes and silences; ours have names of their own."""
    return {name: text for name, text in alert.labels.items() if name not in OURS}


def _place(
    alert: OutsideAlert, terms: Terms, inventory: Inventory, day: date, said: dict[str, str]
) -> dict[str, str]:
    if alert.subject in inventory.endpoints:
        found = named(alert.subject, inventory, day)
    else:
        found = _by_labels(alert, terms, inventory, day)
    own = {name: said[name] for name in ("owner", "phone") if said.get(name)}
    kept = (
        "name", "kind", "system", "unit", "unit_name", "site", "site_name", "owner", "phone", "carrier", "circuit",
        "hotline",
    )  # fmt: skip
    return {name: found[name] for name in kept} | own


def _by_labels(alert: OutsideAlert, terms: Terms, inventory: Inventory, day: date) -> dict[str, str]:
    """Unit and site are taken when they are ids of ours."""
    labels = alert.labels
    site = inventory.sites.get(labels.get(terms.site_label, ""))
    asked = labels.get(terms.unit_label, "")
    id = asked if asked in inventory.units else (site.unit if site else "")
    unit = inventory.units.get(id, day)
    owner = site.owner if site else Owner()
    return {
        "name": legible(labels.get("instance") or labels.get("alertname", NO_ALERTNAME))[:LONGEST],
        "kind": "outside",
        "system": legible(labels.get(terms.system_label, ""))[:64],
        "unit": id,
        "unit_name": unit.name if unit else id,
        "site": site.id if site else "",
        "site_name": site.name if site else "",
        "owner": owner.name,
        "phone": owner.phone,
        "carrier": owner.carrier,
        "circuit": owner.circuit,
        "hotline": owner.hotline,
    }
