"""Rules that ship half written: a template, a few numbers of one's own, and it is a rule like any other.

A template is one YAML file here: `what` it is for, its `parameters`, and the `rule` with `$parameter` in its texts.
A list of rules names it as `- {template: certificate, id: cert-14d, days: 14}`; every key of a rule but `if` may be
given too and takes the place of the template's, except that both `where` must hold.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template as Text
from types import MappingProxyType
from typing import Any

import yaml

from ioc.errors import RuleError

RULE_KEYS = frozenset(
    {
        "id", "on", "where", "for", "keep_firing_for", "severity", "title", "annotations", "next_action", "runbook",
        "enabled",
    }
)  # fmt: skip
"""keys of a rule that may stand beside a template's parameters"""
_DURATION = re.compile(r"\d+(?:\.\d+)?(?:ms|s|m|h)|0")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may be set: a number within bounds, or a duration as rules write it."""

    name: str
    kind: str
    default: str
    what: str
    least: float = 0.0
    most: float = 0.0

    def fit(self, value: object) -> str:
        """The value as it stands in the rule. Raises ValueError with what is wrong."""
        if self.kind == "duration":
            if isinstance(value, str) and _DURATION.fullmatch(value):
                return value
            raise ValueError(f"{value!r} is not a duration; write 30s, 2m or 1h")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{value!r} is not a number")
        if not self.least <= value <= self.most:
            raise ValueError(f"{value:g} is not from {self.least:g} to {self.most:g}")
        return f"{value:g}" if value == int(value) and abs(value) < 1e6 else repr(value)


@dataclass(frozen=True, slots=True)
class RuleTemplate:
    """One template."""

    name: str
    what: str
    parameters: Mapping[str, Parameter]
    rule: Mapping[str, str]

    def filled(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        """The rule that comes of what was written. Raises RuleError with every fault."""
        own = {"on" if key is True else key: value for key, value in data.items() if key != "template"}
        faults, values = self._values(own)
        if faults:
            raise RuleError(f"rule {data.get('id', 'without an id')!r}: {'; '.join(faults)}")
        rule: dict[str, Any] = {key: Text(text).substitute(values) for key, text in self.rule.items()}
        given = {key: value for key, value in own.items() if key in RULE_KEYS}
        if isinstance(given.get("where"), str) and "where" in rule:
            given["where"] = f"({rule['where']}) && ({given['where']})"
        return rule | given

    def _values(self, own: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
        faults = []
        values = {name: each.default for name, each in self.parameters.items()}
        for key, value in own.items():
            if key in self.parameters:
                try:
                    values[key] = self.parameters[key].fit(value)
                except ValueError as error:
                    faults.append(f"{key}: {error}")
            elif key not in RULE_KEYS:
                known = ", ".join(sorted({*self.parameters, *RULE_KEYS}))
                faults.append(f"unknown key {str(key)!r} of template {self.name}; known are {known}")
        return faults, values


@cache
def templates() -> Mapping[str, RuleTemplate]:
    """Every template that ships, by name."""
    folder = files("alerts.templates")
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml"))
    read = {name.removesuffix(".yaml"): folder.joinpath(name).read_text("utf-8") for name in found}
    return MappingProxyType({name: _template(name, yaml.safe_load(text)) for name, text in read.items()})


def expanded(data: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """What was written as a whole rule: itself, or its template filled. Raises RuleError."""
    if "template" not in data:
        return data
    name = data["template"]
    found = templates().get(name) if isinstance(name, str) else None
    if found is None:
        near = difflib.get_close_matches(str(name), templates(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(templates())}"
        raise RuleError(
            f"rule {data.get('id', 'without an id')!r}: template: {name!r} does not exist; {hint}"
        )
    return found.filled(data)


def _template(name: str, data: Mapping[str, Any]) -> RuleTemplate:
    parameters = {key: _parameter(key, each) for key, each in data["parameters"].items()}
    return RuleTemplate(name, data["what"], MappingProxyType(parameters), MappingProxyType(data["rule"]))


def _parameter(name: str, data: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name,
        data["kind"],
        str(data["default"]),
        data["what"],
        float(data.get("least", 0)),
        float(data.get("most", 0)),
    )
