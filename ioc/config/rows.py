"""Lists of things with ids, from YAML or CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ioc.config import schema
from ioc.config.directory import Columns, Directory, Piece
from ioc.config.faults import Faults
from ioc.config.fit import fit

R = TypeVar("R", schema.Unit, schema.Site, schema.Endpoint)


class _Anything(frozenset[str]):
    """The ids of a list that could not be read whole: none is unknown."""

    def __contains__(self, id: object) -> bool:
        return True


ANYTHING = _Anything()


@dataclass(slots=True)
class Rows(Generic[R]):
    """What was written, each with its piece, and every id that was written, those with faults too."""

    sound: list[tuple[R, Piece]] = field(default_factory=list)
    ids: frozenset[str] = frozenset()


def read(
    directory: Directory, key: str, model: type[R], prefixes: Mapping[str, str], faults: Faults
) -> Rows[R]:
    """The rows of a list in YAML or CSV; `prefixes` as in `Columns`."""
    fields = model.model_fields
    known = [name for name in fields if name not in prefixes.values()]
    columns = Columns(known, [name for name in known if fields[name].is_required()], prefixes)
    rows: Rows[R] = Rows()
    ids: set[str] = set()
    for piece in directory.entries(key, columns):
        row = fit(model, piece, faults, key.removesuffix("s"))
        if row is not None:
            rows.sound.append((row, piece))
            ids.add(row.id)
        elif isinstance(piece.data, dict) and isinstance(piece.data.get("id"), str):
            ids.add(piece.data["id"])
    rows.ids = ANYTHING if directory.lost(key) else frozenset(ids)
    return rows


def unique(rows: Rows[R], what: str, faults: Faults) -> dict[str, tuple[R, Piece]]:
    """The rows by id; an id twice is a fault of the second."""
    out: dict[str, tuple[R, Piece]] = {}
    for row, piece in rows.sound:
        first = out.setdefault(row.id, (row, piece))
        if first[1] is not piece:
            hint = f"{first[1].place('id')} has it already"
            faults.add("duplicate-id", piece.place("id"), f"{what} id twice:", row.id, hint)
    return out
