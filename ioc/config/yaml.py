"""YAML as plain data, with the line that every value stands on.

Built on PyYAML's event parser (libyaml) rather than its node graph: the cost of hostile nesting grows with
its square, and here ends at the first event too deep. Plain scalars are read by the core schema of YAML 1.2:
`off` and `12:30` are text, and so is a number with a leading zero or plus (`0237…`, `+84…`), for that is a
telephone number or a circuit id.

Source: YAML 1.2.2, chapter 10.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_BYTES = 4_000_000
MOST_NODES = 200_000
MOST_DEPTH = 24
_MOST_DIGITS = 18

Path = tuple[str | int, ...]
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = {"", "~", "null", "Null", "NULL"}
_INT = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file's YAML: a fault's id and words without the file's name."""

    id: str
    line: int
    what: str
    value: str = ""
    hint: str = ""


@dataclass(slots=True)
class Parsed:
    """A file's data, as far as it could be read, the line of every path in it, and what is wrong with it."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False
    """the file could not be read to its end"""


class _StopError(Exception):
    """The file is refused as a whole."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def parse(text: str) -> Parsed:
    """Read one YAML document; never raises, what is wrong stands in `problems`."""
    builder = _Builder()
    try:
        if len(text) > MOST_BYTES:
            raise _StopError(
                Problem("file-too-big", 0, "file of more than 4 MB", hint="keep long lists in CSV files")
            )
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except _StopError as stop:
        builder.parsed.problems.append(stop.problem)
        builder.parsed.broken = True
    except yaml.YAMLError as error:
        builder.parsed.problems.append(_syntax(error, text))
        builder.parsed.broken = True
    return builder.parsed


def scalar(text: str) -> Any:
    """A plain scalar by YAML 1.2's core schema: null, true, false, a number, else text."""
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if len(text) > _MOST_DIGITS:
        return text
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


@dataclass(slots=True)
class _Frame:
    """A mapping or list being filled; `key` is the mapping's key whose value comes next."""

    value: dict[str, Any] | list[Any]
    path: Path
    anchor: str | None
    key: str | None = None
    skip: bool = False
    """the next value belongs to a duplicate key"""


class _Builder:
    """Turns parser events into data, counting nodes and depth as it goes."""

    def __init__(self) -> None:
        self.parsed = Parsed()
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._document(line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), line)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()

    def _document(self, line: int) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _StopError(
                Problem("yaml-two-documents", line, "a second document", hint='remove the line "---"')
            )

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        plain = event.implicit[0] and event.tag is None
        if self._wants_key():
            self._key(event.value, line)
            return
        value = scalar(event.value) if plain else event.value
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            self._problem("yaml-tag", line, "tag", event.tag, "write the value without a tag")
        self._place(value, event.anchor, line)

    def _key(self, key: str, line: int) -> None:
        frame = self._stack[-1]
        frame.key = key
        frame.skip = key in frame.value
        if frame.skip:
            first = self.parsed.lines.get((*frame.path, key), line)
            self._problem("duplicate-key", line, "duplicate key", key, f"it stands on line {first} already")
        elif isinstance(frame.value, dict):
            frame.value[key] = None
            self.parsed.lines[(*frame.path, key)] = line

    def _open(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if self._wants_key():
            raise _StopError(
                Problem("yaml-key", line, "a key that is a list or a mapping", hint="keys are words")
            )
        if event.tag is not None and event.tag != "!":
            self._problem("yaml-tag", line, "tag", event.tag, "write the value without a tag")
        if len(self._stack) >= MOST_DEPTH:
            raise _StopError(
                Problem("yaml-too-deep", line, f"nesting deeper than {MOST_DEPTH}", hint="flatten it")
            )
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Frame(value, self._path(), event.anchor))
        self._note(self._stack[-1].path, line)

    def _close(self) -> None:
        frame = self._stack.pop()
        self._place(frame.value, frame.anchor, self.parsed.lines.get(frame.path, 1), frame.path)

    def _alias(self, anchor: str, line: int) -> None:
        if self._wants_key():
            raise _StopError(Problem("yaml-key", line, "an alias as key", f"*{anchor}", "keys are words"))
        if anchor not in self._anchors:
            raise _StopError(Problem("yaml-alias", line, "alias of nothing before it", f"*{anchor}"))
        value, nodes = self._anchors[anchor]
        self._count(nodes, line)
        self._place(value, None, line)

    def _place(self, value: Any, anchor: str | None, line: int, path: Path | None = None) -> None:
        """Put a finished value where it belongs."""
        path = self._path() if path is None else path
        self._note(path, line)
        self._count(1, line)
        if anchor is not None:
            self._anchors[anchor] = (value, _size(value))
        if not self._stack:
            self.parsed.data = value
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is not None:
            if not frame.skip:
                frame.value[frame.key] = value
            frame.key = None

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            hint = "keep long lists in CSV files"
            raise _StopError(Problem("yaml-too-many", line, f"more than {MOST_NODES} values", hint=hint))

    def _note(self, path: Path, line: int) -> None:
        """Keep the line of a path; the first one stands: a duplicate's values are not part of the data."""
        self.parsed.lines.setdefault(path, line)

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _path(self) -> Path:
        if not self._stack:
            return ()
        frame = self._stack[-1]
        part = len(frame.value) if isinstance(frame.value, list) else frame.key or ""
        return (*frame.path, part)

    def _problem(self, id: str, line: int, what: str, value: str, hint: str) -> None:
        self.parsed.problems.append(Problem(id, line, what, value, hint))


def _size(value: Any) -> int:
    """How many values a value holds, itself included; what an alias of it costs."""
    return sum(1 for _ in _walk(value))


def _walk(value: Any) -> Iterator[Any]:
    waiting = [value]
    for _ in range(MOST_NODES + 1):
        if not waiting:
            return
        here = waiting.pop()
        yield here
        if isinstance(here, dict):
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        line = error.problem_mark.line + 1
        return Problem("yaml-syntax", min(line, text.count("\n") + 1), f"not YAML: {error.problem}")
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem("yaml-syntax", line, "not YAML: a control character", hint="remove it")
    return Problem("yaml-syntax", 1, "not YAML")
