"""A series of values in one line, as promtool writes them, and words for states. Pure.

`up x3 down x2` is three times up and twice down; `7` is one number; `1+2x3` is 1, 3, 5, 7 and `7x3` four times 7, as in
promtool; `_` is one moment without a value and `_x5` are five.

Source: Prometheus docs, configuration/unit_testing_rules, "Expanding notation".
"""

from __future__ import annotations

import re

MOST = 100_000
"""values of one series"""

Value = str | float | None

_NUMBER = r"-?\d+(?:\.\d+)?"
_STEPS = re.compile(rf"(?P<first>{_NUMBER})(?:(?P<step>[+-]\d+(?:\.\d+)?))?x(?P<more>\d{{1,6}})\Z")
_PLAIN = re.compile(rf"{_NUMBER}\Z")
_NONE = re.compile(r"_(?:x(?P<times>\d{1,6}))?\Z")
_WORD = re.compile(r"[a-z][a-z_]*\Z")
_TIMES = re.compile(r"x(?P<times>\d{1,6})\Z")


def values(text: str) -> list[Value]:
    """The values of a line, None where there is none. Raises ValueError with the part that cannot be read."""
    out: list[Value] = []
    for part in text.split():
        if (times := _TIMES.match(part)) and out:
            more = int(times["times"])
            out[-1:] = [out[-1]] * min(more, MOST + 1)
        else:
            out += _part(part)
        if len(out) > MOST:
            raise ValueError(f"more than {MOST} values at {part!r}")
    if not out:
        raise ValueError("there are no values; write up x3 down x2, or 0x5 40x10")
    return out


def _part(part: str) -> list[Value]:
    if found := _NONE.match(part):
        return [None] * min(int(found["times"] or 1), MOST + 1)
    if _PLAIN.match(part):
        return [float(part)]
    if found := _STEPS.match(part):
        first, step = float(found["first"]), float(found["step"] or 0)
        return [first + step * n for n in range(min(int(found["more"]), MOST) + 1)]
    if _WORD.match(part):
        return [part]
    raise ValueError(f"cannot read {part!r}; write a state, a number, 1+2x3, _ or _x5")
