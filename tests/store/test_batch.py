"""The batch: bounds, patience, order, and what it says of itself. The store is moved by hand, time too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from ioc.errors import StoreError
from ioc.model import Sample, Verdict
from ioc.picture import Picture
from ioc.store import batch as module
from ioc.store.base import Nowhere
from ioc.store.batch import MOST_WAIT, SETTINGS_WAIT, Batch
from ioc.store.line import Lines
from ioc.telemetry import Telemetry
from tests.fakes import HandClock

AWAY = StoreError("http://db: no answer: refused", permanent=False)


class HandStore:
    """Keeps what it is given; raises what `trouble` holds, one at a time."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sizes: list[int] = []
        self.trouble: list[StoreError | Exception] = []
        self.refuses = 0
        self.closed = False
        self.wrote = asyncio.Event()

    async def write(self, lines: Sequence[str]) -> int:
        if self.trouble:
            raise self.trouble.pop(0)
        self.lines += lines
        self.sizes.append(len(lines))
        self.wrote.set()
        return self.refuses

    async def close(self) -> None:
        self.closed = True

    async def holds(self, count: int) -> None:
        """Return when so many lines were written."""
        while len(self.lines) < count:
            self.wrote.clear()
            await self.wrote.wait()


class House:
    """A batch with neighbours; `pauses` are the waits it asked for, let go at once unless `stay` is set."""

    def __init__(self, room: int = 100) -> None:
        self.store = HandStore()
        self.clock = HandClock(ahead=3600.0)
        self.telemetry = Telemetry()
        self.told: list[Mapping[str, Any]] = []
        self.pauses: list[float] = []
        self.stay = False
        self.paused, self.go = asyncio.Event(), asyncio.Event()
        self.batch = Batch(
            self.store,
            Lines(lambda endpoint: {"unit": "u"}),
            self.clock,
            self.telemetry,
            self.told.append,
            room=room,
            pause=self.pause,
            chance=lambda: 1.0,
        )

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.paused.set()
        if self.stay:
            await self.go.wait()

    def add(self, *numbers: int) -> None:
        for number in numbers:
            self.batch.add(Sample(f"e{number}", 100.0 + number, "sip", Verdict.OK, {"rtt": 1.0}))


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(module, "SIZE", 10)
    monkeypatch.setattr(module, "EVERY", 0.001)
    house = House()
    yield house
    house.go.set()
    await house.batch.close()


def ids(lines: Sequence[str]) -> list[int]:
    return [int(line.split("endpoint=e")[1].split(",")[0]) for line in lines]


async def test_records_arrive_in_order_in_batches_and_civil_time(house: House) -> None:
    house.add(*range(25))
    house.batch.start()
    await house.store.holds(25)
    assert ids(house.store.lines) == list(range(25))
    assert house.store.sizes == [10, 10, 5]
    assert house.store.lines[0] == "endpoint,endpoint=e0,source=sip,unit=u rtt=1.0 3700000000"


async def test_a_lone_record_does_not_wait_for_a_full_batch(house: House) -> None:
    house.batch.start()
    house.add(7)
    await house.store.holds(1)
    assert ids(house.store.lines) == [7]


async def test_without_room_the_oldest_go_and_are_counted() -> None:
    house = House(room=5)
    house.add(*range(8))
    assert house.batch.describe()["dropped"] == 3
    house.batch.start()
    await house.batch.close()
    assert ids(house.store.lines) == [3, 4, 5, 6, 7]
    assert house.telemetry.count("ioc_history_dropped") == 3
    assert house.telemetry.count("ioc_history_written") == 5


async def test_while_the_store_is_away_nothing_is_lost_that_there_is_room_for(house: House) -> None:
    house.stay = True
    house.store.trouble = [AWAY]
    house.add(*range(10))
    house.batch.start()
    await house.paused.wait()
    house.add(*range(10, 60))
    said = house.batch.describe()
    assert (said["state"], said["detail"]) == ("away", "http://db: no answer: refused")
    assert (said["waiting"], said["written"], said["dropped"]) == (60, 0, 0)
    assert house.told[-1]["state"] == "away"
    house.go.set()
    await house.store.holds(60)
    assert ids(house.store.lines) == list(range(60))
    await house.batch.close()
    assert house.batch.describe() == {
        "state": "ok",
        "since": house.clock.at,
        "detail": "",
        "waiting": 0,
        "dropped": 0,
        "written": 60,
    }


