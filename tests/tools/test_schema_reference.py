"""The reference of history says what the schema and the sources declare."""

from __future__ import annotations

import pytest

from collectors.registry import SOURCES
from ioc import schema
from tools.schema_reference import PAGE, main, measurements, page


def test_it_is_current() -> None:
    old = "docs/history-schema.md is old: run python -m tools.schema_reference"
    assert PAGE.read_text("utf-8") == page(), old


def test_every_declared_field_stands_in_it_with_its_unit_and_meaning() -> None:
    lines = page().splitlines()
    for source in SOURCES.values():
        for field in [*source.fields, *(each for one in source.measurements for each in one.fields)]:
            assert any(
                line.startswith(f"| `{field.name}` | {field.kind.value} | {field.unit} |")
                and line.endswith(f"| {field.about} |")
                for line in lines
            ), field


def test_every_tag_stands_in_it_with_what_bounds_it() -> None:
    text = page()
    assert all(f"| `{tag}` | {about} |" in text for tag, about in schema.TAGS.items())


def test_a_measurement_is_there_once() -> None:
    names = [each.name for each, _ in measurements()]
    assert len(names) == len(set(names))
    assert {"endpoint", "state", "dropped"} <= set(names)


def test_check_tells_an_old_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["--check"]) == 0
    monkeypatch.setattr("tools.schema_reference.INTRODUCTION", "# Another")
    assert main(["--check"]) == 1
    assert "is old" in capsys.readouterr().out
