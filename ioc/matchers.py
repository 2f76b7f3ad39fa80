"""Alertmanager's matchers: what labels something must have (Prometheus docs, alerting/configuration, "matcher").

They are read by Alertmanager's classic rules, in which a name may besides be quoted, or any UTF-8 text. Expressions
are RE2's, as Alertmanager's are: they come from outside, and RE2 takes time linear in the text for every one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, NoReturn, Protocol

MOST = 50
"""matchers of one text"""
LONGEST = 1_000
"""characters of one name or value"""
LONGEST_TEXT = 10_000
MEMORY = 64 * 1024
"""bytes that one expression may take: what would need more is refused"""
RESERVED = frozenset("{}!=~,\\\"'`")
"""characters that a name or a value without quotes does not hold"""


class MatcherError(ValueError):
    """A text that is no matcher, or an expression that is none: where, what, and what to write instead."""


class Op(StrEnum):
    """How a label is compared; a label that is absent is the empty text."""

    IS = "="
    IS_NOT = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"


EXPRESSIONS = frozenset({Op.MATCHES, Op.MATCHES_NOT})


class _Pattern(Protocol):
    def fullmatch(self, text: bytes) -> object | None: ...


@dataclass(frozen=True, slots=True)
class Matcher:
    """One comparison of one label; an expression is anchored at both ends.

    Raises MatcherError for an expression that is none, and for what is longer than LONGEST.
    """

    name: str
    op: Op
    value: str
    _pattern: _Pattern | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for what, text in (("name", self.name), ("value", self.value)):
            if len(text) > LONGEST:
                raise MatcherError(f"a {what} of {len(text)} characters; at most {LONGEST} are read")
        if self.op in EXPRESSIONS:
            object.__setattr__(self, "_pattern", _compiled(self.value))

    def __str__(self) -> str:
        name = self.name if _plain(self.name) else _quoted(self.name)
        return f"{name}{self.op.value}{_quoted(self.value)}"

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels have it."""
        found = labels.get(self.name, "")
        if self._pattern is None:
            return (found == self.value) == (self.op is Op.IS)
        matched = self._pattern.fullmatch(found.encode("utf-8", "replace")) is not None
        return matched == (self.op is Op.MATCHES)

    @property
    def form(self) -> dict[str, object]:
        """As Alertmanager's API writes it."""
        return {
            "name": self.name,
            "value": self.value,
            "isRegex": self.op in EXPRESSIONS,
            "isEqual": self.op in (Op.IS, Op.MATCHES),
        }


