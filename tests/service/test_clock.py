"""The system clock jumps: deadlines stand, calendars follow, and people are told."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from ioc.clock import Clock
from tests.service.conftest import Build


class JumpingClock(Clock):
    """A clock that begins at a civil moment of the test's choice; `ahead` is how far the system's has jumped."""

    def __init__(self, begin: datetime) -> None:
        super().__init__()
        self._base = begin.timestamp() - time.monotonic()
        self.ahead = 0.0

    def skew(self) -> float:
        return self.ahead


MORNING = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)  # a Wednesday
OFFICE = {"office": {"days": ["wed"], "sessions": ["08:00-10:30"], "timezone": "UTC"}}


async def test_an_hour_ahead_and_back_fires_nothing_and_calendars_follow(build: Build) -> None:
    house = await build("office-room", "b", "c")
    house.config["calendars"] = OFFICE
    house.config["endpoints"][0]["expected"] = "office"
    house.config["rules"].append(
        {**house.config["rules"][0], "id": "held", "for": "30s", "severity": "warning"}
    )
    house.config["rules"][0]["where"] = 'id == "c"'
    house.write()
    clock = JumpingClock(MORNING)
    await house.start(clock)
    await house.all_up()
    await house.things["office-room"].fall()
    await house.until(lambda: house.state("office-room") == "down")
    since = house.see("endpoint/b")["since"]

    clock.ahead = 3600.0
    shown = await house.until(lambda: house.see("self/clock"))
    assert shown["state"] == "jumped"
    assert shown["skew"] == 3600
    assert "clock" in (await house.get("/readyz"))["degraded"]
    await house.until(lambda: house.state("office-room") == "off")
    at = house.see("endpoint/b")["at"]
    await house.until(lambda: house.see("endpoint/b")["at"] > at + 2)
    assert house.state("b") == "up"
    assert house.see("endpoint/b")["since"] == since
    assert house.see("endpoint/b")["rtt"] < 1000
    assert house.sink.tried == 0
    assert not house.incidents()

    await house.things["c"].fall()
    page = (await house.until(lambda: house.sink.of("c")))[0]
    assert page.notes["since"].startswith("18:00:")  # 11:00 UTC where people are

    clock.ahead = 0.0
    await house.until(lambda: not house.see("self/clock"))
    await house.until(lambda: house.state("office-room") == "down")
    await house.until(lambda: house.state("c") == "down")
    assert len(house.sink.pages) == 1
    assert (await house.get("/readyz"))["degraded"] == {}


async def test_units_follow_the_day(build: Build) -> None:
    house = await build("a")
    house.config["units"] = [
        {"id": "province", "name": "Tỉnh"},
        {"id": "district", "name": "Huyện", "parent": "province", "end": "2026-03-05"},
        {"id": "commune", "name": "Xã", "parent": "district", "end": "2026-03-05"},
        {"id": "commune", "name": "Xã mới", "parent": "province", "start": "2026-03-05"},
    ]
    house.write()
    clock = JumpingClock(MORNING)
    await house.start(clock)
    await house.all_up()
    await house.until(lambda: house.see("unit/district").get("counts") == {"up": 1})
    clock.ahead = 86_400.0
    await house.until(lambda: "unit/district" not in house.screen.values)
    assert house.see("unit/commune")["name"] == "Xã mới"
    assert house.see("unit/province")["counts"] == {"up": 1}
