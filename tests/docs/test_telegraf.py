"""The two configurations that docs/telegraf.md shows, ours and Telegraf's, work together."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ioc.app import Service
from ioc.clock import Clock
from ioc.reading import read
from ioc.telemetry import Telemetry
from tests.docs.blocks import ROOT, blocks
from tests.real.fixtures import part

PAGE = ROOT / "docs" / "telegraf.md"
TOKEN = "inlet-0123456789abcdef"

pytestmark = pytest.mark.real


def shown(info: str) -> str:
    """The page's one block of a kind."""
    (block,) = (each for each in blocks() if each.page == PAGE and each.info == info)
    return block.text


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[str]:
    """A service as the page configures it, on a free port: its address."""
    config = tmp_path / "config"
    (config / "secrets").mkdir(parents=True)
    (config / "secrets" / "inlet-token").write_text(TOKEN, "utf-8")
    text = shown("yaml configuration").replace("192.0.2.11", "127.0.8.11")
    (config / "ioc.yaml").write_text(text + "listen: 127.0.0.1:0\n", "utf-8")
    clock, telemetry = Clock(), Telemetry()
    running = Service(read(config, {}, clock), clock, telemetry, {})
    yield f"http://127.0.0.1:{await running.start()}"
    await running.stop()


async def test_both_sides_of_the_page_work_together(service: str, tmp_path: Path) -> None:
    program = part("telegraf")
    config = tmp_path / "telegraf.conf"
    config.write_text(shown("toml file=telegraf.conf").replace("http://127.0.0.1:8080", service), "utf-8")
    command = [str(program), "--once", "--non-strict-env-handling", "--config", str(config)]
    environment = {**os.environ, "IOC_INLET_TOKEN": TOKEN}
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not re.search(r"^\S+ E! ", done.stderr, re.MULTILINE), done.stderr
    async with aiohttp.ClientSession() as session:
        for measurement, field in (("mem", "used_percent"), ("disk", "used_percent"), ("cpu", "usage_idle")):
            found = await history(session, service, measurement, field)
            assert sum(found["count"]) >= 1, (measurement, found)
            assert found["tags"] == {"endpoint": "sv-web-1", "unit": "sttt"}
            assert all(0 <= each <= 100 for each in found["mean"])


async def history(
    session: aiohttp.ClientSession, service: str, measurement: str, field: str
) -> dict[str, Any]:
    """A series of the last hour, asked again until the store has it."""
    query = f"measurement={measurement}&field={field}&endpoint=sv-web-1&unit=sttt"
    async with asyncio.timeout(20):
        while True:
            async with session.get(f"{service}/api/v1/history?{query}") as answer:
                found: dict[str, Any] = await answer.json()
                assert answer.status in (200, 503), found
            if found.get("count"):
                return found
            await asyncio.sleep(0.05)
