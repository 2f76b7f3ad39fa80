"""Writes docs/history-schema.md from what is declared; `--check` only says whether it is current."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from collectors.registry import SOURCES
from ioc import schema
from ioc.model import State
from ioc.schema import Field, Kind, Measurement
from ioc.store.downsampling import AGGREGATES, RAW_KEPT, TIERS, aggregates
from ioc.store.line import CODES, PRECISION

PAGE = Path(__file__).parents[1] / "docs" / "history-schema.md"
DAY = 86_400

INTRODUCTION = f"""\
# What history holds

<!-- Written by tools/schema_reference.py from ioc/schema.py and the sources' declarations; change those. -->

History is made of measurements, each with tags that tell its series apart and fields that hold values. A store gets
them as line protocol, timestamps in {PRECISION}. Both stores, the embedded one and InfluxDB, hold the same.

A series costs memory in a database for as long as it is kept. So every tag is one of those below, bounded by what is
configured or built into a device; names, codes, officers, call ids and addresses are never tags, for they change.
Ids are looked up when they are shown. A measurement that declares another tag is refused where it is declared.

A field has one type for ever: a store refuses a value of another. Numbers are floats unless said otherwise.
"""

OWN = """\
A probe profile may name further fields of `endpoint` (a number out of a JSON body or of an exporter's page); they are
floats, with the unit that the profile says. What other programs write through `/api/v2/write` is kept under
measurements and fields that the configuration lists.
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "## Tags\n", "| tag | what bounds it |", "|---|---|"]
    parts += [f"| `{tag}` | {about} |" for tag, about in schema.TAGS.items()]
    for measurement, made_by in measurements():
        parts += _measurement(measurement, made_by)
    parts += ["\n## Fields that configuration names\n", OWN, *_codes(), *_years()]
    return "\n".join(parts) + "\n"


def measurements() -> Iterator[tuple[Measurement, Mapping[str, list[str]]]]:
    """Every measurement, and for each of its fields the sources that make it."""
    makers: dict[str, list[str]] = {}
    for name, source in sorted(SOURCES.items()):
        for field in source.fields:
            makers.setdefault(field.name, []).append(name)
    makers[schema.LOSS.name] = sorted(SOURCES)
    declared = [field for source in SOURCES.values() for field in source.fields]
    yield schema.endpoint([schema.LOSS, *declared]), makers
    yield schema.STATE, {}
    for name, source in sorted(SOURCES.items()):
        for each in source.measurements:
            yield each, {field.name: [name] for field in each.fields}
    yield schema.DROPPED, {}


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    text = page()
    if "--check" in arguments:
        current = PAGE.exists() and PAGE.read_text("utf-8") == text
        print("current" if current else "docs/history-schema.md is old: run python -m tools.schema_reference")
        return 0 if current else 1
    PAGE.write_text(text, "utf-8")
    return 0


def _measurement(measurement: Measurement, made_by: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"\n## `{measurement.name}`\n"
    tags = ", ".join(f"`{tag}`" for tag in measurement.tags)
    yield f"{measurement.about[0].upper()}{measurement.about[1:]}. Tags: {tags}.\n"
    yield "| field | type | unit | sources | meaning |"
    yield "|---|---|---|---|---|"
    for field in measurement.fields:
        yield _field(field, made_by.get(field.name, []))


def _field(field: Field, made_by: list[str]) -> str:
    sources = "all" if made_by == sorted(SOURCES) else ", ".join(f"`{each}`" for each in made_by)
    return f"| `{field.name}` | {field.kind.value} | {field.unit} | {sources} | {field.about} |"


def _codes() -> Iterator[str]:
    yield "## States by code\n"
    yield "A code never gets another meaning.\n"
    yield "| `code` | `state` |"
    yield "|---|---|"
    yield from (f"| {code} | `{State(state)}` |" for state, code in CODES.items())


def _years() -> Iterator[str]:
    yield "\n## What InfluxDB keeps for years\n"
    kept = "; ".join(
        f"windows of {tier.length} in `{tier.bucket('BUCKET')}` {tier.kept // DAY} days" for tier in TIERS
    )
    numbers = ", ".join(f"`rtt_{each}`" for each in AGGREGATES)
    texts = ", ".join(f"`reason_{each}`" for each in aggregates(Kind.TEXT))
    yield f"Raw points in `BUCKET` {RAW_KEPT // DAY} days; {kept}. A window's point stands at its beginning."
    yield f"A number there has {numbers}; a text or a flag {texts} alone. `ioc influx init` makes all of it."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
