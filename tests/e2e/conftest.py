"""One Chromium a test run's loop, one stage a test; the wall is built when it is missing or older than its source."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.screen import CHROMIUM, chromium
from tests.e2e.stage import DIST, Stage


@pytest.fixture(scope="session")
def built() -> Path:
    """The built wall; says what to do where it cannot be had."""
    ui = DIST.parent
    sources = [*ui.glob("src/**/*"), ui / "index.html", ui / "package-lock.json"]
    newest = max(each.stat().st_mtime for each in sources)
    index = DIST / "index.html"
    if index.exists() and index.stat().st_mtime >= newest:
        return DIST
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail("web/ui/dist is missing or old, and there is no npm to build it: run `make wall`")
    if not (ui / "node_modules" / "vite").exists():
        subprocess.run([npm, "ci"], cwd=ui, check=True, capture_output=True)
    subprocess.run([npm, "run", "build"], cwd=ui, check=True, capture_output=True)
    return DIST


@pytest.fixture
async def browser(built: Path) -> AsyncIterator[Browser]:
    """Debian's Chromium, freshly started."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing: install Debian's chromium (tools/apt-install)")
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def stage(built: Path) -> AsyncIterator[Stage]:
    """A quiet province behind the real server."""
    stage = Stage()
    await stage.open()
    yield stage
    await stage.close()
