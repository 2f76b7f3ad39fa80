"""Which measurements history holds, as a configuration has it: for whoever asks for one of them."""

from __future__ import annotations

from collectors import registry
from ioc import schema
from ioc.config.compiled import Config
from web.deps import Kept


def kept(config: Config) -> Kept:
    """Every measurement: of the sources that are asked, with the fields that configuration names, and of others."""
    asked = {probe.source for endpoint in config.inventory.endpoints.values() for probe in endpoint.probes}
    own = {each.name: each for source in asked for each in registry.SOURCES[source].measurements}
    fields = {schema.LOSS.name: schema.LOSS, **config.fields}
    every = (schema.endpoint(fields.values()), schema.STATE, schema.DROPPED)
    foreign = frozenset(config.inlet.measurements) if config.inlet else frozenset[str]()
    return Kept({**own, **{each.name: each for each in every}}, foreign)
