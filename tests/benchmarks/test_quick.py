"""Every benchmark runs, in its short form, and prints a whole result; no figure is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.kit.result import RESULT_KEYS
from benchmarks.table import ORDER

ROOT = Path(__file__).parents[2]
LONGEST = 180.0

pytestmark = pytest.mark.real


@pytest.mark.parametrize("name", list(ORDER))
def test_a_short_run_prints_a_whole_result(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.keys() == RESULT_KEYS
    assert found["name"] == name
    assert found["quick"]
    assert found["met"].keys() == found["targets"].keys()
    assert found["targets"].keys() <= found["ours"].keys()