async def test_waits_grow_to_a_bound(house: House) -> None:
    house.store.trouble = [AWAY] * 8
    house.add(1)
    house.batch.start()
    await house.store.holds(1)
    assert house.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, MOST_WAIT, MOST_WAIT, MOST_WAIT]
    assert house.telemetry.count("ioc_history_failures") == 8


async def test_jitter_never_waits_less_than_half(house: House) -> None:
    house.batch._chance = lambda: 0.0
    house.store.trouble = [AWAY]
    house.add(1)
    house.batch.start()
    await house.store.holds(1)
    assert house.pauses == [0.25]


async def test_the_stores_own_wish_and_wrong_settings_decide_the_wait(house: House) -> None:
    house.store.trouble = [
        StoreError("later", permanent=False, retry_after=7.0),
        StoreError("wrong token", permanent=True),
    ]
    house.add(1)
    house.batch.start()
    await house.store.holds(1)
    assert house.pauses == [7.0, SETTINGS_WAIT]


async def test_refused_lines_are_counted_apart(house: House) -> None:
    house.store.refuses = 2
    house.add(*range(5))
    house.batch.start()
    await house.store.holds(5)
    await house.batch.close()
    assert house.telemetry.count("ioc_history_refused") == 2
    assert house.batch.describe()["written"] == 3
    assert house.batch.describe()["dropped"] == 2


async def test_a_record_that_cannot_be_a_line_costs_only_itself(house: House) -> None:
    house.add(1)
    house.batch.add(Sample("bad\n", 100.0, "sip", Verdict.OK, {"rtt": 1.0}))
    house.add(2)
    house.batch.start()
    await house.store.holds(2)
    assert ids(house.store.lines) == [1, 2]
    assert house.telemetry.count("ioc_history_faulty") == 1


async def test_a_changed_state_is_written_and_again_after_five_minutes(house: House) -> None:
    picture = Picture("e", lambda see, error: None)
    picture.watch(house.batch.see)
    up = {"state": "up", "since": 1.0, "at": house.clock.at, "reason": "answered", "detail": ""}
    picture.put("endpoint/a", up)
    house.batch.start()
    await house.store.holds(1)
    house.clock.at += 300.0
    await house.store.holds(2)
    times = [int(line.rsplit(" ", 1)[1]) for line in house.store.lines]
    assert times[1] - times[0] == 300_000_000
    assert house.store.lines[0].startswith('state,endpoint=a,unit=u code=0i,reason="answered",state="up" ')


async def test_closing_gives_up_on_a_store_that_stays_away(house: House) -> None:
    house.stay = True
    house.store.trouble = [AWAY]
    house.add(*range(15))
    house.batch.start()
    await house.paused.wait()
    await house.batch.close(within=0.001)
    assert house.batch.describe()["dropped"] == 15
    assert house.store.closed


async def test_numbers_are_told_now_and_then_not_for_every_batch(house: House) -> None:
    house.batch.start()
    for number in range(20):
        house.add(number)
        await house.store.holds(number + 1)
    assert len(house.told) <= 2
    house.clock.at += module.SHOWN_EVERY
    house.add(20)
    await house.store.holds(21)
    await house.batch.close()
    assert house.told[-1]["written"] >= 20


async def test_a_fault_of_ours_is_said_and_reported(house: House) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
    house.store.trouble = [RuntimeError("a bug")]
    house.add(1)
    house.batch.start()
    assert house.batch._task is not None
    await asyncio.wait({house.batch._task})
    await asyncio.sleep(0)
    assert house.batch.describe()["state"] == "away"
    assert "stopped by a fault of ours: RuntimeError('a bug')" in house.batch.describe()["detail"]
    assert reported[0]["message"] == "history stopped"


def test_no_store_is_off() -> None:
    nowhere = Nowhere()
    nowhere.write([Sample("e", 1.0, "sip", Verdict.OK, {"rtt": 1.0})])
    assert nowhere.describe()["state"] == "off"
