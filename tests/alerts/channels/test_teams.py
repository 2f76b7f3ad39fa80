"""The channel teams: its requests and what it makes of answers, against a server with real TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.channels.golden import check, folders


@pytest.mark.parametrize("case", folders("teams"))
async def test_case(case: str, tmp_path: Path) -> None:
    await check("teams", case, tmp_path)
