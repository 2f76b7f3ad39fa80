"""Text from outside: what controls a terminal or turns what is read is found and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.legible import MARKS, QUOTED, TURNING, control, legible, quoted, stripped


@pytest.mark.parametrize(
    "text", ["", "UBND xã Hoằng Lộc", "a\u0301", "hai\ndòng\tmột\u00a0hai", "\U0001f468\u200d\U0001f469"]
)
def test_what_people_write_is_left_alone(text: str) -> None:
    assert control(text) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a\x1b[2J", "\x1b"),
        ("\u202eb", "\u202e"),
        ("\x9b", "\x9b"),
        ("x\u2028", "\u2028"),
        ("a" + "\u0301" * 7, "\u0301"),
    ],
)
def test_what_controls_is_found(text: str, found: str) -> None:
    assert control(text) == found


def test_it_is_shown_as_its_code_on_one_line() -> None:
    assert legible("a\x1b[2J\nxã\u202e") == "a\\x1b[2J xã\\u202e"


@given(st.text())
def test_what_is_legible_controls_nothing(text: str) -> None:
    shown = legible(text)
    assert control(shown) == ""
    assert len(shown.splitlines()) <= 1


@given(st.text() | st.text(st.sampled_from("aẶ\u0323\u0302\u202e\x1b\u2028\u00ad –…\n")))
def test_what_is_stripped_is_one_harmless_line(text: str) -> None:
    clean = stripped(text)
    assert control(clean) == ""
    assert not set(clean) & (TURNING | set("\n\r\t\x1b\u2028"))
    assert clean == " ".join(clean.split()) == stripped(clean)


def test_stripping_leaves_what_people_write() -> None:
    assert stripped(" Xã Hoằng\u00a0Lộc –\nđiểm cầu “chính”… ") == "Xã Hoằng Lộc – điểm cầu “chính”…"
    assert stripped("a" + "\u0301" * 99) == "a" + "\u0301" * MARKS
    assert stripped("ab\x00\u202ec\u2029d") == "abc d"


@pytest.mark.parametrize("value", ["x" * 1000, list(range(1000)), {"a" * 100: "b"}, None, 1e300, "ngắn"])
def test_a_value_is_quoted_briefly(value: object) -> None:
    assert len(quoted(value)) <= QUOTED


def test_a_value_is_quoted_however_deep_it_is() -> None:
    value: object = "x"
    for _ in range(100_000):
        value = [value]
    assert quoted(value) == "[[[[...]]]]"
    assert quoted("ngắn") == "'ngắn'"
    while isinstance(value, list):
        value = value.pop()
