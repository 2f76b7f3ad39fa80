"""Reading alerts as other programs post them: each is taken or refused by itself. Pure.

Labels and their values may be any UTF-8. Labels with an empty value are left out, as Alertmanager does. Deeper
nesting than an alert has is refused with the field that has it; JSON itself is read to orjson's 1,024 levels.

Source: Alertmanager, api/v2/openapi.yaml, `postableAlert`; RFC 3339 for its times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ioc.errors import Refused
from ioc.legible import quoted

MOST_ALERTS = 20_000
"""alerts of one post; the rest is refused"""
MOST_LABELS = 64
LONGEST_NAME = 256
LONGEST_VALUE = 4_096
LONGEST_TEXT = 8_192
"""characters of an annotation"""
FIELDS = frozenset({"labels", "annotations", "startsAt", "endsAt", "generatorURL"})


@dataclass(frozen=True, slots=True)
class Posted:
    """One alert as it was posted; times are civil by its sender's clock, None where it says none."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts: float | None = None
    ends: float | None = None
    generator: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why the alert at a place of the array, from 0, is not taken."""

    number: int
    why: str

    def __str__(self) -> str:
        return f"alert {self.number}: {self.why}"


def array(body: bytes) -> list[Any]:
    """The JSON array that a post is. Raises Refused 400 when it is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(f"the body is not JSON: {error}") from None
    if not isinstance(found, list):
        raise Refused(f"the body is a list of alerts, not {_kind(found)}")
    return found


def alerts(items: list[Any]) -> Iterator[Posted | Flaw]:
    """Each alert of a post, in order, or what is wrong with it."""
    for number, item in enumerate(items[:MOST_ALERTS]):
        try:
            yield _posted(item)
        except _UnfitError as unfit:
            yield Flaw(number, str(unfit))
    for number in range(MOST_ALERTS, len(items)):
        yield Flaw(number, f"one post takes {MOST_ALERTS} alerts; send the others in another")


class _UnfitError(ValueError):
    """What is wrong with one alert."""


def _posted(item: Any) -> Posted:
    if not isinstance(item, dict):
        raise _UnfitError(f"is {_kind(item)}, not an object with labels")
    labels = {name: value for name, value in _texts(item, "labels", LONGEST_VALUE).items() if value}
    if not labels:
        raise _UnfitError("labels: at least one with a value is needed; it is what tells alerts apart")
    generator = item.get("generatorURL") or ""
    if not isinstance(generator, str) or len(generator) > LONGEST_VALUE:
        raise _UnfitError(f"generatorURL is text of {LONGEST_VALUE} characters at most")
    starts, ends = _time(item, "startsAt"), _time(item, "endsAt")
    if starts is not None and ends is not None and ends < starts:
        raise _UnfitError(f"endsAt {item['endsAt']!r} is before startsAt {item['startsAt']!r}")
    return Posted(labels, _texts(item, "annotations", LONGEST_TEXT), starts, ends, generator)


def _texts(item: dict[str, Any], key: str, longest: int) -> dict[str, str]:
    found = item.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _UnfitError(f"{key} is {_kind(found)}, not an object of texts")
    if len(found) > MOST_LABELS:
        raise _UnfitError(f"{key} are {len(found)}; at most {MOST_LABELS} are taken")
    for name, value in found.items():
        if not 0 < len(name) <= LONGEST_NAME:
            raise _UnfitError(
                f"{key}: name {quoted(name)} has {len(name)} characters, not 1 to {LONGEST_NAME}"
            )
        if not isinstance(value, str):
            raise _UnfitError(f"{key}.{name[:60]} is {_kind(value)}, not text")
        if len(value) > longest:
            raise _UnfitError(f"{key}.{name[:60]} has {len(value)} characters; at most {longest} are taken")
    return found


def _time(item: dict[str, Any], key: str) -> float | None:
    """Civil seconds; None for absent and for the year 1, which Go writes for no time."""
    text = item.get(key)
    if text is None or text == "":
        return None
    hint = "write it as 2026-11-24T08:30:00Z"
    if not isinstance(text, str) or len(text) > 64:
        raise _UnfitError(f"{key} is {quoted(text)}, not a time; {hint}")
    try:
        read = datetime.fromisoformat(text)
        if read.year == 1:
            return None
        if read.tzinfo is None:
            raise ValueError(text)
        return read.timestamp()
    except (ValueError, OverflowError):
        raise _UnfitError(f"{key} {quoted(text)} is not a time with its zone; {hint}") from None


_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")
