"""What is wrong with a configuration: where, what, with which value, and what to do.

A fault has an id that names its kind, so that each kind has a folder of cases and a test of its exact words.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

MOST_FAULTS = 500
"""faults kept of one reading; the rest are counted"""
_MOST_CANDIDATES = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, named as seen from the configuration's directory; line 0 is the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    id: str
    file: str
    line: int
    what: str
    value: str = ""
    hint: str = ""

    def __str__(self) -> str:
        value = f' "{_short(self.value)}"' if self.value else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{Place(self.file, self.line)}: {self.what}{value}{hint}"


Hint = str | Callable[[], str]
"""what to do; a costly hint is a callable, asked only when the fault is kept"""


class Faults:
    """Every fault and every warning of one reading; a warning refuses nothing."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}
        self._warnings: dict[Fault, None] = {}
        self._dropped = {"faults": 0, "warnings": 0}

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, id: str, place: Place, what: str, value: object = "", hint: Hint = "") -> None:
        """Note a fault."""
        if self._room(self._faults, "faults"):
            self._faults[_fault(id, place, what, value, hint)] = None

    def warn(self, id: str, place: Place, what: str, value: object = "", hint: Hint = "") -> None:
        """Note a warning."""
        if self._room(self._warnings, "warnings"):
            self._warnings[_fault(id, place, what, value, hint)] = None

    def faults(self) -> list[str]:
        """The faults as sentences, by file and line."""
        return self._sentences(self._faults, "faults")

    def warnings(self) -> list[str]:
        """The warnings as sentences, by file and line."""
        return self._sentences(self._warnings, "warnings")

    def _room(self, kept: Mapping[Fault, None], kind: str) -> bool:
        if len(kept) < MOST_FAULTS:
            return True
        self._dropped[kind] += 1
        return False

    def _sentences(self, kept: Iterable[Fault], kind: str) -> list[str]:
        out = [str(fault) for fault in sorted(kept, key=lambda fault: (fault.file, fault.line))]
        if self._dropped[kind]:
            out.append(f"and {self._dropped[kind]} more {kind}; the first {MOST_FAULTS} found are listed")
        return out


def did_you_mean(value: str, names: Iterable[str], otherwise: str = "") -> Callable[[], str]:
    """A hint that names the nearest of some names; `otherwise` when none is near."""

    def hint() -> str:
        alike = (name for name in names if name[:1].lower() == value[:1].lower() or len(name) < 12)
        near = difflib.get_close_matches(value, islice(alike, _MOST_CANDIDATES), n=1, cutoff=0.6)
        return f'did you mean "{near[0]}"?' if near else otherwise

    return hint


def listed(names: Iterable[str], most: int = 12) -> str:
    """Some names as a readable list, the first few of them."""
    every = sorted(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _fault(id: str, place: Place, what: str, value: object, hint: Hint) -> Fault:
    said = hint() if callable(hint) else hint
    return Fault(id, place.file, place.line, what, str(value), said)


def _short(value: str, most: int = 80) -> str:
    flat = "".join(each if each.isprintable() else "\ufffd" for each in value)
    return flat if len(flat) <= most else flat[: most - 1] + "…"
