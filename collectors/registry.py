"""Every source there is, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from collectors.base import Source, Surroundings
from collectors.own import OwnFields
from collectors.sources.http import Http
from collectors.sources.icmp import Icmp
from collectors.sources.prometheus import Prometheus
from collectors.sources.sip import Sip
from collectors.sources.snmp import Snmp
from collectors.sources.tcp import Tcp
from ioc.schema import LOSS, Field

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


def fields(
    source: str, options: BaseModel, sources: Mapping[str, type[Source]] = SOURCES
) -> tuple[Field, ...]:
    """Every field that samples of a source with these options may carry, those that configuration names too."""
    own = options.own_fields() if isinstance(options, OwnFields) else ()
    return (*sources[source].fields, LOSS, *own)


def options(sources: Mapping[str, type[Source]] = SOURCES) -> dict[str, type[BaseModel]]:
    """The schema of each source's options, by name, for those who read configuration."""
    return {name: source.Options for name, source in sources.items()}
