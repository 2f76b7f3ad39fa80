"""The service between a real snmpd and its history: fields for rules, series, and an agent that is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.real.snmpd import COMMUNITY, Snmpd
from tests.service.conftest import Build
from tests.service.house import House, rule

pytestmark = pytest.mark.real


async def furnished(build: Build, agent: Snmpd) -> House:
    """A house whose thing `sw` also has an agent."""
    house = await build("sw", "other")
    (house.folder / "config" / "community").write_text(COMMUNITY, "utf-8")
    house.config["probes"]["snmp"] = {
        "source": "snmp",
        "every": "1500ms",
        "timeout": "700ms",
        "port": agent.port,
        "community": {"file": "community"},
    }
    house.config["endpoints"][0] |= {"probes": ["tcp", "snmp"], "address": agent.host}
    house.config["rules"].append(rule("full", "snmp_storage >= 0 && snmp_uptime > 0", severity="info"))
    house.write()
    thing = house.things["sw"]
    await thing.fall()
    thing.address = agent.host
    await thing.rise()
    return house


async def test_what_an_agent_tells_reaches_rules_and_history(
    build: Build, snmpd: Callable[..., Snmpd]
) -> None:
    agent = snmpd("127.0.0.9")
    house = await furnished(build, agent)
    await house.start()
    await house.until(lambda: house.state("sw") == "up" and "snmp_uptime" in house.see("endpoint/sw"))
    value = house.see("endpoint/sw")
    assert value["snmp_memory"] > 0 and value["snmp_if_down"] >= 0
    await house.until(lambda: house.told("sw") == "told")
    lo = await _history(house, "interface", "speed", interface="lo")
    assert (lo["unit"], lo["last"][-1]) == ("bit/s", 1e7) and lo["tags"] == {
        "endpoint": "sw",
        "interface": "lo",
    }
    uptime = await _history(house, "endpoint", "uptime", source="snmp")
    assert uptime["unit"] == "s" and uptime["last"][-1] > 0


async def _history(house: House, measurement: str, field: str, **tags: str) -> Any:
    """The series once it has something: history is written a little after it was seen."""
    query = "&".join(f"{key}={value}" for key, value in {"endpoint": "sw", **tags}.items())
    path = f"/api/v1/history?measurement={measurement}&field={field}&{query}"
    async with asyncio.timeout(20):
        while not (found := await house.get(path))["at"]:
            await asyncio.sleep(0.05)
    return found


async def test_a_silent_agent_is_no_device_that_is_down(build: Build, snmpd: Callable[..., Snmpd]) -> None:
    agent = snmpd("127.0.0.9")
    house = await furnished(build, agent)
    await house.start()
    await house.until(lambda: house.state("sw") == "up" and "snmp_uptime" in house.see("endpoint/sw"))
    await asyncio.to_thread(agent.stop)
    await house.until(lambda: house.state("sw") == "degraded")
    assert house.see("endpoint/sw")["reason"] in ("no_answer", "refused")
    assert house.state("other") == "up"
    await asyncio.to_thread(agent.start)
    await house.until(lambda: house.state("sw") == "up")
    assert not house.sink.of("other")
