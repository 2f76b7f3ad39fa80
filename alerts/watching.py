"""Which rules watch which subject, and what of a change each of them reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.lifecycle import Alert
from alerts.rules import Rule
from alerts.windows import Rolling
from ioc.inventory import Endpoint, Inventory

HIDDEN = frozenset({"unknown", "maintenance", "unreachable"})
"""states of an endpoint that say nothing of the endpoint itself"""
MEASURED = frozenset({"up", "degraded"})
"""states in which a sample's numbers count as quality; an outage's own losses are no lack of quality"""
OF_SILENCE = frozenset({"loss"})
"""fields that mean something when the subject did not answer"""
DOWN = "down"
UNKNOWN = "unknown"
SILENT = frozenset({DOWN, "off"})
"""states in which an endpoint has no quality: a lack of it is unknown while it is down, over when it is off"""
SELF = "self/"


class Watch:
    """One rule on one subject."""

    __slots__ = ("_hidden", "_reads", "alert", "numbers", "rule", "windows")

    def __init__(self, rule: Rule, subject: str, windows: Mapping[tuple[str, float], Rolling]) -> None:
        self.rule = rule
        self.alert = Alert(rule.id, subject)
        self.windows = tuple(
            (each.variable, each.aggregate, windows[each.field, each.span]) for each in rule.if_.windows
        )
        self._reads = tuple(rule.if_.reads)
        self._hidden = HIDDEN - {UNKNOWN} if _is_about_unknown(rule) else HIDDEN
        self.numbers = tuple(rule.if_.reads - {"state", "answering"})

    def reading(self, value: Mapping[str, Any] | None) -> bool | None:
        """Whether its condition is true of a value of the picture; None when that cannot be known."""
        if value is None:
            return None
        state = value.get("state")
        if state in self._hidden:
            return None
        if not self.windows:
            return self.rule.if_.holds(value)
        if state in SILENT:
            return None if state == DOWN else False
        values: dict[str, Any] = {name: value.get(name) for name in self._reads}
        for variable, aggregate, rolling in self.windows:
            values[variable] = rolling.value(aggregate)
        return self.rule.if_.holds(values)

    def expiry(self) -> float | None:
        """When a window changes with no new sample."""
        moments = (rolling.expiry() for _, _, rolling in self.windows)
        return min((each for each in moments if each is not None), default=None)


class Watched:
    """One subject with every rule on it; `sampled` are those that read more than the state."""

    __slots__ = ("_fields", "_lost", "_measured", "rollings", "sampled", "watches")

    def __init__(
        self, subject: str, rules: Iterable[Rule], every: float, before: Watched | None = None
    ) -> None:
        rules = tuple(rules)
        self.rollings: dict[tuple[str, float], Rolling] = _rollings(
            rules, every, before.rollings if before else {}
        )
        self._fields = tuple((field, rolling) for (field, _), rolling in self.rollings.items())
        self._measured: float | None = before._measured if before else None
        self._lost: list[Mapping[str, Any]] = []
        """what was measured of a silence that may yet become an outage; a few, as a burst is soon over"""
        self.watches = tuple(Watch(rule, subject, self.rollings) for rule in rules)
        self.sampled = tuple(each for each in self.watches if each.windows or each.numbers)
        if before is not None:
            known = {each.rule.id: each.alert for each in before.watches}
            for watch in self.watches:
                watch.alert = known.get(watch.rule.id, watch.alert)

    def feed(self, value: Mapping[str, Any], at: float) -> None:
        """Take what was measured into the windows, each number once; a silence's when it was not an outage's."""
        measured = value.get("measured")
        fresh = measured is None or measured != self._measured
        self._measured = measured
        usable = value["state"] in MEASURED
        if usable and not value.get("answering", True):
            if fresh:
                self._lost.append(value)
            self.advance(at)
            return
        if self._lost:
            for each in self._lost if usable else ():
                self._take(each, at, OF_SILENCE)
            self._lost.clear()
        if usable and fresh:
            self._take(value, at)
        else:
            self.advance(at)

    def _take(self, value: Mapping[str, Any], at: float, only: frozenset[str] | None = None) -> None:
        for field, rolling in self._fields:
            number = value.get(field) if only is None or field in only else None
            if number is None:
                rolling.advance(at)
            else:
                rolling.add(number, at)

    def advance(self, now: float) -> None:
        """Let the windows forget."""
        for _, rolling in self._fields:
            rolling.advance(now)


def watched(
    inventory: Inventory, rules: Iterable[Rule], own: Iterable[str], before: Mapping[str, Watched]
) -> dict[str, Watched]:
    """Every subject that a rule covers: endpoints by their id, our own keys as `self/NAME` or `self/KIND/NAME`.

    Alerts and windows of the subjects and rules that were there before go on.
    """
    rules = tuple(rules)
    out: dict[str, Watched] = {}
    for endpoint in inventory.endpoints.values():
        labels = _labels(endpoint)
        covering = [rule for rule in rules if rule.on == "endpoint" and rule.covers(labels)]
        if covering:
            every = max((probe.every for probe in endpoint.probes), default=10.0)
            out[endpoint.id] = Watched(endpoint.id, covering, every, before.get(endpoint.id))
    for name in own:
        kind = name.rpartition("/")[0] or "self"
        labels = {"id": SELF + name, "name": name, "kind": kind, "critical": False, "labels": {}}
        covering = [rule for rule in rules if rule.on == "self" and rule.covers(labels)]
        if covering:
            out[SELF + name] = Watched(SELF + name, covering, 10.0, before.get(SELF + name))
    return out


def is_held(value: Mapping[str, Any] | None) -> bool:
    """Whether a subject that is down answers again and waits for its recovery to be confirmed."""
    return value is not None and value.get("answering") is True and value.get("state") == DOWN


def _is_about_unknown(rule: Rule) -> bool:
    """Whether a rule asks for the state unknown itself, which says nothing to any other."""
    return "state" in rule.if_.reads and any(f"{quote}{UNKNOWN}{quote}" in rule.if_.text for quote in "\"'")


def _labels(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "kind": endpoint.kind,
        "system": endpoint.system,
        "unit": endpoint.unit,
        "site": endpoint.site,
        "parent": endpoint.parent,
        "name": endpoint.name,
        "critical": endpoint.critical,
        "labels": dict(endpoint.labels),
    }


def _rollings(
    rules: Iterable[Rule], every: float, before: Mapping[tuple[str, float], Rolling]
) -> dict[tuple[str, float], Rolling]:
    asked: dict[tuple[str, float], frozenset[str]] = {}
    for rule in rules:
        for each in rule.if_.windows:
            key = (each.field, each.span)
            asked[key] = asked.get(key, frozenset()) | {each.aggregate}
    made = {key: Rolling(key[1], every, keeps) for key, keeps in asked.items()}
    return {
        key: before[key] if key in before and before[key].shape == new.shape else new
        for key, new in made.items()
    }
