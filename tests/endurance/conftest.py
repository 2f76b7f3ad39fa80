"""The power-cut shim, built once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endurance.powercut import Machine, build


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("powercut"))


@pytest.fixture
def machine(shim: Path, tmp_path: Path) -> Machine:
    return Machine(shim, tmp_path)
