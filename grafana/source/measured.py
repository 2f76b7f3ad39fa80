"""Every measurement there is: the schema's own and those that the registered sources declare."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.registry import SOURCES
from ioc import schema
from ioc.schema import Measurement

ENDPOINT = schema.endpoint([schema.LOSS, *(field for source in SOURCES.values() for field in source.fields)])


def _all() -> dict[str, Measurement]:
    declared = [each for source in SOURCES.values() for each in source.measurements]
    return {each.name: each for each in (ENDPOINT, schema.STATE, schema.DROPPED, *declared)}


MEASUREMENTS: Mapping[str, Measurement] = _all()
