"""What people read of an incident, in Vietnamese: what, where, since when, whose, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.fitting import cut
from alerts.incidents import Incident
from alerts.notification import Notification, Target
from alerts.rules import Rule
from alerts.wording import MISSING, VIETNAMESE
from ioc.inventory import Inventory, Owner

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LONGEST = 500
"""characters of one text"""


def facts(
    rule: Rule, subject: str, value: Mapping[str, Any], inventory: Inventory, since: float, zone_day: date
) -> dict[str, Any]:
    """All that is shown of an incident of a rule on a subject, fixed now; `since`, when it began, is civil time."""
    known = named(subject, inventory, zone_day)
    fields = (
        _numbers(value)
        | known
        | {
            "state": str(value.get("state", "")),
            "reason": str(value.get("reason", "")),
            "detail": str(value.get("detail", "")),
            "rtt": _figure(value.get("rtt")),
            "loss": _figure(value.get("loss")),
            "members": "1",
            "since": spoken(since),
        }
    )
    texts = _Texts({name: fields[name] or MISSING for name in fields})
    kept = ("name", "kind", "system", "unit", "unit_name", "site", "site_name")
    owner = ("owner", "phone", "carrier", "circuit", "hotline")
    return {
        **{name: known[name] for name in kept + owner},
        "title": cut(rule.title.format_map(texts), LONGEST),
        "next_action": cut(rule.next_action.format_map(texts), LONGEST),
        "runbook": rule.runbook,
        "annotations": {
            name: cut(text.format_map(texts), LONGEST) for name, text in rule.annotations.items()
        },
        "cause": {"subject": subject, "state": fields["state"], "reason": fields["reason"]},
        "began": since,
    }


class _Texts(dict[str, str]):
    """What a sentence may name; a number that was not found is missing."""

    def __missing__(self, name: str) -> str:
        return MISSING


def notification(
    number: int, incident: Incident, target: Target, kind: str, at: float, skew: float, link: str,
    because: str = "", language: str = "vi",
) -> Notification:  # fmt: skip
    """What a target is told of an incident; `at` is civil, `skew` turns the incident's times into it."""
    ended = None if incident.closed is None else incident.closed + skew
    return Notification(
        id=number,
        incident=incident.id,
        receiver=target.receiver,
        kind=kind,
        status="firing" if ended is None else "resolved",
        severity=incident.severity,
        at=at,
        started=incident.opened + skew,
        ended=ended,
        labels=labels(incident),
        annotations=_annotations(incident, kind, skew, link),
        link=f"{link}/#incident/{incident.id}" if link else "",
        to=target.to,
        person=target.person,
        language=language,
        because=because,
    )


def labels(incident: Incident) -> dict[str, str]:
    """An incident's identity: what never changes of it; empty ones are left out."""
    facts = incident.facts
    own: Any = facts.get("labels", {})
    both = {
        **own,
        "alertname": str(facts.get("first_rule", incident.rule)),
        "incident": str(incident.id),
        "subject": incident.root,
        **{name: str(facts.get(name, "")) for name in ("kind", "system", "unit", "site")},
    }
    return {name: value for name, value in both.items() if value}


def spoken(at: float) -> str:
    """A civil time as people here say it."""
    return datetime.fromtimestamp(at, ZONE).strftime("%H:%M:%S ngày %d/%m/%Y")


def day_of(at: float) -> date:
    """The local date of a civil time."""
    return datetime.fromtimestamp(at, ZONE).date()


def _annotations(incident: Incident, kind: str, skew: float, link: str) -> dict[str, str]:
    facts: Mapping[str, Any] = incident.facts
    where = ", ".join(
        str(each) for each in (facts.get("name"), facts.get("site_name"), facts.get("unit_name")) if each
    )
    own: Mapping[str, str] = facts.get("annotations", {})
    texts = {
        **own,
        "summary": VIETNAMESE.kinds.get(kind, "") + str(facts.get("title", incident.root)),
        "what": str(facts.get("title", incident.root)),
        "where": where or incident.root,
        "since": spoken(float(facts.get("began", incident.opened + skew))),
        "owner": str(facts.get("owner") or MISSING),
        "phone": str(facts.get("phone") or MISSING),
        "next_action": str(facts.get("next_action", "")),
        "runbook": str(facts.get("runbook", "")),
        "members": str(incident.members),
        "kind": kind,
        "link": f"{link}/#incident/{incident.id}" if link else "",
        "joined": "" if incident.into is None else str(incident.into),
    }
    if incident.acknowledged is not None:
        texts["acknowledged"] = f"{incident.acknowledged.by}, {spoken(incident.acknowledged.at + skew)}"
    return {name: text for name, text in texts.items() if text}


def named(subject: str, inventory: Inventory, day: date) -> dict[str, str]:
    """What a subject is called, where it is and whose; empty texts for what is no endpoint."""
    endpoint = inventory.endpoints.get(subject)
    if endpoint is None:
        nothing = ("kind", "system", "unit", "unit_name", "site", "site_name", "address")
        name = subject.removeprefix("self/channel/")
        return {"id": subject, "name": name, **dict.fromkeys(nothing, ""), **_owner(Owner())}
    site = inventory.sites.get(endpoint.site)
    unit = inventory.units.get(endpoint.unit, day)
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "kind": endpoint.kind,
        "system": endpoint.system,
        "unit": endpoint.unit,
        "unit_name": unit.name if unit else endpoint.unit,
        "site": endpoint.site,
        "site_name": site.name if site else endpoint.site,
        "address": endpoint.address,
        **_owner(inventory.owner(subject)),
    }


def _owner(owner: Owner) -> dict[str, str]:
    return {
        "owner": owner.name,
        "phone": owner.phone,
        "carrier": owner.carrier,
        "circuit": owner.circuit,
        "hotline": owner.hotline,
    }


def _numbers(value: Mapping[str, Any]) -> dict[str, str]:
    """Every number that the sources found, as people write it."""
    return {name: _amount(each) for name, each in value.items() if isinstance(each, int | float)}


def _amount(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def _figure(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, int | float) else ""
