"""The delivery ledger of a week as people write it, and the one in the state file, in the same words."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
QUERY = (
    "SELECT id, at, incident, kind, severity, person, receiver, address, because, state, instead_of"
    " FROM deliveries ORDER BY at, id"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery; `at` is civil. Expected ones may come up to `within` seconds later."""

    number: int
    at: float
    what: tuple[str, ...]
    """incident, kind, severity, person, receiver, address, because, state"""
    instead_of: int | None
    within: float = 0.0

    @property
    def kind(self) -> str:
        """What was told."""
        return self.what[1]


def civil(text: str) -> float:
    """A local time as scripts write it."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE).timestamp()


def expected(file: Path, first_day: datetime) -> list[Row]:
    """Read the golden ledger; its days are those of the week and month of `first_day`."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [_written(each, first_day) for each in csv.DictReader(lines)]


def kept(rows: Iterable[Sequence[Any]]) -> list[Row]:
    """What the state file holds, as QUERY gives it."""
    return [
        Row(
            row[0], row[1],
            (str(row[2] or ""), row[3], row[4], row[5], row[6], row[7], row[8], row[9]), row[10],
        )
        for row in rows
    ]  # fmt: skip


def lines(rows: Sequence[Row]) -> list[str]:
    """A line a row in the order of time; a replaced delivery is named by what it was, not by its number."""
    of = {each.number: each for each in rows}
    return sorted(_line(each, of) for each in rows)


def snapped(actual: Sequence[Row], golden: Sequence[Row]) -> list[Row]:
    """The actual rows; one that came within the time that an expected one allows has that one's time."""
    free = [each for each in golden if each.within]
    out = []
    for row in actual:
        match = next((each for each in free if _allows(each, row)), None)
        if match is not None:
            free.remove(match)
        out.append(row if match is None else replace(row, at=match.at))
    return out


def _allows(golden: Row, row: Row) -> bool:
    return golden.what == row.what and golden.at <= row.at <= golden.at + golden.within


def _written(row: Mapping[str, str], first_day: datetime) -> Row:
    day, clock = row["at"].split()[1:]
    at = datetime.strptime(f"{first_day:%Y-%m}-{day} {clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)
    assert f"{at:%a}" == row["at"][:3], f"row {row['n']}: {row['at']} is a {at:%a}"
    names = ("incident", "kind", "severity", "person", "receiver", "to", "because", "state")
    instead = int(row["instead_of"]) if row["instead_of"] else None
    what = tuple(row[name] for name in names)
    return Row(int(row["n"]), at.timestamp(), what, instead, float(row["within"]))


def _line(row: Row, of: Mapping[int, Row]) -> str:
    incident, kind, severity, person, receiver, to, because, state = row.what
    who = f"{person} by {receiver} {to}" if person else f"{receiver} {to}".strip()
    instead = ""
    if row.instead_of is not None:
        first = of.get(row.instead_of)
        instead = (
            f" instead of {first.what[4]} at {_time(first.at)}"
            if first
            else " instead of a row that is not there"
        )
    return f"{_time(row.at)} #{incident:<2} {kind} {severity}: {who}, {because}: {state}{instead}"


def _time(at: float) -> str:
    there = datetime.fromtimestamp(at, ZONE)
    fraction = f"{there:%f}".rstrip("0")
    return f"{there:%d %a %H:%M:%S}" + (f".{fraction}" if fraction else "")
