"""Lists of things with ids, from YAML or CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ioc.config import schema
from ioc.config.directory import Directory, Piece
from ioc.config.faults import Faults
from ioc.config.fit import fit

R = TypeVar("R", schema.Unit, schema.Site, schema.Endpoint)


@dataclass(slots=True)
class Rows(Generic[R]):
    """What was written, each with its piece, and the ids of those with faults, which are not unknown."""

    sound: list[tuple[R, Piece]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def ids(self) -> set[str]:
        """Every id that was written."""
        return {row.id for row, _ in self.sound} | self.broken


def read(
    directory: Directory, key: str, model: type[R], gathered: Mapping[str, str], faults: Faults
) -> Rows[R]:
    """The rows of a list; `gathered` as in `Directory.entries`."""
    rows: Rows[R] = Rows()
    columns = [name for name in model.model_fields if name not in gathered.values()]
    for piece in directory.entries(key, columns, gathered):
        row = fit(model, piece, faults, key.removesuffix("s"))
        if row is not None:
            rows.sound.append((row, piece))
        elif isinstance(piece.data, dict) and isinstance(piece.data.get("id"), str):
            rows.broken.add(piece.data["id"])
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
