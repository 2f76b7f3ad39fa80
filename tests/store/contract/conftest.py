"""Every test of the contract runs on the embedded store and on a real InfluxDB."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ioc.store import downsampling
from ioc.store.downsampling import Way
from ioc.store.influx import Address, Influx
from ioc.store.influx_reading import InfluxReader
from ioc.store.sqlite import Sqlite
from ioc.telemetry import Telemetry
from tests.fakes import HandClock
from tests.real.influx import InfluxServer
from tests.store.contract.kept import AT, Kept
from tests.store.contract.schema import DECLARED


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[Kept]:
    clock = HandClock(float(AT))
    store = Sqlite(tmp_path / "history.db", clock)

    async def fold(start: float, stop: float) -> None:
        """It folds by itself."""

    yield Kept("embedded", store, store, clock, fold)
    await store.close()


@pytest.fixture
async def influx(influxd: InfluxServer) -> AsyncIterator[Kept]:
    clock = HandClock(float(AT))
    address = Address(influxd.url, influxd.org, influxd.bucket, influxd.token, timeout=30.0)
    store, reader = Influx(address, Telemetry()), InfluxReader(address, clock)
    made: set[str] = set()

    async def fold(start: float, stop: float) -> None:
        for tier in downsampling.TIERS:
            into = tier.bucket(influxd.bucket)
            if into not in made:
                made.add(into)
                _make_bucket(influxd, into)
            influxd.flux(downsampling.fill(Way(influxd.bucket, into, tier, DECLARED), start, stop))

    yield Kept("influx", store, reader, clock, fold)
    await store.close()
    await reader.close()


@pytest.fixture(params=["embedded", pytest.param("influx", marks=pytest.mark.real)])
def kept(request: pytest.FixtureRequest) -> Kept:
    found: Kept = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def both(embedded: Kept, influx: Kept) -> tuple[Kept, Kept]:
    return embedded, influx


def _make_bucket(influxd: InfluxServer, name: str) -> None:
    org = json.loads(influxd._call(f"/api/v2/orgs?org={influxd.org}"))["orgs"][0]["id"]
    influxd._call("/api/v2/buckets", {"name": name, "orgID": org, "retentionRules": []})
