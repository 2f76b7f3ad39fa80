"""Conditions in CEL over flat scalars (https://github.com/google/cel-spec), compiled once.

CEL knows values, not series: `avg(loss, "5m")` is lifted into the variable `loss_avg_5m` before compiling, and
`alerts.windows` keeps its value. A variable that is absent or null makes what depends on it *unknown*; CEL's own
`||` and `&&` settle what they can without it. Macros are refused, since a comprehension may block the loop.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import cel

from alerts.plain import Decide, plain
from ioc.errors import RuleError

LONGEST = 1_000
"""characters of a condition"""
DEEPEST = 32
"""brackets within brackets"""
FUNCTIONS = frozenset({"size", "startsWith", "endsWith", "contains", "matches", "double", "int", "string"})
AGGREGATES = frozenset({"avg", "max", "min", "rate", "count"})
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter", "has"})
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
SHORTEST_WINDOW, LONGEST_WINDOW = 10.0, 24 * 3600.0

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<call>\b(?:avg|max|min|rate|count)\s*\((?P<inside>[^()]*)\))"""
    r"""|(?P<word>[A-Za-z_]\w*)(?P<open>\s*\()?"""
    r"""|(?P<number>\d[\w.]*)"""
    r"""|(?P<dot>\.\s*(?P<member>[A-Za-z_]\w*)(?P<method>\s*\()?)"""
)
_ARGUMENTS = re.compile(r"""\s*([A-Za-z_]\w*)\s*,\s*["'](\d+)([smh])["']\s*""")


@dataclass(frozen=True, slots=True)
class Window:
    """An aggregate of one field over the last `span` seconds, read by the name of its variable."""

    variable: str
    field: str
    aggregate: str
    span: float


class Condition:
    """A compiled condition: the plain variables it reads, its windows, and whether it holds."""

    __slots__ = ("_names", "_plain", "_program", "errors", "reads", "text", "windows")

    def __init__(
        self, text: str, program: cel.Program, windows: tuple[Window, ...], in_python: Decide | None = None
    ) -> None:
        self.text = text
        self.windows = windows
        self.errors = 0
        """evaluations that failed although every variable had a value"""
        self._program = program
        self._plain = in_python
        self._names = tuple(program.variables())
        self.reads = frozenset(self._names) - {window.variable for window in windows}

    def holds(self, values: Mapping[str, Any]) -> bool | None:
        """Whether it is true of these values; None when that cannot be known."""
        if self._plain is not None:
            try:
                return self._plain(values)
            except TypeError:  # a value of another type than declared: CEL says what that means
                pass
        return self._by_cel(values)

    def _by_cel(self, values: Mapping[str, Any]) -> bool | None:
        known = {name: value for name in self._names if (value := values.get(name)) is not None}
        try:
            result = self._program.execute(known)
        except Exception:  # noqa: BLE001 -- CEL raises every kind, also Python's own
            if len(known) == len(self._names):
                self.errors += 1
            return None
        return result if result is True or result is False else None


def compile_condition(text: str, kinds: Mapping[str, type], mappings: Collection[str] = ()) -> Condition:
    """Compile a condition over variables of the given names and types (str, bool, float).

    `mappings` names variables whose members may be read as `labels.role`. Raises RuleError with what is wrong.
    """
    if len(text) > LONGEST:
        raise RuleError(f"the condition has {len(text)} characters; at most {LONGEST} are allowed")
    if _depth(text) > DEEPEST:
        raise RuleError(f"brackets stand more than {DEEPEST} deep; write it flatter")
    lifted, windows = _lift(text, kinds, mappings)
    try:
        program = cel.compile(lifted)
    except ValueError as error:
        raise RuleError(f"{text!r} is not CEL: {_first_line(error)}") from None
    _check_functions(program, mappings)
    numbers = {window.variable: float for window in windows}
    condition = Condition(text, program, windows, plain(lifted, {**kinds, **numbers}))
    for name in sorted(condition.reads - kinds.keys() - set(mappings)):
        raise RuleError(f"unknown field {name!r}; known are {', '.join(sorted({*kinds, *mappings}))}")
    if not mappings:
        _try(program, kinds, windows)
    return condition


