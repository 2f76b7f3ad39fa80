"""What a service's start imports, and what it leaves out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_ON_THE_WAY = ("influxdb_client", "rich", "prompt_toolkit", "pandas", "numpy")
"""influxdb-client, of which a second is saved, what it can draw with, and terminals"""


def said(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_service_starts_without_what_only_later_or_only_terminals_need() -> None:
    code = (
        "import sys; from ioc.lean import load; load(); import ioc.running;"
        f"print([each for each in {NOT_ON_THE_WAY} if each in sys.modules])"
    )
    assert said(code) == "[]"


def test_what_is_left_out_can_be_had_afterwards() -> None:
    code = (
        "from ioc.lean import load; load(); import cel, structlog, rich.console;"
        "print(cel.evaluate('1 + 1'), structlog.__name__, rich.console.__name__)"
    )
    assert said(code) == "2 structlog rich.console"


def test_a_library_that_is_there_already_stays_as_it_is() -> None:
    code = (
        "import sys, cel, rich; was = sys.modules['cel.cli'];"
        "from ioc.lean import load; load(); print(sys.modules['cel.cli'] is was, 'rich' in sys.modules)"
    )
    assert said(code) == "True True"
