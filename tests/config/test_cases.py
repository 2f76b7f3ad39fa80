"""Every folder of cases: its configuration, and the exact words of every fault and warning.

A folder without `expected.txt` is a configuration without faults; one without `warnings.txt` need not be
without warnings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.config.load import Reading

CASES = Path(__file__).parents[1] / "cases" / "config"
FOLDERS = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS)
def test_case(folder: str, examined: Callable[[Path], Reading]) -> None:
    case = CASES / folder
    reading = examined(case)
    expected = case / "expected.txt"
    wanted = expected.read_text("utf-8").splitlines() if expected.exists() else []
    assert list(reading.faults) == wanted
    assert (reading.config is None) == bool(wanted)
    if (warnings := case / "warnings.txt").exists():
        assert list(map(str, reading.warnings)) == warnings.read_text("utf-8").splitlines()


BUILT = {"file-too-big", "too-many-files", "csv-too-many"}
"""kinds whose configuration is too big to keep; `test_bounds.py` makes it"""

WARNINGS = {
    "duty-gap",
    "estimated-holidays",
    "few-references",
    "internet-only",
    "long-timeout",
    "missing-runbook",
    "no-receivers",
    "not-read",
    "orphaned-unit",
    "past-unit",
    "unassigned-event",
    "untold-critical",
    "unused-store",
}
"""kinds that refuse nothing; each has a line in the cases `warnings` and `duty-warnings`"""


def fault_ids(source: str) -> set[str]:
    """The ids that a module gives its faults and warnings."""
    found = re.findall(r'(?:\.add|\.warn|Problem|UnfitError|_refuse|_problem)\(\s*f?"([a-z{}-]+)"', source)
    ids = {each for each in found if "{" not in each}
    for each in set(found) - ids:
        ids |= {each.replace("{kind}", kind) for kind in ("source", "channel")} if "{kind}" in each else set()
    return ids


def test_every_kind_of_fault_has_a_case() -> None:
    """A fault's id is the name of a folder: a new kind without a case fails here."""
    source = Path(__file__).parents[2] / "ioc" / "config"
    ids: set[str] = set()
    for path in source.glob("*.py"):
        ids |= fault_ids(path.read_text("utf-8"))
    assert ids - set(FOLDERS) - BUILT == WARNINGS
    told = [(CASES / name / "warnings.txt").read_text("utf-8") for name in ("warnings", "duty-warnings")]
    assert len("".join(told).splitlines()) == len(WARNINGS)
