"""What the probes measure: every field of the profiles, and by which names rules read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from ioc.config.directory import Piece
from ioc.config.faults import Faults
from ioc.inventory import Probe
from ioc.schema import Field

FieldsOf = Callable[[str, BaseModel], tuple[Field, ...]]
"""the fields that samples of a source with some options may carry"""
OWN = "fields"
"""the key under which a profile names fields of its own"""


def nothing_measured(_source: str, _options: BaseModel) -> tuple[Field, ...]:
    """Where sources say nothing of their fields."""
    return ()


@dataclass(slots=True)
class Measured:
    """Fields by name, and the names of numbers as rules read them.

    The fields of an endpoint's first source have their own names, those of a further one `SOURCE_field`: see
    docs/decisions/0002-how-a-state-is-composed.md.
    """

    fields: dict[str, Field] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    _where: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        name: str,
        probe: Probe,
        piece: Piece,
        fields_of: FieldsOf,
        sources: Iterable[str],
        faults: Faults,
    ) -> None:
        """Take in a profile; a field that another one has with another unit is a fault."""
        for each in fields_of(probe.source, probe.options):
            self._check(each, name, piece, sources, faults)
            self.fields.setdefault(each.name, each)
            self._where.setdefault(each.name, name)
            self.numbers |= {each.name, f"{probe.source}_{each.name}"}

    def _check(self, each: Field, profile: str, piece: Piece, sources: Iterable[str], faults: Faults) -> None:
        own = piece.data.get(OWN)
        place = (
            piece.within(OWN).place(each.name)
            if isinstance(own, Mapping) and each.name in own
            else piece.place()
        )
        known = self.fields.get(each.name)
        if known is not None and (known.unit, known.kind) != (each.unit, each.kind):
            what = f"field {each.name} is in {known.unit or 'no unit'} in profile {self._where[each.name]}, here in"
            hint = "use another name, or the same unit"
            faults.add("field-clash", place, what, each.unit or "no unit", hint)
        if any(each.name.startswith(f"{source}_") for source in sources):
            hint = "what begins with a source's name and _ is a field of that source; use another name"
            faults.add("field-clash", place, "field could be another source's:", each.name, hint)


def measured(
    profiles: Mapping[str, Probe | None],
    pieces: Mapping[str, Piece],
    fields_of: FieldsOf,
    sources: Iterable[str],
    faults: Faults,
) -> Measured:
    """What these profiles measure."""
    found = Measured()
    for name, probe in profiles.items():
        if probe is not None:
            found.add(name, probe, pieces[name], fields_of, sources, faults)
    return found
