"""What is watched: sites, endpoints and who answers for them, as configuration declared it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ioc.units import Units


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a thing, and how its line is named at the carrier; empty when not known."""

    name: str = ""
    phone: str = ""
    carrier: str = ""
    circuit: str = ""
    hotline: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A place with endpoints behind one uplink."""

    id: str
    name: str
    unit: str
    owner: Owner = Owner()
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """How one source asks one endpoint: seconds between probes, seconds until a probe is missed, options."""

    source: str
    every: float
    timeout: float
    options: Any
    """an instance of the source's own Options model"""

    @property
    def stale_after(self) -> float:
        """Seconds without a sample after which nothing is known any more."""
        return 3 * self.every


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A thing that answers or not.

    `expected` is `always`, `meeting`, or the name of a calendar. `parent` is the endpoint that must answer for
    this one to be reachable (a site's uplink). `system` is the monitored system it belongs to.
    """

    id: str
    name: str
    kind: str
    system: str
    unit: str
    address: str
    probes: tuple[Probe, ...]
    site: str = ""
    parent: str = ""
    expected: str = "always"
    critical: bool = False
    owner: Owner = Owner()
    labels: Mapping[str, str] = field(default_factory=dict)


class Inventory:
    """Every endpoint, site and unit, with the topology between them."""

    def __init__(
        self,
        units: Units,
        sites: Iterable[Site] = (),
        endpoints: Iterable[Endpoint] = (),
        references: Iterable[str] = (),
    ) -> None:
        self.units = units
        self.sites: Mapping[str, Site] = MappingProxyType({site.id: site for site in sites})
        self.endpoints: Mapping[str, Endpoint] = MappingProxyType({each.id: each for each in endpoints})
        self.references = tuple(references)
        """endpoints that answer as long as our own link is up"""
        children: dict[str, list[str]] = {}
        for each in self.endpoints.values():
            if each.parent:
                children.setdefault(each.parent, []).append(each.id)
        self._children = {parent: tuple(ids) for parent, ids in children.items()}

    def children(self, endpoint: str) -> tuple[str, ...]:
        """The endpoints directly behind this one."""
        return self._children.get(endpoint, ())

    def ancestors(self, endpoint: str) -> Iterator[str]:
        """The endpoints in front of this one, nearest first."""
        here = self.endpoints.get(endpoint)
        while here is not None and here.parent:
            yield here.parent
            here = self.endpoints.get(here.parent)

    def descendants(self, endpoint: str) -> Iterator[str]:
        """Every endpoint behind this one, parents before their children."""
        waiting = list(self.children(endpoint))
        while waiting:
            here = waiting.pop()
            yield here
            waiting.extend(self.children(here))

    def owner(self, endpoint: str) -> Owner:
        """Who answers for an endpoint: each of its own fields, where empty its site's."""
        here = self.endpoints[endpoint]
        site = self.sites.get(here.site)
        if site is None:
            return here.owner
        own, fall = here.owner, site.owner
        return Owner(
            own.name or fall.name,
            own.phone or fall.phone,
            own.carrier or fall.carrier,
            own.circuit or fall.circuit,
            own.hotline or fall.hotline,
        )
