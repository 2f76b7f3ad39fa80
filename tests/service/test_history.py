"""A whole service with the embedded history: what it saw is what it answers, before and after a restart."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.service.conftest import Build
from tests.service.house import House


async def ask(house: House, query: str, path: str = "") -> dict[str, Any]:
    url = f"{house.url}/api/v1/history{path}?{query}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200, await answer.text()
        said: dict[str, Any] = await answer.json()
        return said


async def test_what_was_probed_is_answered_before_and_after_a_restart(build: Build) -> None:
    house = await build("a", "b")
    await house.start()
    await house.all_up()
    await house.until(lambda: house.see("self/history")["written"] > 8)
    rtt = "measurement=endpoint&field=rtt&endpoint=a&points=10"
    before = await ask(house, rtt)
    assert before["unit"] == "ms"
    assert sum(before["count"]) > 1
    for least, mean, most in zip(before["least"], before["mean"], before["most"], strict=True):
        assert 0 < least <= mean <= most
    listed = await ask(house, "measurement=endpoint&endpoint=a", "/series")
    assert [(each["source"], each["field"]) for each in listed["series"]] == [("tcp", "loss"), ("tcp", "rtt")]
    assert (await ask(house, "measurement=state&field=code&endpoint=a&points=10"))["last"][-1] == 0
    await house.stop()
    await house.start()
    assert sum((await ask(house, rtt))["count"]) >= sum(before["count"])
