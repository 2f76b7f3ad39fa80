"""Whether critical incidents still reach somebody while the internet is gone."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import BaseModel

from ioc.config.compiled import Receiver
from ioc.config.faults import Faults, Place, listed
from ioc.duty import Duty, Person, Route

HostOf = Callable[[str, BaseModel], str | None]
"""what a channel with some options talks to over a network: empty for nothing, None where that is not known"""
_NEAR = (".local", ".lan", ".internal", ".intranet", ".home.arpa")
"""ends of names that are not of the internet (RFC 6762, RFC 8375, and what ICANN keeps free)"""
_HINT = (
    "tell a modem, SMPP or something of our own network too; or write offline: true where a receiver is one"
)


def nothing_needed(channel: str, options: BaseModel) -> str | None:
    """A channel that talks to nothing over a network."""
    return ""


def near(host: str | None) -> bool:
    """Whether a host is there without the internet: none at all, a private address, a name of our own network."""
    if host is None:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".").lower()
        return "." not in name or name.endswith(_NEAR)
    return address.is_private or address.is_loopback or address.is_link_local


def check(
    duty: Duty, told: Mapping[str, Receiver], routes: Mapping[str, Place], place: Place, faults: Faults
) -> None:
    """Each route that takes critical incidents has a way that needs no internet; without routes it is a warning.

    `routes` says where each route's id stands, `place` where the receivers do. A route that goes on is left to
    those after it.
    """
    if not duty.routes:
        _check_receivers(told, place, faults)
        return
    last = duty.routes[-1].id
    for route in duty.routes:
        if not _takes_critical(route) or (route.goes_on and route.id != last):
            continue
        if _online_only(told[name] for name in set(_names(route, duty, told)) if name in told):
            what = "critical incidents of this route are told over the internet only:"
            faults.add("internet-needed", routes[route.id], what, route.id, _HINT)


def _check_receivers(told: Mapping[str, Receiver], place: Place, faults: Faults) -> None:
    if _online_only(told.values()):
        names = listed(each.name for each in told.values() if "critical" in each.severities)
        what = "critical incidents are told over the internet only:"
        faults.warn("internet-only", place, what, names, _HINT)


def _online_only(receivers: Iterable[Receiver]) -> bool:
    """Whether some take critical incidents, and none of those works without the internet."""
    ways = [each.offline for each in receivers if "critical" in each.severities]
    return bool(ways) and not any(ways)


def _takes_critical(route: Route) -> bool:
    asked = [each for each in route.match if each.name == "severity"]
    named = not route.severities or "critical" in route.severities
    return named and all(each.holds({"severity": "critical"}) for each in asked)


def _names(route: Route, duty: Duty, told: Mapping[str, Receiver]) -> Iterator[str]:
    """The receivers that a route may use, its chain's too."""
    chain = duty.chains.get(route.chain)
    steps = [reference for step in chain.steps for reference in step.tell] if chain else []
    for reference in (*route.tell, *steps):
        kind, _, id = reference.partition(":")
        if kind == "receiver":
            yield id
        elif kind == "unit":
            yield from (each.name for each in told.values() if each.unit)
        for person in _people(kind, id, duty):
            yield from (contact.by for contact in person.contacts)


def _people(kind: str, id: str, duty: Duty) -> list[Person]:
    if kind == "person":
        return [duty.people[id]] if id in duty.people else []
    if kind == "schedule" and id in duty.schedules:
        return [duty.people[each] for each in duty.schedules[id].people() if each in duty.people]
    return [each for each in duty.people.values() if each.unit] if kind == "unit" else []
