"""Fields that configuration names: the numbers a profile takes out of an answer, beside those its source has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from ioc.errors import SchemaError
from ioc.schema import LOSS
from ioc.schema import Field as Declared

MOST = 64
"""fields of one profile"""
ABOUT = "taken from the answer as a probe profile says"
TAKEN = frozenset({"state", "since", "at", "reason", "detail", "answering", "measured"})
"""what the picture shows of every endpoint under these names"""
SPOKEN = frozenset(
    "in true false null as break const continue else for function if import let loop package namespace return var "
    "void while".split()
)
"""words of CEL, in which rules are written"""


class OwnField(BaseModel):
    """A number to take out of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str = Field(default="", max_length=16)
    """unit as people write it: ms, %, bytes; the same wherever the name is used"""


@runtime_checkable
class OwnFields(Protocol):
    """What a source's Options have when configuration may name fields."""

    def own_fields(self) -> tuple[Declared, ...]:
        """The fields that these options name; they stand under `fields` of the profile."""


def check(names: Iterable[str], beside: Iterable[Declared]) -> None:
    """Raise ValueError for a name that is taken, or no name; `beside` are the fields the source has itself."""
    taken = {each.name for each in beside} | {LOSS.name}
    for name in names:
        if name in taken:
            raise ValueError(f"field {name!r} is one the source has itself; use another name")
        if name in TAKEN or name in SPOKEN:
            raise ValueError(f"field {name!r} has a meaning of its own in rules; use another name")
        try:
            Declared(name, "", ABOUT)
        except SchemaError as error:
            raise ValueError(str(error)) from None


def declared(fields: Mapping[str, OwnField]) -> tuple[Declared, ...]:
    """What configured fields are to rules and history."""
    return tuple(Declared(name, each.unit, ABOUT) for name, each in fields.items())
