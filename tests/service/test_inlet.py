"""Other programs' numbers through the whole service: written, on disk when it is said, read back as history."""

from __future__ import annotations

import asyncio
import gzip
import signal
from typing import Any

from ioc.clock import Clock
from tests.service.conftest import Build
from tests.service.house import House

TOKEN = "inlet-0123456789abcdef"


async def opened(build: Build, **inlet: Any) -> House:
    """A house that takes measurement `pump` of endpoint `a`, which others call `pump-house`."""
    house = await build("a")
    (house.folder / "token").write_text(TOKEN)
    house.config["history"] = {"store": "embedded"}
    house.config["inlet"] = {
        "token": {"file": str(house.folder / "token")},
        "endpoint_tag": "host",
        "endpoints": {"pump-house": "a"},
        "measurements": {"pump": {"tags": ["id"]}},
        **inlet,
    }
    house.write()
    return house


async def write(house: House, text: str, **headers: str) -> tuple[int, str]:
    shown = {"Authorization": f"Token {TOKEN}", "Content-Encoding": "gzip"} | headers
    url = f"{house.url}/api/v2/write?org=o&bucket=b&precision=us"
    async with house.http.post(url, data=gzip.compress(text.encode()), headers=shown) as answer:
        return answer.status, "" if answer.status == 204 else str((await answer.json())["message"])


async def numbers(house: House, count: int, field: str = "flow", **tags: str) -> dict[str, Any]:
    """The last hour's history of `pump`, asked again until the store has so many numbers of it."""
    query = "".join(f"&{key}={value}" for key, value in tags.items())
    async with asyncio.timeout(20):
        while True:
            found: dict[str, Any] = await house.get(f"/api/v1/history?measurement=pump&field={field}{query}")
            if sum(found["count"]) >= count:
                return found
            await asyncio.sleep(0.05)


def micros(clock: Clock) -> int:
    return int(clock.civil(clock.now()) * 1e6)


async def test_what_is_written_is_read_back_under_its_endpoint(build: Build) -> None:
    house = await opened(build)
    await house.start()
    now = micros(Clock()) - 60_000_000
    lines = [f"pump,host=pump-house,id={n % 2} flow={n}.5,on=t {now + n * 1_000_000}" for n in range(20)]
    assert await write(house, "\n".join(lines)) == (204, "")
    found = await numbers(house, 10, endpoint="a", unit="commune", id="1")
    assert sum(found["count"]) == 10
    assert sum(mean * count for mean, count in zip(found["mean"], found["count"], strict=True)) == sum(
        n + 0.5 for n in range(1, 20, 2)
    )
    assert min(found["least"]) == 1.5
    assert max(found["most"]) == 19.5
    assert (await house.metrics())["ioc_inlet_lines_total"] == 20


async def test_what_was_answered_204_outlives_a_kill(build: Build) -> None:
    house = await opened(build)
    await house.spawn()
    now = micros(Clock()) - 60_000_000
    for number in range(1, 31):
        assert await write(house, f"pump,host=a,id=x flow={number} {now + number}") == (204, "")
    house.signal(signal.SIGKILL)
    await house.stop()
    await house.spawn()
    found = await numbers(house, 30, endpoint="a", id="x")
    assert sum(found["count"]) == 30
    assert sum(mean * count for mean, count in zip(found["mean"], found["count"], strict=True)) == 465.0


async def test_a_reload_changes_what_is_taken(build: Build) -> None:
    house = await opened(build)
    await house.start()
    status, said = await write(house, "fan,host=a speed=1")
    assert (status, "measurement 'fan' is not taken" in said) == (422, True)
    house.config["inlet"]["measurements"]["fan"] = {}
    house.write()
    assert await house.ask("POST", "/-/reload") == (200, {"changes": ["inlet changed"]})
    assert await write(house, "fan,host=a speed=1") == (204, "")


async def test_series_without_end_are_refused_and_shown(build: Build) -> None:
    house = await opened(build, series=5)
    await house.start()
    status, said = await write(house, "\n".join(f"pump,host=a,id={n} flow=1" for n in range(50)))
    assert status == 422
    assert said.endswith("and 40 more dropped=45 kept=5")
    shown = await house.until(
        lambda: house.see("self/inlet").get("state") == "full" and house.see("self/inlet")
    )
    assert (shown["series"], shown["most"]) == (5, 5)
    assert (await house.get("/readyz"))["degraded"]["inlet"].startswith("no more than 5 series are let in")
    assert (await house.metrics())['ioc_inlet_refused_lines_total{why="series"}'] == 45
    assert (await write(house, "pump,host=a,id=4 flow=2"))[0] == 204


async def test_our_own_measurements_are_ours(build: Build) -> None:
    house = await opened(build)
    await house.start()
    for name in ("endpoint", "state", "dropped", "interface", "storage", "metric"):
        status, said = await write(house, f"{name},host=a,endpoint=a rtt=1")
        assert (status, f"measurement {name!r} is not taken" in said) == (422, True)


async def test_probes_go_on_while_others_write_without_pause(build: Build) -> None:
    house = await opened(build)
    await house.start()
    await house.all_up()
    text = "\n".join(f"pump,host=a,id={n % 20} a=1,b=2,c=3,d=4,e=5" for n in range(10_000))
    for _ in range(3):
        assert (await write(house, text))[0] == 204
    assert house.state("a") == "up"
    assert house.incidents() == []
