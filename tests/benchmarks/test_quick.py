"""Every benchmark runs, in its short form, and prints a whole result; no figure is asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.kit.result import RESULT_KEYS
from benchmarks.table import ORDER

ROOT = Path(__file__).parents[2]
LONGEST = 180.0

pytestmark = pytest.mark.real


@pytest.mark.parametrize("name", list(ORDER))
def test_a_short_run_prints_a_whole_result(name: str) -> None:
    found = quick(name)
    assert found.keys() == RESULT_KEYS
    assert found["name"] == name
    assert found["quick"]
    assert found["met"].keys() == found["targets"].keys()
    assert found["targets"].keys() <= found["ours"].keys()


def test_push_without_its_peer_says_so_and_does_not_meet_the_ratio() -> None:
    found = quick("push", {"IOC_CENTRIFUGO": "/no/such/centrifugo"})
    said = {"not_run": "Centrifugo is missing; build it once: tools/centrifugo"}
    assert found["peers"]["Centrifugo 5.4.9"] == said
    assert found["ours"]["of_centrifugo"] is None
    assert not found["met"]["of_centrifugo"]
    assert found["ours"]["us_per_delivery"] > 0


def quick(name: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--json"]
    around = {**os.environ, **(environment or {})}
    done = subprocess.run(
        command, cwd=ROOT, env=around, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
