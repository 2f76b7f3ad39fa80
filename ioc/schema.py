"""What history holds: measurements with their tags and fields, declared once for code, documents and dashboards.

A series is a measurement with one value for each of its tags, and costs memory in any time-series database for as
long as it is kept. So every tag is one of `TAGS`, whose values are bounded by what is configured or built into a
device. Names, codes, officers, call ids and addresses change or never end: they are attributes, looked up by id
when shown, and a measurement that declares one as a tag is refused where it is declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ioc.errors import SchemaError

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "endpoint": "id of an endpoint, as configured",
        "unit": "id of the unit it belongs to",
        "site": "id of the site it stands at",
        "system": "id of the monitored system it is part of",
        "source": "name of the source that asked",
        "interface": "name of a network interface within its device",
        "storage": "name of a storage area within its device",
        "metric": "name of a metric, of those a probe profile lists",
        "label": "values of the labels a probe profile lists, joined by commas; bounded by the profile",
        "store": "name of a history store",
    }
)
"""every tag there is, and what bounds it"""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def _must_be_a_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise SchemaError(f"{what} {name!r}: write small letters, digits and underscores, a letter first")


class Kind(StrEnum):
    """The type of a field, fixed for ever: a store refuses a point that has another."""

    FLOAT = "float"
    INTEGER = "integer"
    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a measurement; `unit` as people write it (ms, %, bit/s, bytes), empty for a mere count or text."""

    name: str
    unit: str
    about: str
    kind: Kind = Kind.FLOAT

    def __post_init__(self) -> None:
        _must_be_a_name(self.name, "field")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A kind of series. Raises SchemaError for a tag that is not one of TAGS, a name unfit or said twice."""

    name: str
    about: str
    tags: tuple[str, ...]
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        _must_be_a_name(self.name, "measurement")
        for tag in self.tags:
            if tag not in TAGS:
                raise SchemaError(
                    f"measurement {self.name!r}: tag {tag!r} is not bounded; known are {', '.join(sorted(TAGS))}; "
                    f"make it a field, or leave it out and look it up by the endpoint's id"
                )
        names = [*self.tags, *(field.name for field in self.fields)]
        for name in names:
            if names.count(name) > 1:
                raise SchemaError(f"measurement {self.name!r}: {name!r} is there twice")

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((each for each in self.fields if each.name == name), None)


PLACE = ("endpoint", "site", "system", "unit")
"""the tags of everything that is about an endpoint: who it is, and where it belonged when that was seen"""

RTT = Field("rtt", "ms", "round trip of a probe that was answered")
LOSS = Field(
    "loss", "%", "scheduled probes that were not answered: 0 or 100 each, so that a mean is the loss"
)

STATE = Measurement(
    "state",
    "an endpoint's state: written when it changes, and again every five minutes",
    PLACE,
    (
        Field("code", "", "the state as a number that never gets another meaning", Kind.INTEGER),
        Field("state", "", "the state by name", Kind.TEXT),
        Field("reason", "", "why it is so", Kind.TEXT),
    ),
)
DROPPED = Measurement(
    "dropped",
    "history that was given up for want of room: from when to when, and how much",
    ("store",),
    (
        Field("lines", "", "lines given up", Kind.INTEGER),
        Field("seconds", "s", "from the oldest to the newest of them"),
    ),
)


def endpoint(fields: Iterable[Field]) -> Measurement:
    """The measurement `endpoint`: the numbers of every source's samples. Raises SchemaError where two differ."""
    known: dict[str, Field] = {}
    for field in fields:
        other = known.setdefault(field.name, field)
        if (other.unit, other.kind) != (field.unit, field.kind):
            raise SchemaError(f"field {field.name!r} is declared as {other} and as {field}; use another name")
    about = "what one source found about an endpoint"
    return Measurement("endpoint", about, (*PLACE, "source"), tuple(known[name] for name in sorted(known)))
