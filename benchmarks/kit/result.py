"""The JSON object that every benchmark prints, and the command line that all of them share.

A target is the largest value that one figure of `ours` may have; a figure that is null (something never came) has
missed it.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import uvloop

from benchmarks.kit import machine

RESULT_KEYS = frozenset(
    {"name", "what", "ours", "peers", "targets", "met", "unequal", "machine", "date", "command", "quick"}
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark found. `unequal` says in sentences what is not compared fairly."""

    what: str
    ours: Mapping[str, Any]
    targets: Mapping[str, float]
    unequal: Sequence[str]
    peers: Mapping[str, Mapping[str, Any]]

    def met(self) -> dict[str, bool]:
        """Each target's answer."""
        found = {key: self.ours.get(key) for key in self.targets}
        return {key: each is not None and each <= self.targets[key] for key, each in found.items()}


Measure = Callable[[bool], Coroutine[Any, Any, Result]]


def main(name: str, measure: Measure) -> None:
    """Run a benchmark from the command line; `measure` is told whether a short run is enough."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=measure.__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    parser.add_argument("--quick", action="store_true", help="a short run that shows that it works")
    given = parser.parse_args()
    before = machine.load()
    found = uvloop.run(measure(given.quick))
    report = described(name, found, before, given.quick)
    json.dump(report, sys.stdout, ensure_ascii=False, indent=2 if given.json else 4)
    sys.stdout.write("\n")


def described(name: str, found: Result, load_before: float, quick: bool) -> dict[str, Any]:
    """A result with where, when and how it was measured."""
    return {
        "name": name,
        "what": found.what,
        "ours": dict(found.ours),
        "peers": dict(found.peers),
        "targets": dict(found.targets),
        "met": found.met(),
        "unequal": list(found.unequal),
        "machine": {**machine.facts(), "load_before": load_before, "load_after": machine.load()},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", f"benchmarks.{name}", *sys.argv[1:]]),
        "quick": quick,
    }


def progress(text: str) -> None:
    """Say on standard error how far it is."""
    sys.stderr.write(f"   {text}\n")
    sys.stderr.flush()
