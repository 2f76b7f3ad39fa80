"""The states as the wall shows them: words and colours by the code that history holds."""

from __future__ import annotations

from collections.abc import Mapping

from ioc.model import Reason, State
from ioc.store.line import CODES
from web import terminal

WORDS: Mapping[State, str] = {state: word for state, (word, _) in terminal.WORDS.items()}
REASONS: Mapping[Reason, str] = terminal.REASONS
"""as web/ui/src/i18n/vi.ts has them"""

COLOURS: Mapping[State, str] = {
    State.UP: "#4b5d78",
    State.DEGRADED: "#f2b134",
    State.DOWN: "#ff4d4f",
    State.UNREACHABLE: "#ff8c8a",
    State.UNKNOWN: "#a78bfa",
    State.MAINTENANCE: "#5aa2ff",
    State.OFF: "#26344a",
}
"""the wall's tokens: what is well is quiet, so that colour means that something is to be done"""

OUT = (State.DOWN, State.UNREACHABLE)
"""not reached"""
WRONG = (State.DEGRADED, *OUT)
"""what somebody is to do something about"""


def any_of(states: tuple[State, ...], value: str) -> str:
    """A Flux condition: the value is the code of one of these states."""
    return " or ".join(f"{value} == {CODES[state]}" for state in states)
