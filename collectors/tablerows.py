"""Tables in files: their rows one by one, by the names of their columns, whatever format the file has."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import NamedTuple

from collectors.casepicks import column_name, plain
from ioc.errors import CodecError

MOST_COLUMNS = 500
LONGEST_HEADER = 200


class Cells(NamedTuple):
    """A row as its file has it: the number people see, from 1, its cells, and what is wrong with them."""

    number: int
    cells: Sequence[object]
    faults: tuple[str, ...] = ()


class TableRow(NamedTuple):
    """A row below the header, by column, without any where it was cut off; what is wrong with it as a row."""

    number: int
    values: dict[str, object]
    faults: tuple[str, ...]


def headed(
    rows: Iterable[Cells], header: int, wanted: frozenset[str], whole: bool
) -> Generator[TableRow, None, None]:
    """The rows below row `header`, empty ones left out.

    `whole` says that a row with fewer cells than the header was cut. Raises CodecError where a wanted column is not
    there, or the header names none or one twice.
    """
    names: list[str] | None = None
    for number, cells, faults in rows:
        if number < header:
            continue
        if names is None:
            if number > header:
                raise CodecError(f"row {header} is empty; the names of the columns must stand there")
            names = _names(number, cells, wanted)
        elif any(cell not in (None, "") for cell in cells):
            yield _row(names, number, cells, faults, whole)
    if names is None:
        raise CodecError(f"there is no row {header} with the names of the columns")


def _names(number: int, cells: Sequence[object], wanted: frozenset[str]) -> list[str]:
    names = [column_name(plain(cell))[:LONGEST_HEADER] for cell in cells[: MOST_COLUMNS + 1]]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise CodecError(f"more than {MOST_COLUMNS} columns")
    twice = {name for name in names if name and names.count(name) > 1}
    if twice & wanted:
        raise CodecError(f'row {number} names the column "{min(twice & wanted)}" twice; keep one')
    missing = sorted(wanted - set(names))
    if missing:
        quoted = ", ".join(f'"{name}"' for name in missing)
        there = ", ".join(f'"{name}"' for name in names[:40] if name)
        raise CodecError(
            f"row {number} has no column {quoted}; it has {there or 'none'}; correct `map` or `header`"
        )
    return names


def _row(
    names: list[str], number: int, cells: Sequence[object], faults: tuple[str, ...], whole: bool
) -> TableRow:
    """A row by column; one that was cut off has none, since its last cell may be half of one."""
    if whole and len(cells) < len(names):
        cut = f"{len(cells)} cells under {len(names)} columns; the row is cut off, and left out"
        return TableRow(number, {}, (*faults, cut))
    if any(cell not in (None, "") for cell in cells[len(names) :]):
        many = f"{len(cells)} cells under {len(names)} columns; quote texts that hold the delimiter"
        faults = (*faults, many)
    return TableRow(number, dict(zip(names, cells, strict=False)), faults)
