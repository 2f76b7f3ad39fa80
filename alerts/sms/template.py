"""Texts with fields in braces, filled in so that a value stays inside its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

_TOKEN = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")
MOST_DEPTH = 8

Escape = Callable[[str], str]


def names(text: str) -> Iterator[str]:
    """The fields that a text names; raises ValueError for a brace that stands alone."""
    for match in _TOKEN.finditer(text):
        if match[1]:
            yield match[1]
        elif match[0] in "{}":
            raise ValueError(f"{match[0]!r} at character {match.start() + 1} stands alone; write it twice")


def check(text: str, known: Collection[str]) -> None:
    """Raises ValueError for a field that is not known, and for a brace that stands alone."""
    for name in names(text):
        if name not in known:
            raise ValueError(f"{{{name}}} is not a field; there are {', '.join(sorted(known))}")


def fill(text: str, values: Mapping[str, str], escape: Escape = str) -> str:
    """The text with its fields replaced by escaped values; `{{` and `}}` are single braces."""
    return _TOKEN.sub(lambda match: escape(values[match[1]]) if match[1] else match[0][0], text)


def texts(tree: Any, depth: int = 0) -> Iterator[str]:
    """Every text in a tree of mappings and lists; raises ValueError where it is too deep."""
    if depth > MOST_DEPTH:
        raise ValueError(f"deeper than {MOST_DEPTH} levels")
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for each in tree.values():
            yield from texts(each, depth + 1)
    elif isinstance(tree, list):
        for each in tree:
            yield from texts(each, depth + 1)


def fill_tree(tree: Any, values: Mapping[str, str]) -> Any:
    """A tree with the fields of its texts replaced; keys, numbers and the rest stay as they are."""
    if isinstance(tree, str):
        return fill(tree, values)
    if isinstance(tree, Mapping):
        return {key: fill_tree(each, values) for key, each in tree.items()}
    if isinstance(tree, list):
        return [fill_tree(each, values) for each in tree]
    return tree
