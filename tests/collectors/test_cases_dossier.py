"""Golden cases of the national shape: a request, and the answer, updates and findings it comes to.

`request.json` has the service and the rows, `options.json` what is configured besides the sign-in. In `expected.json`
moments are local times, and fields of an update that are empty are left out.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ioc.cases.model import Update
from tests.collectors.portal_house import ZONE, House

CASES = Path(__file__).parents[1] / "cases" / "dossier"
FOLDERS = sorted(path.name for path in CASES.iterdir())
MOMENTS = ("at", "received", "due", "closed")


@pytest.mark.parametrize("folder", FOLDERS)
async def test_case(folder: str) -> None:
    expected = json.loads((CASES / folder / "expected.json").read_text("utf-8"))
    assert await outcome(CASES / folder) == expected


async def outcome(case: Path) -> dict[str, Any]:
    """What a case's request comes to."""
    options = case / "options.json"
    house = House(json.loads(options.read_text("utf-8")) if options.exists() else {})
    request = json.loads((case / "request.json").read_text("utf-8"))
    answer = await house.call(request["service"], request["data"], isUpdating="False")
    return {
        "answer": answer,
        "updates": [_shown(each) for each in house.desk.updates],
        "findings": [list(each) for each in house.desk.findings],
    }


def _shown(update: Update) -> dict[str, Any]:
    shown = {name: value for name, value in update._asdict().items() if value not in (None, "", ())}
    shown |= {name: _local(shown[name]) for name in MOMENTS if name in shown}
    if "supplements" in shown:
        shown["supplements"] = [
            {name: _local(at) for name, at in each._asdict().items() if at is not None}
            for each in shown["supplements"]
        ]
    return shown


def _local(at: float) -> str:
    return f"{datetime.fromtimestamp(at, ZONE):%Y-%m-%d %H:%M:%S}"


def test_there_are_cases() -> None:
    assert len(FOLDERS) >= 15
