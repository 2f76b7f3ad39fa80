"""Plain conditions: whatever Python takes over, it answers as CEL does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.condition import compile_condition
from alerts.plain import plain

KINDS: dict[str, type] = {
    "loss": float,
    "rtt": float,
    "state": str,
    "reason": str,
    "answering": bool,
    "critical": bool,
}
NUMBERS = st.sampled_from([-1.5, 0.0, 1.0, 3.0, 3.5, 400.0, float("inf"), float("nan")])
WORDS = st.sampled_from(["", "up", "down", "0"])
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "loss": NUMBERS | st.integers(-2, 4),
        "rtt": NUMBERS,
        "state": WORDS,
        "reason": WORDS,
        "answering": st.booleans(),
        "critical": st.booleans(),
    },
).flatmap(
    lambda known: st.sets(st.sampled_from(sorted(KINDS))).map(lambda gone: {**known, **dict.fromkeys(gone)})
)

COMPARED = st.builds(
    lambda name, sign, number: f"{name} {sign} {number}",
    st.sampled_from(["loss", "rtt"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.sampled_from(["0", "3", "3.5", "-1.5", "400"]),
)
NAMED = st.builds(
    lambda name, sign, word: f"{name}{sign}{word}",
    st.sampled_from(["state", "reason"]),
    st.sampled_from(["==", " != "]),
    st.sampled_from(['"up"', "'down'", '""', '"0"']),
)
FLAGS = st.sampled_from(["answering", "!critical", "answering == true", "critical != false", "!(!answering)"])
CONDITIONS = st.recursive(
    COMPARED | NAMED | FLAGS,
    lambda inner: (
        st.builds(
            lambda left, sign, right: f"{left} {sign} {right}", inner, st.sampled_from(["&&", "||"]), inner
        )
        | inner.map("({})".format)
        | inner.map("!({})".format)
    ),
    max_leaves=6,
)


@settings(max_examples=600)
@given(CONDITIONS, VALUES)
def test_python_answers_as_cel_does(text: str, values: dict[str, Any]) -> None:
    assert plain(text, KINDS) is not None
    condition = compile_condition(text, KINDS)
    assert condition.holds(values) is condition._by_cel(values)


@pytest.mark.parametrize(
    "text",
    [
        "rtt / loss > 1.0",
        "rtt > loss",
        "3 < loss",
        'state.startsWith("d")',
        'state in ["up"]',
        "size(state) > 2",
        'state < "up"',
        'state == "a\\"b"',
        "loss > 1e3",
        "loss > 0x10",
        "critical && loss > 3 ? true : false",
        "answering == 1",
    ],
)
def test_what_is_not_plain_is_left_to_cel(text: str) -> None:
    assert plain(text, KINDS) is None


def test_a_value_of_another_type_is_left_to_cel() -> None:
    condition = compile_condition("loss > 3", KINDS)
    assert condition.holds({"loss": "x"}) is None
    assert condition.errors == 1
