"""Houses that end with their test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.service.house import RECOVERY, House

Build = Callable[..., Awaitable[House]]


@pytest.fixture
async def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Build]:
    """Makes houses with things of these names; a recovery is confirmed within a second or so."""
    monkeypatch.setattr("collectors.confirm.RECOVERY", RECOVERY)
    made: list[House] = []

    async def make(*things: str) -> House:
        folder = tmp_path / f"house-{len(made)}"
        folder.mkdir()
        house = House(folder, *(things or ("a", "b")))
        made.append(house)
        await house.open()
        return house

    yield make
    for house in made:
        await house.close()
