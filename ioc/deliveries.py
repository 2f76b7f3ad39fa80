"""A question to the delivery ledger: who was told what, when, by which way, with what answer. Pure.

Times are civil seconds since the epoch, as they stand in the state file (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COLUMNS = (
    "id", "at", "incident", "kind", "severity", "person", "receiver", "channel", "to", "because", "state", "attempts",
    "settled", "answer", "instead_of", "summary",
)  # fmt: skip
STATES = ("owed", "told", "failed", "withdrawn")
MOST = 1_000
"""rows of one answer"""
MOST_AS_CSV = 50_000

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which deliveries; what is empty or None does not matter. Newest first, those with an id below `before`."""

    incident: int | None = None
    person: str = ""
    receiver: str = ""
    state: str = ""
    since: float | None = None
    until: float | None = None
    before: int | None = None
    limit: int = 100


def columns() -> str:
    """The columns of the table in the order of COLUMNS, as SQL."""
    return ", ".join("address" if name == "to" else name for name in COLUMNS)


def statement(asked: Asked) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a question and its parameters; the table is that of ioc/state/migrations."""
    wanted: list[tuple[str, Any]] = [
        ("incident = ?", asked.incident),
        ("person = ?", asked.person or None),
        ("receiver = ?", asked.receiver or None),
        ("state = ?", asked.state or None),
        ("at >= ?", asked.since),
        ("at < ?", asked.until),
        ("id < ?", asked.before),
    ]
    given = [(term, value) for term, value in wanted if value is not None]
    where = " AND ".join(term for term, _ in given) or "1"
    sql = f"SELECT {columns()} FROM deliveries WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 -- our own terms
    return sql, (*(value for _, value in given), asked.limit)


def rows(found: Iterable[Sequence[Any]]) -> list[Row]:
    """What the statement gave, by name."""
    return [dict(zip(COLUMNS, each, strict=True)) for each in found]
