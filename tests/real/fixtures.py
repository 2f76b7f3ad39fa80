"""Fixtures of the real third parties, for every test folder."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.real.exim import Exim
from tests.real.influx import InfluxServer
from tests.real.kamailio import Kamailio
from tests.real.node_exporter import NodeExporter
from tests.real.sipp import Sipp
from tests.real.snmpd import Snmpd
from tests.real.telegraf import Telegraf
from tools.parts import PartMissing, find

BROWSER_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def part(name: str) -> Path:
    """The program of a real part; the test is skipped where it is missing, and under CI fails."""
    try:
        return find(name)
    except PartMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def influxd(tmp_path: Path) -> Iterator[InfluxServer]:
    """A real InfluxDB 2 with an organization, a bucket and a token, started."""
    if not os.environ.get("IOC_TEST_INFLUX_URL"):
        part("influxd")
    server = InfluxServer(tmp_path / "influxd")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def telegraf(tmp_path: Path) -> Callable[..., Telegraf]:
    """Makes real Telegrafs; arguments as of `Telegraf` after the folder."""
    part("telegraf")
    folder = tmp_path / "telegraf"
    folder.mkdir()
    return lambda *args, **options: Telegraf(folder, *args, **options)


@pytest.fixture
def kamailio(tmp_path: Path) -> Iterator[Callable[..., Kamailio]]:
    """Makes and starts real Kamailios; arguments as of `Kamailio` after the folder."""
    part("kamailio")
    made: list[Kamailio] = []

    def make(*args: object, **options: object) -> Kamailio:
        server = Kamailio(tmp_path / f"kamailio-{len(made)}", *args, **options)  # type: ignore[arg-type]
        made.append(server)
        server.start()
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def node_exporter(tmp_path: Path) -> Iterator[NodeExporter]:
    """A real node exporter, started."""
    part("node_exporter")
    server = NodeExporter(tmp_path / "node-exporter")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sipp(tmp_path: Path) -> Iterator[Callable[..., Sipp]]:
    """Makes and starts real SIPp endpoints; arguments as of `Sipp` after the folder."""
    part("sipp")
    made: list[Sipp] = []

    def make(*args: object, **options: object) -> Sipp:
        endpoint = Sipp(tmp_path / f"sipp-{len(made)}", *args, **options)  # type: ignore[arg-type]
        made.append(endpoint)
        endpoint.start()
        return endpoint

    yield make
    for endpoint in made:
        endpoint.stop()


@pytest.fixture
def snmpd(tmp_path: Path) -> Iterator[Callable[..., Snmpd]]:
    """Makes and starts real agents; arguments as of `Snmpd` after the folder."""
    part("snmpd")
    part("snmpget")
    made: list[Snmpd] = []

    def make(*args: object, **options: object) -> Snmpd:
        agent = Snmpd(tmp_path / f"snmpd-{len(made)}", *args, **options)  # type: ignore[arg-type]
        made.append(agent)
        agent.start()
        return agent

    yield make
    for agent in made:
        agent.stop()


@pytest.fixture
def exim(tmp_path: Path) -> Iterator[Callable[..., Exim]]:
    """Makes and starts real mail servers; options as of `Exim`."""
    part("exim")
    made: list[Exim] = []

    def make(**options: str) -> Exim:
        server = Exim(tmp_path / f"exim-{len(made)}", **options)
        made.append(server)
        server.start()
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def chromium() -> Path:
    return part("chromium")


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """A real browser without a window."""
    flags = [*BROWSER_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        await running.close()
