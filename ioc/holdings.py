"""Which measurements history holds, as a configuration has it: for whoever asks for one of them."""

from __future__ import annotations

from collectors import registry
from ioc import schema
from ioc.config.compiled import Config
from ioc.schema import Field, Measurement
from web.deps import Kept


def kept(config: Config) -> Kept:
    """Every measurement: of the sources that are asked, with the fields that configuration names, and of others."""
    probes = {
        (probe.source, repr(probe.options)): probe
        for endpoint in config.inventory.endpoints.values()
        for probe in endpoint.probes
    }
    fields: dict[str, Field] = {schema.LOSS.name: schema.LOSS}
    own: dict[str, Measurement] = {}
    for probe in probes.values():
        fields |= {field.name: field for field in registry.fields(probe.source, probe.options)}
        own |= {each.name: each for each in registry.SOURCES[probe.source].measurements}
    every = (schema.endpoint(fields.values()), schema.STATE, schema.DROPPED)
    foreign = frozenset(config.inlet.measurements) if config.inlet else frozenset[str]()
    return Kept({**own, **{each.name: each for each in every}}, foreign)
