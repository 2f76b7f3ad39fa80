"""What the ledger has called committed is there after every power cut; without fsync it is not."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.endurance.powercut import Machine

CUTS = int(os.environ.get("IOC_CUTS", "20"))
CHILD = Path(__file__).with_name("ledger_child.py")


def run_and_cut(machine: Machine, synchronous: str, lines: int) -> int:
    """Let the child commit so many calls, cut the power; the last number it called committed."""
    process = machine.start([sys.executable, str(CHILD), str(machine.disk / "state.db"), synchronous])
    assert process.stdout is not None
    with process.stdout as out:
        for _ in range(lines):
            assert out.readline(), "the child ended by itself"
        machine.cut(process)
        said = out.read().split()
    return int(said[-1]) if said else 0


def held(machine: Machine) -> tuple[list[int], list[int]]:
    """The numbers in both tables, by a plain SQLite connection."""
    db = sqlite3.connect(machine.look() / "state.db")
    try:
        tables = "states", "verdicts"
        first, second = (
            [int(row[0]) for row in db.execute(f"SELECT subject FROM {table} ORDER BY subject")]
            for table in tables
        )
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        db.close()
    return first, second


def survive(machine: Machine, synchronous: str, cuts: int) -> None:
    """Cut the power so many times at random moments; fails when a committed call is missing or torn."""
    chance = random.Random(20_261_124)
    for _ in range(cuts):
        committed = run_and_cut(machine, synchronous, chance.randint(1, 400))
        first, second = held(machine)
        assert first == second, "a call was torn in two"
        assert first == list(range(1, len(first) + 1)), "calls are missing in the middle"
        assert len(first) >= committed, f"{committed} was committed, {len(first)} are there"


@pytest.mark.endurance
def test_committed_calls_survive_power_cuts(machine: Machine) -> None:
    survive(machine, "FULL", CUTS)


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_without_an_fsync_for_each_they_do_not(machine: Machine, synchronous: str) -> None:
    """The same test fails: so it does see what is lost."""
    with pytest.raises((AssertionError, sqlite3.OperationalError), match="are there|no such table"):
        survive(machine, synchronous, CUTS)


def test_a_few_cuts_are_survived(machine: Machine) -> None:
    survive(machine, "FULL", 3)
