"""Text from outside, before people see it: what a terminal obeys, what turns a text around or covers the next."""

from __future__ import annotations

import re
import reprlib
import unicodedata
from collections.abc import Iterator

BARRED = frozenset({"Cc", "Cs", "Zl", "Zp"})
MARKS = 6
"""marks on one letter; Vietnamese has two, and with more they are drawn over the lines above"""
WHITE = "\n\t\r"
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""marks of the Unicode bidirectional algorithm (UAX #9): with them a text reads as another than it is"""
_HARMLESS = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u1e00-\u1eff\u2010-\u2027]*")
"""Latin letters, Vietnamese ones composed, and punctuation: nothing here controls, turns around or is put on top"""
QUOTED = 60
"""characters of a value that an error shows"""
_SKETCH = reprlib.Repr()
_SKETCH.maxlevel, _SKETCH.maxstring, _SKETCH.maxother = 3, 2 * QUOTED, 2 * QUOTED


def quoted(value: object) -> str:
    """A value of JSON as an error shows it: briefly, and no deeper than a few levels however deep it is."""
    text = _SKETCH.repr(value)
    return text if len(text) <= QUOTED else text[: QUOTED - 3] + "…"


def control(text: str) -> str:
    """The first character of a text that is not for reading; empty when there is none."""
    if text.isascii() and text.isprintable():
        return ""
    return next((each for each, controls in _judged(text) if controls), "")


def legible(text: str) -> str:
    """A text for a terminal, on one line: what controls it is shown as its code."""
    if not control(text) and not any(each in text for each in WHITE):
        return text
    return "".join(_shown(each, controls) for each, controls in _judged(text))


def _judged(text: str) -> Iterator[tuple[str, bool]]:
    """Each character, and whether it is not for reading."""
    marks = 0
    for each in text:
        kind = unicodedata.category(each)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        yield each, each in TURNING or marks > MARKS or (kind in BARRED and each not in WHITE)


def _shown(char: str, controls: bool) -> str:
    if char in WHITE:
        return " "
    return char.encode("unicode_escape").decode() if controls else char


def stripped(text: str) -> str:
    """A text for a message, on one line: what controls it is left out, white space is one space."""
    if _HARMLESS.fullmatch(text):
        return " ".join(text.split())
    kept = (" " if each.isspace() else "" if controls else each for each, controls in _judged(text))
    return " ".join("".join(kept).split())
