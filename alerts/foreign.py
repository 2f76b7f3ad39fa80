"""Alerts that no rule of ours made: another program's, or a sign of life that did not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.rules import Severity

MARK = ":"
"""what stands in the rule of such an alert, and never in the id of a rule"""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Such an alert while it fires: how urgent it is, and what is shown of an incident that it opens."""

    rule: str
    subject: str
    severity: Severity
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What stands for the id of a rule on screens and in routes."""
        return str(self.facts.get("first_rule", self.rule))

    @property
    def member(self) -> str:
        """What it is called among others of its incident."""
        return str(self.facts.get("member") or self.subject)


class Strangers:
    """Every such alert that fires, by key, and the names of those of one subject."""

    def __init__(self) -> None:
        self._all: dict[str, Foreign] = {}
        self._of: dict[str, dict[str, str]] = {}

    def __contains__(self, alert: str) -> bool:
        return alert in self._all

    def get(self, alert: str) -> Foreign | None:
        """The alert of a key."""
        return self._all.get(alert)

    def put(self, alert: str, foreign: Foreign) -> None:
        """Enter one that fires."""
        self._all[alert] = foreign
        self._of.setdefault(foreign.subject, {})[alert] = foreign.member

    def drop(self, alert: str) -> None:
        """Take out one that ended."""
        foreign = self._all.pop(alert, None)
        if foreign is not None:
            names = self._of[foreign.subject]
            del names[alert]
            if not names:
                del self._of[foreign.subject]

    def members(self, subject: str) -> list[str]:
        """What those of a subject are called, each once, oldest first."""
        return list(dict.fromkeys(self._of.get(subject, {}).values()))


def is_foreign(alert: str) -> bool:
    """Whether the key of an alert is of one that no rule of ours made."""
    return MARK in alert.split("@", 1)[0]
