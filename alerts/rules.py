"""What to alert about: a rule as it is written, and as it runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from string import Formatter
from types import MappingProxyType
from typing import Annotated, Any, Literal
from unicodedata import normalize

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from alerts.condition import Condition, compile_condition
from alerts.templates.registry import expanded
from ioc.errors import RuleError


class Severity(StrEnum):
    """How urgent an alert is; each receiver says which it wants to be told."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """More is more urgent."""
        return _RANKS[self]


_RANKS = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}

LABELS: Mapping[str, type] = {
    "id": str,
    "kind": str,
    "system": str,
    "unit": str,
    "site": str,
    "parent": str,
    "name": str,
    "critical": bool,
}
"""what `where` may read, besides `labels`"""

LIVE: Mapping[str, Mapping[str, type]] = {
    "endpoint": {
        "state": str,
        "reason": str,
        "detail": str,
        "answering": bool,
        "rtt": float,
        "loss": float,
    },
    "self": {
        "state": str,
        "detail": str,
        "waiting": float,
        "dropped": float,
        "losing": float,
        "owed": float,
        "skew": float,
    },
}
"""what `if` may read, by what the rule is on; on an endpoint, every number that its sources find besides"""

PLACEHOLDERS = frozenset(
    {
        "id", "name", "kind", "system", "unit", "unit_name", "site", "site_name", "address",
        "state", "reason", "detail", "rtt", "loss",
        "owner", "phone", "carrier", "circuit", "hotline", "members", "since",
    }
)  # fmt: skip
"""what a title, an annotation or a next action may name in braces, and the numbers that `if` may read"""

LONGEST_HOLD = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, compiled. `for_` and `keep_firing_for` are seconds."""

    id: str
    on: str
    where: Condition | None = field(compare=False)
    if_: Condition = field(compare=False)
    for_: float
    keep_firing_for: float
    severity: Severity
    title: str
    annotations: Mapping[str, str] = field(default_factory=dict)
    next_action: str = ""
    runbook: str = ""
    enabled: bool = True

    def covers(self, labels: Mapping[str, Any]) -> bool:
        """Whether it is about a subject with these labels; not when a label it needs is absent."""
        return self.enabled and (self.where is None or self.where.holds(labels) is True)


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _duration(value: object) -> float:
    if value == 0 and not isinstance(value, bool):
        return 0.0
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a duration; write 0, 30s, 2m or 1h")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds > LONGEST_HOLD:
        raise ValueError(f"{value!r} is longer than 24h")
    return seconds


def _template(value: object, info: ValidationInfo) -> str:
    named = PLACEHOLDERS | info.context if info.context else PLACEHOLDERS
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    try:
        parts = list(Formatter().parse(value))
    except ValueError as error:
        raise ValueError(f"{value!r}: {error}; a brace itself is written {{{{ or }}}}") from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in named or spec or conversion):
            known = ", ".join(sorted(named))
            raise ValueError(f"unknown placeholder {{{name}}} in {value!r}; known are {known}")
    return normalize("NFC", value)


Duration = Annotated[float, BeforeValidator(_duration)]
Template = Annotated[str, BeforeValidator(_template), Field(max_length=500)]
Composed = Annotated[str, AfterValidator(lambda text: normalize("NFC", text))]
"""as names are, with which conditions compare (ioc/config/kinds.py)"""


class _Written(BaseModel):
    """A rule as configuration spells it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    on: Literal["endpoint", "self"] = "endpoint"
    where: Composed | None = None
    if_: Composed = Field(alias="if")
    for_: Duration = Field(default=0.0, alias="for")
    keep_firing_for: Duration = 0.0
    severity: Literal["critical", "warning", "info"]
    title: Template
    annotations: dict[str, Template] = Field(default_factory=dict, max_length=20)
    next_action: Template = ""
    runbook: str = Field(default="", max_length=500)
    enabled: bool = True


def parse_rule(data: object, numbers: Collection[str] = ()) -> Rule:
    """Make a rule of what YAML gave; raises RuleError with every fault of its shape, or of its conditions.

    `numbers` names what the sources find about an endpoint: a rule on one may read it as `rtt`.
    """
    if not isinstance(data, Mapping):
        raise RuleError(f"a rule is a mapping with id, if, severity and title, not {data!r}")
    data = expanded(data)
    name = data.get("id", "without an id")
    spelled = {
        "on" if key is True else key: value for key, value in data.items()
    }  # YAML 1.1 reads `on` as true
    try:
        written = _Written.model_validate(spelled, context=frozenset(numbers))
    except ValidationError as error:
        faults = "; ".join(_fault(each) for each in error.errors())
        raise RuleError(f"rule {name!r}: {faults}") from None
    return _compiled(written, numbers if written.on == "endpoint" else ())


def parse_rules(data: object) -> tuple[Rule, ...]:
    """Make rules of a YAML list; raises RuleError, also for an id that occurs twice."""
    if not isinstance(data, list):
        raise RuleError(f"rules are a list, not {type(data).__name__}")
    rules = tuple(parse_rule(each) for each in data)
    check_unique(rules)
    return rules


def check_unique(rules: Iterable[Rule]) -> None:
    """Raise RuleError when two rules share an id."""
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"rule {rule.id!r} occurs twice; an id names one rule")
        seen.add(rule.id)


def shipped() -> tuple[Rule, ...]:
    """The rules that come with the service."""
    text = files("alerts").joinpath("shipped.yaml").read_text("utf-8")
    return parse_rules(yaml.safe_load(text))


def _compiled(written: _Written, numbers: Collection[str]) -> Rule:
    return Rule(
        id=written.id,
        on=written.on,
        where=_where(written),
        if_=_condition(written, "if", written.if_, {**dict.fromkeys(numbers, float), **LIVE[written.on]}),
        for_=written.for_,
        keep_firing_for=written.keep_firing_for,
        severity=Severity(written.severity),
        title=written.title,
        annotations=MappingProxyType(dict(written.annotations)),
        next_action=written.next_action,
        runbook=written.runbook,
        enabled=written.enabled,
    )


def _where(written: _Written) -> Condition | None:
    if written.where is None:
        return None
    condition = _condition(written, "where", written.where, LABELS, ("labels",))
    if condition.windows:
        raise RuleError(f"rule {written.id!r}: where: windows belong in `if`; labels do not change")
    return condition


def _condition(
    written: _Written, key: str, text: str, kinds: Mapping[str, type], mappings: tuple[str, ...] = ()
) -> Condition:
    try:
        return compile_condition(text, kinds, mappings)
    except RuleError as error:
        raise RuleError(f"rule {written.id!r}: {key}: {error}") from None


def _fault(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(each.alias or name for name, each in _Written.model_fields.items())
        return f"unknown key {where!r}; known are {known}"
    if error["type"] == "missing":
        return f"{where!r} is missing"
    if error["type"] == "value_error":
        return f"{where}: {error['ctx']['error']!s}"
    return f"{where}: {error['msg']}, not {error['input']!r}"
