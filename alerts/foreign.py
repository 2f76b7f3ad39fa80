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


def is_foreign(alert: str) -> bool:
    """Whether the key of an alert is of one that no rule of ours made."""
    return MARK in alert.split("@", 1)[0]
