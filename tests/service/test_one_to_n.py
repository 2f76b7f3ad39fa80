"""An outside program counts to N in four voices, whatever befalls InfluxDB: it holds one to N, less what is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.real.gateway import BUSY, DEAF, UNAVAILABLE, slow
from tests.real.influx import InfluxServer
from tests.service.conftest import Build
from tests.service.counting import POLLED, VOICES, Counting

pytestmark = pytest.mark.real


@pytest.fixture
async def counting(build: Build, influxd: InfluxServer) -> AsyncIterator[Counting]:
    made = Counting(await build("counter"), influxd)
    await made.open()
    yield made
    await made.close()


async def every_fault(counting: Counting, of_each: int) -> None:
    """InfluxDB is stopped, killed, slow, heard by nobody, and answered for; everybody counts on meanwhile."""
    await counting.count.more(of_each)
    await counting.without_influxd("stop", of_each)
    await counting.without_influxd("kill", of_each)
    for mood in (slow(1.0), DEAF, BUSY, UNAVAILABLE):
        await counting.under(mood, of_each=of_each)
    await counting.refusing(3)
    await counting.count.more(of_each)


async def accounted(counting: Counting, *, refusals: bool = True) -> str:
    """Hold what InfluxDB has against what was given and what was published; what was found, for people."""
    published = await counting.over()
    missing = await counting.missing()
    lost = published["ioc_history_dropped_total"] + published["ioc_history_faulty_total"]
    assert lost == 0
    assert published["ioc_history_refused_total"] == len(counting.gateway.refused)
    assert bool(counting.gateway.refused) == refusals
    told = []
    for voice in VOICES:
        given = counting.count.of(voice)
        unheard = 0
        if voice in POLLED:  # an answer that was not read in time was given to nobody
            unheard = len(given) - int(published[f'ioc_probe_answers_total{{source="{voice}"}}'])
        refused = counting.refused(voice)
        gone = {each.number for each in missing[voice]}
        assert refused <= gone, f"{voice}: {sorted(refused - gone)} were refused and are there"
        assert len(gone - refused) == unheard, f"{voice}: {sorted(gone - refused)}, {unheard} unheard"
        told.append(f"{voice} 1…{len(given)} less {len(refused)} refused, {unheard} unheard")
    return f"{'; '.join(told)}; requests {dict(counting.gateway.met)}"


async def test_one_to_n_less_what_is_told(counting: Counting) -> None:
    async with asyncio.timeout(120):
        await counting.house.spawn()
        await every_fault(counting, of_each=1)
        print(await accounted(counting))