def _lift(text: str, kinds: Mapping[str, type], mappings: Collection[str]) -> tuple[str, tuple[Window, ...]]:
    windows: dict[str, Window] = {}
    out: list[str] = []
    end = 0
    previous = ""
    for token in _TOKEN.finditer(text):
        if token["call"]:
            window = _window(token["call"], token["inside"], kinds)
            windows[window.variable] = window
            out += text[end : token.start()], window.variable
            end = token.end()
        elif (token["open"] or token["method"]) and (token["word"] or token["member"]) in MACROS:
            raise RuleError(f"the macro {token['word'] or token['member']!r} is refused; write it out")
        elif token["open"] and token["word"] in AGGREGATES:
            raise RuleError(f'{token["word"]}(…) takes a field and a span, as in {token["word"]}(loss, "5m")')
        elif token["dot"] and not token["method"] and previous not in mappings:
            raise RuleError(f"{'.' + token['member']!r}: only plain fields can be read, not members of one")
        previous = token["word"] or ""
    return "".join(out) + text[end:], tuple(windows.values())


def _window(call: str, inside: str, kinds: Mapping[str, type]) -> Window:
    aggregate = call.split("(", 1)[0].strip()
    match = _ARGUMENTS.fullmatch(inside)
    if match is None:
        raise RuleError(f'{call!r} takes a field and a span, as in {aggregate}(loss, "5m")')
    field, number, unit = match.groups()
    if kinds.get(field) is not float:
        numbers = ", ".join(sorted(name for name, kind in kinds.items() if kind is float))
        raise RuleError(f"{call!r}: {field!r} is not a number; numbers are {numbers or 'none here'}")
    span = int(number) * UNITS[unit]
    if not SHORTEST_WINDOW <= span <= LONGEST_WINDOW:
        raise RuleError(f"{call!r}: a window lasts from 10s to 24h")
    return Window(f"{field}_{aggregate}_{number}{unit}", field, aggregate, span)


def _check_functions(program: cel.Program, mappings: Collection[str]) -> None:
    for name in program.functions():
        plain = name.strip("_!?:-@").isidentifier() and name[0] not in "_!-@"
        if plain and name not in FUNCTIONS:
            raise RuleError(
                f"unknown function {name!r}; known are {', '.join(sorted(FUNCTIONS | AGGREGATES))}"
            )
        if name == "_[_]" and not mappings:
            raise RuleError("only plain fields can be read, not members of one by [ ]")


def _try(program: cel.Program, kinds: Mapping[str, type], windows: tuple[Window, ...]) -> None:
    """Run it once with values of the right types: what fails then would fail at every sample."""
    samples: dict[str, Any] = {name: _sample(kind) for name, kind in kinds.items()}
    samples |= {window.variable: 1.0 for window in windows}
    try:
        result = program.execute(samples)
    except ZeroDivisionError:
        return
    except Exception as error:  # noqa: BLE001 -- CEL raises every kind
        raise RuleError(
            f"{_first_line(error)} (numbers are doubles: write 2.0, not 2, in arithmetic)"
        ) from None
    if result is not True and result is not False:
        raise RuleError(f"the condition gives {result!r}, which is neither true nor false")


def _sample(kind: type) -> object:
    return {str: "", bool: False, float: 1.0}[kind]


def _depth(text: str) -> int:
    deepest = here = 0
    for each in text:
        here += (each in "([{") - (each in ")]}")
        deepest = max(deepest, here)
    return deepest


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    useful = next((line for line in lines if "<input>" in line), lines[0])
    return useful.removeprefix("ERROR: <input>:")[:200]
