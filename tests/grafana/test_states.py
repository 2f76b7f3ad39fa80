"""States look and read in Grafana as they do on the wall."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from grafana.source.states import COLOURS, REASONS, WORDS, any_of
from ioc.model import Reason, State

UI = Path(__file__).parents[2] / "web" / "ui" / "src"
SAME = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN, State.MAINTENANCE)
"""states that have a colour of their own on the wall"""


def test_they_have_the_walls_words() -> None:
    words = _words()
    assert {f"state.{state}": text for state, text in WORDS.items()}.items() <= words.items()
    assert {f"reason.{reason}": text for reason, text in REASONS.items()}.items() <= words.items()
    assert set(WORDS) == set(COLOURS) == set(State)
    assert set(REASONS) == set(Reason)


def test_they_have_the_walls_colours() -> None:
    tokens = dict(re.findall(r"--([\w-]+):\s*(#\w+);", (UI / "styles" / "room.css").read_text("utf-8"))[::-1])
    for state in SAME:
        assert COLOURS[state] == tokens[state.value]
    assert COLOURS[State.UNREACHABLE] == tokens["down-text"]
    assert COLOURS[State.OFF] == tokens["bar"]


def test_a_condition_names_codes() -> None:
    assert any_of((State.DOWN, State.UNREACHABLE), "r._value") == "r._value == 2 or r._value == 3"


def _words() -> Mapping[str, str]:
    text = (UI / "i18n" / "vi.ts").read_text("utf-8")
    return dict(re.findall(r'"([\w.]+)": "([^"]*)"', text))
