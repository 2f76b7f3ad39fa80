"""History in a real influxd: what was written is what a Flux query returns, whatever happened meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ioc.errors import StoreError
from ioc.history import marker
from ioc.model import Reason, Sample, State, Verdict
from ioc.store import feeder, keeper
from ioc.store.base import Mark
from ioc.store.influx import Address, Influx
from ioc.store.keeper import Keeper
from ioc.store.line import Lines
from ioc.store.spool import Spool
from ioc.telemetry import Telemetry
from tests.fakes import HandClock
from tests.real.daemon import Daemon
from tests.real.influx import InfluxServer

pytestmark = pytest.mark.real

AT = 1_700_000_000.0


class House:
    """A keeper on a real influxd that tries again at once, and only once `go` is set."""

    def __init__(self, address: Address, folder: Path) -> None:
        self.influx = Influx(address, Telemetry())
        self.telemetry = Telemetry()
        self.told: list[Mapping[str, Any]] = []
        self.failed, self.go = asyncio.Event(), asyncio.Event()
        self.keeper = Keeper(
            self.influx,
            Lines(lambda endpoint: {"unit": "17", "site": "s,1", "system": "a b"}),
            lambda: Spool(folder / "spool", 2**26, marker("influx")),
            HandClock(AT),
            self.telemetry,
            self.told.append,
            pause=self.pause,
        )
        self.keeper.start()

    async def pause(self, seconds: float) -> None:
        self.failed.set()
        await self.go.wait()
        await asyncio.sleep(0)

    def add(self, *numbers: int) -> None:
        for number in numbers:
            self.keeper.add(Sample("e=1", AT + number, "sip", Verdict.OK, {"rtt": float(number), "loss": 0}))

    async def written(self, count: int) -> None:
        """Return when the store has taken so many; `tell` is not called for each batch, hence the asking."""
        while self.keeper.describe()["written"] < count:
            await asyncio.sleep(0.01)

    async def finish(self) -> dict[str, Any]:
        await self.keeper.close(within=30.0)
        return self.keeper.describe()


def address(influxd: InfluxServer) -> Address:
    return Address(influxd.url, influxd.org, influxd.bucket, influxd.token, timeout=5.0)


@pytest.fixture
async def house(
    influxd: InfluxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr(keeper, "EVERY", 0.01)
    monkeypatch.setattr(feeder, "EVERY", 0.01)
    house = House(address(influxd), tmp_path)
    yield house
    house.go.set()
    await house.keeper.close(within=1.0)


async def rows(influxd: InfluxServer, measurement: str, field: str) -> list[dict[str, str]]:
    """Every point of one field, oldest first."""
    return await asyncio.to_thread(
        influxd.flux,
        f"from(bucket: BUCKET) |> range(start: 0) "
        f'|> filter(fn: (r) => r._measurement == "{measurement}" and r._field == "{field}") '
        '|> group() |> sort(columns: ["_time"])',
    )


async def numbers(influxd: InfluxServer) -> list[int]:
    return [int(float(row["_value"])) for row in await rows(influxd, "endpoint", "rtt")]


async def ask(influxd: InfluxServer, method: str, path: str, body: object = None) -> Any:
    """InfluxDB's management interface."""
    headers = {"Authorization": f"Token {influxd.token}"}
    async with (
        aiohttp.ClientSession(headers=headers, raise_for_status=True) as session,
        session.request(method, influxd.url + path, json=body) as answer,
    ):
        return await answer.json() if answer.status != 204 else None


async def test_points_come_back_as_they_were_written(influxd: InfluxServer, house: House) -> None:
    house.add(*range(7))
    house.keeper.add(Mark("e=1", AT + 9, State.DOWN, Reason.NO_ANSWER))
    said = await house.finish()
    assert (said["state"], said["written"], said["dropped"]) == ("ok", 8, 0)
    found = await rows(influxd, "endpoint", "rtt")
    assert [float(row["_value"]) for row in found] == [float(number) for number in range(7)]
    assert found[3]["_time"] == "2023-11-14T22:13:23Z"
    tags = {key: found[0][key] for key in ("endpoint", "source", "unit", "site", "system")}
    assert tags == {"endpoint": "e=1", "source": "sip", "unit": "17", "site": "s,1", "system": "a b"}
    states = {
        field: (await rows(influxd, "state", field))[0]["_value"] for field in ("state", "code", "reason")
    }
    assert states == {"state": "down", "code": "2", "reason": "no_answer"}


