"""Text from outside, before people see it: characters that a terminal obeys or that turn what is read around."""

from __future__ import annotations

import unicodedata

WHITE = "\n\t\r"
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""marks of the Unicode bidirectional algorithm (UAX #9): with them a text reads as another than it is"""


def control(text: str) -> str:
    """The first character of a text that is not for reading; empty when there is none."""
    if text.isprintable() and TURNING.isdisjoint(text):  # nearly always
        return ""
    return next((each for each in text if _controls(each)), "")


def legible(text: str) -> str:
    """A text for a terminal, on one line: what controls it is shown as its code."""
    if not control(text) and not any(each in text for each in WHITE):
        return text
    return "".join(_shown(each) for each in text)


def _controls(char: str) -> bool:
    return char in TURNING or (unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char not in WHITE)


def _shown(char: str) -> str:
    if char in WHITE:
        return " "
    return char.encode("unicode_escape").decode() if _controls(char) else char