def all_hold(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether every one of them holds; of none, that is so."""
    return all(each.holds(labels) for each in matchers)


def of_form(form: Mapping[str, Any]) -> Matcher:
    """A matcher as Alertmanager's API writes it; `isEqual` is true when left out. Raises MatcherError."""
    equal, expression = form.get("isEqual", True), form.get("isRegex", False)
    op = (Op.MATCHES if equal else Op.MATCHES_NOT) if expression else (Op.IS if equal else Op.IS_NOT)
    return Matcher(str(form["name"]), op, str(form["value"]))


def parse(text: str) -> Matcher:
    """One matcher: `severity="critical"`, `unit=~"xa-.+"`. Raises MatcherError with where it is wrong."""
    found = parse_all(text)
    if len(found) != 1:
        raise MatcherError(f'{len(found)} matchers where one belongs; write it as unit="xa-hoa-binh"')
    return found[0]


def parse_all(text: str) -> tuple[Matcher, ...]:
    """Matchers apart by commas, in braces or without: `{a="b", c=~"d|e"}`; of an empty text, none.

    Raises MatcherError with where it is wrong.
    """
    if len(text) > LONGEST_TEXT:
        raise MatcherError(f"a text of {len(text)} characters; at most {LONGEST_TEXT} are read")
    return _Text(text).matchers()


@lru_cache(maxsize=256)
def _compiled(expression: str) -> _Pattern:
    import re2  # type: ignore[import-untyped]  # of C++, 10 ms: only where there is an expression

    options = re2.Options()
    options.max_mem = MEMORY
    options.never_capture = True
    options.log_errors = False
    try:
        pattern: _Pattern = re2.compile(expression, options)
    except UnicodeEncodeError:
        raise MatcherError("an expression with half a character; write it as UTF-8") from None
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error
        raise MatcherError(f"not an expression as RE2 has them: {why}") from None
    return pattern


class _Text:
    """A text that is read from its beginning; `_at` is how far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._end = len(text.rstrip())
        """where the matchers end: before the closing brace"""

    def matchers(self) -> tuple[Matcher, ...]:
        self._unbrace()
        out: list[Matcher] = []
        while self._next():
            if len(out) == MOST:
                raise MatcherError(f"more than {MOST} matchers; write an expression instead")
            out.append(self._matcher())
            if self._next() and not self._take(","):
                self._fail(self._at, "expected a comma or the end", "put a value with spaces in quotes")
        return tuple(out)

    def _unbrace(self) -> None:
        if self._next() != "{":
            return
        if self._text[self._end - 1] != "}":
            self._fail(self._at, "a brace that is not closed", "end with }")
        self._at += 1
        self._end -= 1

    def _matcher(self) -> Matcher:
        name = self._name()
        self._next()
        for op in (Op.MATCHES, Op.MATCHES_NOT, Op.IS_NOT, Op.IS):
            if self._take(op.value):
                break
        else:
            self._fail(self._at, "expected one of = != =~ !~", 'write a matcher as name=~"value"')
        first = self._next()
        begun = self._at
        value = self._quoted() if first == '"' else self._bare()
        try:
            return Matcher(name, op, value)
        except MatcherError as error:
            raise MatcherError(f"character {begun + 1}: {error}") from None

    def _name(self) -> str:
        begun = self._at
        if self._next() == '"':
            name = self._quoted()
        else:
            while self._at < self._end and not (self._here() in RESERVED or self._here().isspace()):
                self._at += 1
            name = self._text[begun : self._at]
        if not name:
            self._fail(begun, "expected the name of a label", 'write a matcher as name="value"')
        return name

    def _quoted(self) -> str:
        begun = self._at
        self._at += 1
        out: list[str] = []
        while not self._take('"'):
            if self._at >= self._end:
                self._fail(begun, "a quote that is not closed", 'a quote inside of quotes is written \\"')
            out.append(self._character())
        return "".join(out)

    def _bare(self) -> str:
        if self._next() in ("=", "~", "!"):
            self._fail(self._at, "a value that begins like an operator", "put it in quotes")
        out: list[str] = []
        while self._at < self._end and self._here() != ",":
            if self._here() in '{}"':
                self._fail(self._at, f"{self._here()} in a value without quotes", "put the value in quotes")
            out.append(self._character())
        return "".join(out).rstrip()

    def _character(self) -> str:
        """One character, or one escape; a backslash before anything else stands for itself."""
        here = self._here()
        self._at += 1
        after = self._here() if self._at < self._end else ""
        if here != "\\" or not after or after not in 'n"\\':
            return here
        self._at += 1
        return "\n" if after == "n" else after

    def _next(self) -> str:
        """The next character that is no space; empty at the end."""
        while self._at < self._end and self._here().isspace():
            self._at += 1
        return self._here() if self._at < self._end else ""

    def _here(self) -> str:
        return self._text[self._at]

    def _take(self, what: str) -> bool:
        if not self._text.startswith(what, self._at, self._end):
            return False
        self._at += len(what)
        return True

    def _fail(self, at: int, what: str, hint: str) -> NoReturn:
        found = repr(self._text[at : min(at + 20, self._end)]) if at < self._end else "the end"
        raise MatcherError(f"character {at + 1}: {what}, at {found}; {hint}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _plain(name: str) -> bool:
    return bool(name) and not any(each in RESERVED or each.isspace() for each in name)
