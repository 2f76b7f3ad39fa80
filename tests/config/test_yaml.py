"""YAML: core scalars, lines of every path, hostile files."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ioc.config import yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-12", -12),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("off", "off"),
        ("no", "no"),
        ("12:30", "12:30"),
        ("2026-09-02", "2026-09-02"),
        ("0237385123", "0237385123"),
        ("+84912345678", "+84912345678"),
        (".", "."),
        ("e0", "e0"),
        ("-e1", "-e1"),
        ("1.", 1.0),
        ("1.2.3", "1.2.3"),
        (".inf", ".inf"),
        ("9" * 5000, "9" * 5000),
        ("1e999", 1e999),
    ],
)
def test_scalars_by_the_core_schema(text: str, value: object) -> None:
    found = yaml.scalar(text)
    assert found == value
    assert type(found) is type(value)


@settings(deadline=None)
@given(st.text("0123456789eE.-+", max_size=8))
def test_what_looks_like_a_number_is_a_number_or_text(text: str) -> None:
    found = yaml.scalar(text)
    assert found == text if isinstance(found, str) else not text if found is None else float(text) == found


def test_quoted_is_text() -> None:
    assert yaml.parse("a: '1'\nb: \"true\"\nc: !!str 5\n").data == {"a": "1", "b": "true", "c": "5"}


def test_lines_are_those_of_keys_and_items() -> None:
    parsed = yaml.parse("# first\na:\n  b:\n    - x\n    - {c: 1,\n       d: 2}\ne: >\n  folded\n")
    assert parsed.data == {"a": {"b": ["x", {"c": 1, "d": 2}]}, "e": "folded\n"}
    assert parsed.lines == {
        (): 2,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "b", 0): 4,
        ("a", "b", 1): 5,
        ("a", "b", 1, "c"): 5,
        ("a", "b", 1, "d"): 6,
        ("e",): 7,
    }


def test_an_alias_is_the_value_again() -> None:
    parsed = yaml.parse("a: &x [1, 2]\nb: *x\n")
    assert parsed.data == {"a": [1, 2], "b": [1, 2]}
    assert not parsed.problems


def test_a_value_within_itself_is_refused() -> None:
    parsed = yaml.parse("a: &x [*x]\n")
    assert [each.id for each in parsed.problems] == ["yaml-alias"]


def test_hostile_nesting_ends_at_once() -> None:
    for text in ("[" * 1_000_000, "- " * 1_000_000, "{a: " * 500_000):
        parsed = yaml.parse(text)
        assert [each.id for each in parsed.problems] == ["yaml-too-deep"]


def test_a_duplicate_keeps_the_first_value_and_its_lines() -> None:
    parsed = yaml.parse("a: {b: 1}\na:\n  c: 2\n")
    assert parsed.data == {"a": {"b": 1}}
    assert [(each.id, each.line, each.value) for each in parsed.problems] == [("duplicate-key", 2, "a")]


keys = st.text("abcđêơ xyz_-", min_size=1, max_size=6).filter(lambda key: key.strip() == key)
letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])
"""without line ends that PyYAML itself folds when it writes"""
texts = st.text(letters, max_size=20).filter(lambda text: not re.fullmatch(r"-?[.0-9]+[eE][-+]?[0-9]+", text))
"""but for what PyYAML takes for text and YAML 1.2 for a number, such as 1e3"""
leaves = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | texts
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=30,
)


@settings(deadline=None)
@given(st.dictionaries(keys, trees, min_size=1, max_size=5), st.booleans())
def test_what_was_dumped_is_read_back_with_a_line_for_every_path(data: dict[str, Any], flow: bool) -> None:
    text = pyyaml.safe_dump(data, allow_unicode=True, default_flow_style=flow)
    parsed = yaml.parse(text)
    assert parsed.problems == []
    assert parsed.data == data
    assert set(parsed.lines) == set(paths(data))
    rows = text.split("\n")
    for path, line in parsed.lines.items():
        assert 1 <= line <= len(rows)
        if path and isinstance(path[-1], str) and "\\" not in text and "?" not in text:
            assert path[-1] in rows[line - 1]


def paths(value: object, here: yaml.Path = ()) -> list[yaml.Path]:
    """Every path of a value, itself included."""
    out = [here]
    if isinstance(value, dict):
        for key, inner in value.items():
            out += paths(inner, (*here, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            out += paths(inner, (*here, index))
    return out


@settings(deadline=None)
@given(st.text("ab:-[]{}&*!|>'\"#%@`,? \n\t~0", max_size=80) | st.text(max_size=80))
@example("? ? ? [a]")
@example("&a a: *a")
@example("%YAML 9.9\n---\n")
def test_any_text_is_data_or_a_problem(text: str) -> None:
    parsed = yaml.parse(text)
    assert parsed.data is not None or parsed.problems or not parsed.broken
    for each in parsed.problems:
        assert 0 <= each.line <= text.count("\n") + text.count("\r") + text.count("\x85") + 3
