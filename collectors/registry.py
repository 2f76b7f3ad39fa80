"""Every source there is, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from collectors.base import Source, Surroundings
from collectors.sources.http import Http
from collectors.sources.icmp import Icmp
from collectors.sources.prometheus import Prometheus
from collectors.sources.sip import Sip
from collectors.sources.snmp import Snmp
from collectors.sources.tcp import Tcp

SOURCES: Mapping[str, type[Source]] = {
    Http.name: Http,
    Icmp.name: Icmp,
    Prometheus.name: Prometheus,
    Sip.name: Sip,
    Snmp.name: Snmp,
    Tcp.name: Tcp,
}


def build(around: Surroundings, sources: Mapping[str, type[Source]] = SOURCES) -> dict[str, Source]:
    """One of each source, by name; connects nowhere."""
    return {name: make(around) for name, make in sources.items()}


def options(sources: Mapping[str, type[Source]] = SOURCES) -> dict[str, type[BaseModel]]:
    """The schema of each source's options, by name, for those who read configuration."""
    return {name: source.Options for name, source in sources.items()}