async def test_odd_names_are_the_same_in_the_database(influxd: InfluxServer, house: House) -> None:
    odd = ["tỉnh Thanh Hoá", 'quo"te', "back\\slash", "a\\,b", "#", "'", "a\\ =b", "🏛"]
    for name in odd:
        house.keeper.add(Sample(name, AT, name, Verdict.OK, {"rtt": 1.5}))
    await house.finish()
    found = await rows(influxd, "endpoint", "rtt")
    assert sorted((row["endpoint"], row["source"]) for row in found) == sorted((name, name) for name in odd)


async def test_a_stopped_server_costs_nothing_that_there_was_room_for(
    influxd: InfluxServer, house: House
) -> None:
    house.add(*range(10))
    await house.written(10)
    await asyncio.to_thread(influxd.stop)
    house.add(*range(10, 6_020))
    await house.failed.wait()
    away = house.keeper.describe()
    assert (away["state"], away["waiting"], away["written"]) == ("away", 6_010, 10)
    assert "no answer" in away["detail"]
    await asyncio.to_thread(influxd.start)
    house.go.set()
    await house.written(6_020)
    said = await house.finish()
    assert (said["state"], said["written"], said["dropped"]) == ("ok", 6_020, 0)
    assert await numbers(influxd) == list(range(6_020))


async def test_a_killed_server_keeps_what_it_acknowledged(influxd: InfluxServer, house: House) -> None:
    house.add(*range(5_000))
    await house.written(5_000)
    assert isinstance(influxd._link, Daemon)
    influxd._link.kill()
    house.add(*range(5_000, 5_100))
    await house.failed.wait()
    await asyncio.to_thread(influxd.start)
    house.go.set()
    await house.written(5_100)
    assert (await house.finish())["written"] == 5_100
    assert await numbers(influxd) == list(range(5_100))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"token": "nonsense"}, "401 unauthorized access"),
        ({"bucket": "no-such"}, '404 bucket "no-such" not found'),
        ({"org": "no-such"}, '404 organization name "no-such" not found'),
    ],
    ids=["token", "bucket", "org"],
)
async def test_wrong_settings_are_told(
    influxd: InfluxServer, wrong: dict[str, str], says: str, tmp_path: Path
) -> None:
    at = address(influxd)
    house = House(
        Address(
            at.url, wrong.get("org", at.org), wrong.get("bucket", at.bucket), wrong.get("token", at.token)
        ),
        tmp_path,
    )
    with pytest.raises(StoreError, match="check the token, the organisation") as caught:
        await house.influx.write(["m v=1.0 1"])
    assert caught.value.permanent
    assert says in str(caught.value)
    await house.finish()


async def test_a_deleted_bucket_is_told_and_its_points_wait_for_a_new_one(
    influxd: InfluxServer, house: House
) -> None:
    bucket = (await ask(influxd, "GET", f"/api/v2/buckets?name={influxd.bucket}"))["buckets"][0]
    await ask(influxd, "DELETE", f"/api/v2/buckets/{bucket['id']}")
    house.add(*range(20))
    await house.failed.wait()
    assert f'404 bucket "{influxd.bucket}" not found' in house.keeper.describe()["detail"]
    await ask(influxd, "POST", "/api/v2/buckets", {"orgID": bucket["orgID"], "name": influxd.bucket})
    house.go.set()
    await house.written(20)
    assert (await house.finish())["written"] == 20
    assert await numbers(influxd) == list(range(20))


async def test_a_line_that_cannot_be_parsed_costs_only_itself(influxd: InfluxServer, house: House) -> None:
    lines = [f"endpoint,endpoint=e rtt={number}.0 {number}" for number in range(100)]
    lines[41] = "endpoint rtt=what 41"
    assert await house.influx.write(lines) == 1
    assert "what" in house.influx.last_refusal
    assert await numbers(influxd) == [number for number in range(100) if number != 41]


async def test_a_field_of_another_type_costs_only_its_own_line(influxd: InfluxServer, house: House) -> None:
    await house.influx.write(["endpoint,endpoint=e rtt=1.0 1000"])
    lines = [f"endpoint,endpoint=e rtt={number}.0 {number}" for number in range(100)]
    lines[41] = 'endpoint,endpoint=e rtt="text" 41'
    assert await house.influx.write(lines) == 1
    assert "type conflict" in house.influx.last_refusal
    assert await numbers(influxd) == [*(number for number in range(100) if number != 41), 1]
