"""A real server on a free port, for each test its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from ioc.clock import Clock
from ioc.telemetry import Telemetry
from tests.web.house import FakeDesk, House, Open, fresh_picture
from web.app import build
from web.auth import Access
from web.deps import Deps, Door, Visitors
from web.push import Pace
from web.serve import Server, serve


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a house: `await house(access=…, pace=…, static=…, idle=…)`."""
    opened: list[Server] = []

    async def open(
        access: Access | None = None,
        pace: Pace | None = None,
        static: Path | None = None,
        idle: float = 20.0,
        door: Door | None = None,
        visitors: Visitors | None = None,
    ) -> House:
        picture, telemetry, clock = fresh_picture(), Telemetry(), Clock()
        desk = FakeDesk(picture)
        deps = Deps(clock, picture, telemetry, desk, static or tmp_path / "dist")
        deps = replace(deps, access=access or Access(), pace=pace or Pace(coalesce=0.01), door=door)
        deps = replace(deps, visitors=visitors)
        server = await serve(build(deps), "127.0.0.1", 0, idle=idle)
        opened.append(server)
        return House(deps, desk, server)

    yield open
    for server in opened:
        await server.close()
