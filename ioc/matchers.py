"""Alertmanager's matchers: what labels something must have (Prometheus docs, alerting/configuration, "matcher")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Op(StrEnum):
    """How a label is compared; a label that is absent is the empty text."""

    IS = "="
    IS_NOT = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One comparison of one label; an expression is anchored at both ends. Raises re.error for one that is none."""

    name: str
    op: Op
    value: str
    _pattern: re.Pattern[str] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.op in (Op.MATCHES, Op.MATCHES_NOT):
            object.__setattr__(self, "_pattern", re.compile(f"(?:{self.value})"))

    def __str__(self) -> str:
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.op.value}"{quoted}"'

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels have it."""
        found = labels.get(self.name, "")
        if self._pattern is None:
            return (found == self.value) == (self.op is Op.IS)
        return (self._pattern.fullmatch(found) is not None) == (self.op is Op.MATCHES)


def all_hold(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether every one of them holds; of none, that is so."""
    return all(each.holds(labels) for each in matchers)
