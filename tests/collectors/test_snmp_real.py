"""The SNMP source against a real snmpd: v2c and v3, its values as its own client reads them, restarts and wraps."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from collectors.base import Surroundings
from collectors.sources.snmp import Snmp, SnmpOptions
from ioc.clock import Clock
from ioc.inventory import Endpoint, Probe
from ioc.model import Point, Sample, Verdict
from ioc.telemetry import Telemetry
from tests.real.snmpd import AUTH_PASSWORD, COMMUNITY, PRIVACY_PASSWORD, USER, Snmpd

pytestmark = pytest.mark.real
V3: dict[str, Any] = {
    "version": "v3",
    "user": USER,
    "auth_password": AUTH_PASSWORD,
    "privacy_password": PRIVACY_PASSWORD,
}


class Ahead(Clock):
    """A clock that a test pushes on."""

    def __init__(self) -> None:
        super().__init__()
        self.by = 0.0

    def now(self) -> float:
        return super().now() + self.by


class Asking:
    def __init__(self) -> None:
        self.clock = Ahead()
        self.points: list[Point] = []
        self.telemetry = Telemetry()
        self.source = Snmp(Surroundings(self.clock, self.telemetry, random.Random(5), self._record))

    def _record(self, points: Sequence[Point]) -> None:
        self.points = list(points)

    async def ask(self, agent: Snmpd, patience: float = 3.0, **options: Any) -> Sample:
        given = {"community": COMMUNITY, **options, "port": agent.port}
        probe = Probe("snmp", 60, patience, SnmpOptions(**given))
        endpoint = Endpoint("sw", "sw", "switch", "dc", "u", agent.host, (probe,))
        return await self.source.gather(endpoint, probe, self.clock.now() + patience)


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    asking = Asking()
    yield asking
    await asking.source.close()


@pytest.mark.parametrize("how", [{}, V3], ids=["v2c", "v3"])
async def test_it_says_what_the_agents_own_client_reads(
    asking: Asking, snmpd: Callable[..., Snmpd], how: dict[str, Any]
) -> None:
    agent = snmpd("127.0.0.9")
    sample = await asking.ask(agent, **how)
    assert sample.verdict is Verdict.OK, sample.detail
    print(sample, asking.points)
