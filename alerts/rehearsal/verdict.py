"""What was expected against what came: equal, or sentences that say where they part. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ioc.config.scalars import written

Found = Sequence[Mapping[str, Any]]

SHOWN = ("at", "kind", "id", "rule", "subject", "phase", "root", "severity", "members", "to")
"""keys that are shown of what was not expected, where nothing was"""


def differences(what: str, expected: Found, found: Found, ordered: bool) -> list[str]:
    """Empty when each expected one is found, and no other; only the keys that an expected one names are compared.

    Pages are `ordered`; alerts and incidents are not.
    """
    rest = list(found)
    missing: list[Mapping[str, Any]] = []
    for each in expected:
        place = 0 if ordered and rest and matches(each, rest[0]) else _find(each, rest)
        if place is None or (ordered and place > 0):
            missing.append(each)
        else:
            rest.pop(place)
    if not missing and not rest:
        return []
    keys = list(dict.fromkeys(key for each in expected for key in each)) or SHOWN
    lines = [f"{what}: expected but not found: {_said(each)}" for each in missing]
    return lines + [f"{what}: found but not expected: {_said(each, keys)}" for each in rest]


def matches(expected: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether what was found has every key of what was expected, with its value."""
    return all(key in found and _same(value, found[key]) for key, value in expected.items())


def _find(expected: Mapping[str, Any], found: Found) -> int | None:
    return next((place for place, each in enumerate(found) if matches(expected, each)), None)


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        return isinstance(found, int | float) and abs(expected - found) < 0.001
    if isinstance(expected, dict) and isinstance(found, Mapping):
        return matches(expected, found)
    return bool(expected == found)


def _said(each: Mapping[str, Any], keys: Sequence[str] | None = None) -> str:
    shown = {key: each[key] for key in keys if key in each} if keys else each
    return "{" + ", ".join(f"{key}: {_value(key, value)}" for key, value in shown.items()) + "}"


def _value(key: str, value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return written(value) if key == "at" and value >= 0 else f"{value:g}"
