"""The tree of units, from its rows: each id's spans apart, each parent known, no circle at any date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from ioc.config import schema
from ioc.config.faults import Faults, Place, did_you_mean
from ioc.units import Span, Unit, Units


class UnitRow(NamedTuple):
    """A unit as it was written, and where."""

    unit: schema.Unit
    at: Callable[..., Place]


def tree(rows: Sequence[UnitRow], known: frozenset[str], faults: Faults) -> Units:
    """The units of all rows; `known` are all ids that were written, in rows with faults too."""
    by_id: dict[str, list[UnitRow]] = {}
    for row in rows:
        by_id.setdefault(row.unit.id, []).append(row)
    for several in by_id.values():
        _check_spans(several, faults)
    _check_parents(rows, by_id, known, faults)
    units = Units(Unit(id, tuple(_span(row.unit) for row in several)) for id, several in by_id.items())
    _check_circles(rows, by_id, faults)
    return units


def _span(row: schema.Unit) -> Span:
    return Span(row.name, row.parent or "", dict(row.codes), row.start, row.end, row.level)


def _begin(row: UnitRow) -> date:
    return row.unit.start or date.min


def _end(row: UnitRow) -> date:
    return row.unit.end or date.max


def _check_spans(rows: list[UnitRow], faults: Faults) -> None:
    for row in rows:
        if _begin(row) >= _end(row):
            hint = "end is the first day the row holds no more"
            faults.add(
                "impossible-span", row.at("end"), "unit that ends before it starts:", row.unit.id, hint
            )
    ordered = sorted(rows, key=_begin)
    for before, after in pairwise(ordered):
        if _begin(after) < _end(before):
            later = max(before, after, key=lambda row: row.at("id").line)
            other = before if later is after else after
            hint = f"{other.at('id')} holds at the same time; give one an end and the other a start"
            faults.add("overlapping-spans", later.at("id"), "unit twice at one time:", row.unit.id, hint)


def _check_parents(
    rows: Sequence[UnitRow], by_id: Mapping[str, list[UnitRow]], known: frozenset[str], faults: Faults
) -> None:
    for row in rows:
        parent = row.unit.parent
        if parent is None:
            continue
        if parent not in known:
            near = did_you_mean(parent, known, "add it, or leave parent empty at the top")
            faults.add("unknown-parent", row.at("parent"), "unknown parent unit", parent, near)
        elif parent in by_id and not _covered(row, by_id[parent]):
            hint = f"{row.unit.id} hangs in the air meanwhile"
            faults.warn(
                "orphaned-unit", row.at("parent"), "parent unit that does not always exist:", parent, hint
            )


def _covered(row: UnitRow, parents: list[UnitRow]) -> bool:
    """Whether a parent exists all the while its child does."""
    reached = _begin(row)
    for parent in sorted(parents, key=_begin):
        if _begin(parent) <= reached < _end(parent):
            reached = _end(parent)
    return reached >= _end(row)


def _check_circles(rows: Sequence[UnitRow], by_id: Mapping[str, list[UnitRow]], faults: Faults) -> None:
    told: set[frozenset[str]] = set()
    suspects = _perhaps_circular(rows, by_id)
    for day in sorted({_begin(row) for row in suspects}):
        holding = {row.unit.id: row for row in suspects if _begin(row) <= day < _end(row)}
        parents = {id: row.unit.parent or "" for id, row in holding.items()}
        for circle in circles(parents):
            if frozenset(circle) not in told:
                told.add(frozenset(circle))
                row = holding[circle[0]]
                shown = " → ".join((*circle, circle[0]))
                faults.add(
                    "unit-circle", row.at("parent"), "units in a circle:", shown, "one has another parent"
                )


def _perhaps_circular(rows: Sequence[UnitRow], by_id: Mapping[str, list[UnitRow]]) -> list[UnitRow]:
    """The rows left when every unit is taken out whose parents are, whatever the dates; most often none."""
    waiting = {id: {row.unit.parent for row in several} & by_id.keys() for id, several in by_id.items()}
    below: dict[str, list[str]] = {}
    for id, parents in waiting.items():
        for parent in parents:
            below.setdefault(str(parent), []).append(id)
    free = [id for id, parents in waiting.items() if not parents]
    while free:
        parent = free.pop()
        del waiting[parent]
        for child in below.get(parent, ()):
            waiting[child].discard(parent)
            if not waiting[child]:
                free.append(child)
    return [row for row in rows if row.unit.id in waiting]


def circles(parents: Mapping[str, str]) -> list[list[str]]:
    """Every circle of a child → parent mapping, each beginning with its first member in order."""
    done: set[str] = set()
    out: list[list[str]] = []
    for start in parents:
        path: dict[str, None] = {}
        here = start
        while here in parents and here not in done and here not in path:
            path[here] = None
            here = parents[here]
        if here in path:
            walked = list(path)
            circle = walked[walked.index(here) :]
            first = circle.index(min(circle))
            out.append(circle[first:] + circle[:first])
        done.update(path)
    return out
