"""The keeper: bounds, patience, what survives, and what it says of itself. Store and time are moved by hand."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ioc.errors import SpoolUnusable, StoreError
from ioc.model import Sample, Verdict
from ioc.picture import Picture
from ioc.store import feeder, keeper, memory
from ioc.store import report as reporting
from ioc.store.base import Nowhere
from ioc.store.patience import MOST_WAIT, SETTINGS_WAIT
from tests.store.keeping import AWAY, House, dropped, ids, sample


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of ten, at once."""
    monkeypatch.setattr(keeper, "SIZE", 10)
    monkeypatch.setattr(keeper, "EVERY", 0.001)
    monkeypatch.setattr(feeder, "SIZE", 10)
    monkeypatch.setattr(feeder, "EVERY", 0.001)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    house.go.set()
    house.store.gate.set()
    await house.keeper.close()


async def test_records_arrive_in_order_in_batches_and_civil_time(house: House) -> None:
    house.add(*range(25))
    house.keeper.start()
    await house.store.holds(25)
    assert ids(house.store.lines) == list(range(25))
    assert max(house.store.sizes) <= 10
    assert house.store.lines[0] == "endpoint,endpoint=e0,source=sip,unit=u rtt=1.0 3700000000"


async def test_a_lone_record_does_not_wait_for_a_full_batch(house: House) -> None:
    house.keeper.start()
    house.add(7)
    await house.store.holds(1)
    assert ids(house.store.lines) == [7]


async def test_without_room_the_oldest_go_are_counted_and_marked(tmp_path: Path) -> None:
    house = House(tmp_path, buffer=5)
    house.add(*range(8))
    house.keeper.start()
    await house.store.holds(6)
    await house.keeper.close()
    assert ids(house.store.lines) == [3, 4, 5, 6, 7]
    (mark,) = [line for line in house.store.lines if line.startswith("dropped")]
    assert mark == "dropped,store=test lines=3i,seconds=2.0 3702000000"
    assert house.keeper.describe()["dropped"] == 3
    assert house.telemetry.count("ioc_history_dropped") == 3


async def test_while_the_store_is_away_everything_is_kept_on_disk(house: House) -> None:
    house.stay = True
    house.store.always = AWAY
    house.add(*range(10))
    house.keeper.start()
    await house.paused.wait()
    house.add(*range(10, 60))
    await house.keeper.settle()
    said = house.keeper.describe()
    assert (said["state"], said["detail"]) == ("away", "http://db: no answer: refused")
    assert (said["waiting"], said["written"], said["dropped"]) == (60, 0, 0)
    assert house.spool is not None
    assert house.spool.waiting == 60
    assert said["room_bytes"] == house.size - said["spooled_bytes"]
    assert house.told[-1]["state"] == "away"
    house.store.always = None
    house.go.set()
    await house.store.holds(60)
    assert sorted(ids(house.store.lines)) == list(range(60))
    await house.keeper.close()
    said = house.keeper.describe()
    assert (said["state"], said["detail"]) == ("ok", "")
    assert (said["waiting"], said["written"], said["dropped"]) == (0, 60, 0)


async def test_what_is_kept_when_a_run_ends_reaches_the_store_in_the_next(tmp_path: Path) -> None:
    first = House(tmp_path)
    first.stay = True
    first.store.always = AWAY
    first.keeper.start()
    first.add(*range(35))
    await first.paused.wait()
    await first.keeper.close(within=1.0)
    assert first.keeper.describe()["dropped"] == 0
    assert first.store.closed
    second = House(tmp_path)
    second.keeper.start()
    second.add(35)
    await second.store.holds(36)
    await second.keeper.close()
    assert sorted(ids(second.store.lines)) == list(range(36))
    assert second.telemetry.count("ioc_history_replayed") == 35


async def test_a_process_that_just_ends_loses_nothing_that_was_settled(tmp_path: Path) -> None:
    first = House(tmp_path)
    first.stay = True
    first.store.always = AWAY
    first.keeper.start()
    first.add(*range(35))
    await first.keeper.settle()
    for task in first.keeper._tasks.values():
        task.cancel()
    assert first.spool is not None
    first.spool._lock.close()  # as the kernel does
    second = House(tmp_path)
    second.keeper.start()
    await second.store.holds(35)
    await second.keeper.close()
    assert ids(second.store.lines) == list(range(35))


async def test_a_backlog_does_not_starve_what_is_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = House(tmp_path)
    first.stay = True
    first.store.always = AWAY
    first.keeper.start()
    first.add(*range(200))
    await first.keeper.settle()
    await first.keeper.close(within=1.0)

    second = House(tmp_path)
    second.store.gate.clear()
    second.keeper.start()
    second.add(*range(1_000, 1_050))
    await second.keeper.settle()
    second.store.gate.set()
    await second.store.holds(250)
    await second.keeper.close()
    order = ids(second.store.lines)
    assert sorted(order) == [*range(200), *range(1_000, 1_050)]
    assert max(order.index(number) for number in range(1_000, 1_050)) < 150
    assert [number for number in order if number < 1_000] == list(range(200))


async def test_replay_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = House(tmp_path)
    first.stay = True
    first.store.always = AWAY
    first.keeper.start()
    first.add(*range(100))
    await first.keeper.close(within=1.0)
    second = House(tmp_path)
    real = second.store.write

    async def slow(lines: list[str]) -> int:
        second.clock.at += 0.5
        return await real(lines)

    monkeypatch.setattr(second.store, "write", slow)
    second.keeper.start()
    await second.store.holds(100)
    await second.keeper.close()
    rate = second.keeper.describe()["replay_rate"]
    assert 15 <= rate <= 25, "ten lines in half a second, and the first batch takes no time"


async def test_waits_grow_to_a_bound(house: House) -> None:
    house.store.trouble = [AWAY] * 8
    house.add(1)
    house.keeper.start()
    await house.store.holds(1)
    assert house.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, MOST_WAIT, MOST_WAIT, MOST_WAIT]
    assert house.telemetry.count("ioc_history_failures") == 8


async def test_the_stores_own_wish_and_wrong_settings_decide_the_wait(house: House) -> None:
    house.store.trouble = [
        StoreError("later", permanent=False, retry_after=7.0),
        StoreError("wrong token", permanent=True),
    ]
    house.add(1)
    house.keeper.start()
    await house.store.holds(1)
    assert house.pauses == [7.0, SETTINGS_WAIT]


async def test_a_store_that_says_nothing_is_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeder, "LONGEST", 0.01)
    house.stay = True
    house.store.gate.clear()
    house.add(*range(30))
    house.keeper.start()
    await house.paused.wait()
    assert house.keeper.describe()["state"] == "away"
    assert house.keeper.describe()["detail"] == "the store took nothing within 0.01 s"
    await house.keeper.settle()
    house.store.gate.set()
    house.go.set()
    await house.store.holds(30)


async def test_refused_lines_are_counted_apart(house: House) -> None:
    house.store.refuses = 2
    house.add(*range(5))
    house.keeper.start()
    await house.store.holds(5)
    await house.keeper.close()
    assert house.telemetry.count("ioc_history_refused") == 2
    assert house.keeper.describe()["written"] == 3
    assert house.keeper.describe()["dropped"] == 2


@pytest.mark.parametrize("name", ["bad\n", "x" * 70_000, "\ud800"], ids=["unprintable", "long", "surrogate"])
async def test_a_record_that_cannot_be_a_line_costs_only_itself(house: House, name: str) -> None:
    house.add(1)
    house.keeper.add(Sample(name, 100.0, "sip", Verdict.OK, {"rtt": 1.0}))
    house.add(2)
    house.keeper.start()
    await house.store.holds(2)
    assert ids(house.store.lines) == [1, 2]
    assert house.telemetry.count("ioc_history_faulty") == 1


async def test_a_changed_state_is_written_and_again_after_five_minutes(house: House) -> None:
    picture = Picture("e", lambda see, error: None)
    picture.watch(house.keeper.see)
    up = {"state": "up", "since": 1.0, "at": house.clock.at, "reason": "answered", "detail": ""}
    picture.put("endpoint/a", up)
    house.keeper.start()
    await house.store.holds(1)
    house.clock.at += 300.0
    await house.store.holds(2)
    times = [int(line.rsplit(" ", 1)[1]) for line in house.store.lines]
    assert times[1] - times[0] == 300_000_000
    assert house.store.lines[0].startswith('state,endpoint=a,unit=u code=0i,reason="answered",state="up" ')


async def test_numbers_are_told_now_and_then_not_for_every_batch(house: House) -> None:
    house.keeper.start()
    for number in range(20):
        house.add(number)
        await house.store.holds(number + 1)
    assert len(house.told) <= 3
    house.clock.at += reporting.SHOWN_EVERY
    house.add(20)
    await house.store.holds(21)
    await house.keeper.close()
    assert house.told[-1]["written"] == 21


async def test_a_fault_of_ours_is_said_and_reported(house: House) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
    house.store.trouble = [RuntimeError("a bug")]
    house.add(1)
    house.keeper.start()
    await asyncio.wait({house.keeper._tasks["feed"]})
    await asyncio.sleep(0)
    assert house.keeper.describe()["state"] == "away"
    assert "stopped by a fault of ours: RuntimeError('a bug')" in house.keeper.describe()["detail"]
    assert reported[0]["message"] == "history stopped"
    house.add(2)
    await house.keeper.settle()
    assert house.keeper.describe()["waiting"] == 2


async def test_after_a_fault_of_ours_nobody_waits_for_what_will_never_be_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)

    def broken(*args: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(keeper, "_encoded", broken)
    house.add(1)
    house.keeper.start()
    for _ in range(2):  # who waited when it happened, and who comes later
        with pytest.raises(SpoolUnusable, match="history stopped by a fault of ours: RuntimeError"):
            await asyncio.wait_for(house.keeper.settle(), 10)


async def test_after_its_end_nobody_waits(house: House) -> None:
    house.keeper.start()
    await house.keeper.close()
    with pytest.raises(SpoolUnusable, match="history has ended"):
        await asyncio.wait_for(house.keeper.settle(), 10)


def test_no_store_is_off() -> None:
    nowhere = Nowhere()
    nowhere.write([sample(1)])
    assert nowhere.describe()["state"] == "off"


class TestWithoutASpool:
    """The disk is full, the directory is another's: history goes on in memory, and says so."""

    async def test_the_store_still_gets_everything(self, house: House) -> None:
        house.refusal = SpoolUnusable("state/spool: another running service uses this spool")
        house.keeper.start()
        house.add(*range(25))
        await house.store.holds(25)
        said = house.keeper.describe()
        assert (said["state"], said["dropped"]) == ("failing", 0)
        assert "another running service" in said["detail"]
        assert house.told[-1]["state"] == "failing"
        assert keeper.KEEP_AGAIN in house.pauses

    async def test_what_there_is_no_room_for_is_counted_and_later_marked(self, tmp_path: Path) -> None:
        house = House(tmp_path, room=40)
        house.stay = True
        house.refusal = SpoolUnusable("no disk")
        house.store.always = AWAY
        house.keeper.start()
        house.add(*range(10))
        await house.until(lambda: len(house.pauses) >= 2)
        for number in range(10, 100):
            house.add(number)
        await house.until(lambda: house.keeper.describe()["dropped"] > 0 and not house.keeper._buffer)
        lost = house.keeper.describe()["dropped"]
        assert house.keeper.waiting == 100 - lost <= 51
        assert " given up, of 1970-01-01T01:0" in house.keeper.describe()["detail"]
        assert house.keeper.describe()["detail"].endswith("Z; http://db: no answer: refused; no disk")
        house.refusal = house.store.always = None
        house.stay = False
        house.go.set()
        await house.until(lambda: dropped(house.store.lines) and house.keeper.waiting == 0)
        await house.keeper.close()
        found = ids(house.store.lines)
        assert len(found) == len(set(found)) == 100 - lost
        assert dropped(house.store.lines) == lost
        assert house.keeper.describe()["state"] == "ok"

    async def test_settling_says_that_nothing_is_settled(self, house: House) -> None:
        house.refusal = SpoolUnusable("no disk")
        house.keeper.start()
        house.add(1)
        with pytest.raises(SpoolUnusable, match="no disk"):
            await house.keeper.settle()

    async def test_a_full_disk_is_used_again_once_it_has_room(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.store.always = AWAY
        house.keeper.start()
        house.add(*range(10))
        await house.keeper.settle()
        with monkeypatch.context() as full:

            def refuse(file: int, data: bytes) -> int:
                raise OSError(errno.ENOSPC, "No space left on device")

            full.setattr(os, "write", refuse)
            house.add(*range(10, 20))
            with pytest.raises(SpoolUnusable, match="No space left on device"):
                await house.keeper.settle()
            assert "make room on this disk" in house.keeper.describe()["detail"]
        house.add(*range(20, 30))
        await house.until(lambda: house.spool is not None and house.spool.waiting == 30)
        house.store.always = None
        await house.store.holds(30)
        assert sorted(ids(house.store.lines)) == list(range(30))
        await house.until(lambda: house.keeper.describe()["state"] == "ok")


async def test_a_full_spool_gives_up_the_oldest_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "ROOM", 50)
    house = House(tmp_path, size=16_000, room=50)
    house.stay = True
    house.store.always = AWAY
    house.keeper.start()
    for number in range(0, 3_000, 10):
        house.add(*range(number, number + 10))
        await house.keeper.settle()
    assert house.spool is not None
    assert house.spool.bytes <= 16_000
    said = house.keeper.describe()
    assert said["dropped"] == house.spool.dropped > 1_000
    assert said["losing"] == said["dropped"]
    assert f"{said['losing']:,} lines given up, of 1970-01-01T01:0" in said["detail"]
    assert house.told[-1]["losing"] > 0
    house.clock.at += 700.0
    assert house.keeper.describe()["losing"] == 0
    house.store.always = None
    house.go.set()
    await house.until(lambda: house.keeper.waiting == 0)
    await house.keeper.close()
    found = ids(house.store.lines)
    lost = house.keeper.describe()["dropped"]
    assert len(found) == len(set(found)) == 3_000 - lost
    assert dropped(house.store.lines) == lost
    assert house.spool.damaged == 0


async def test_memory_is_bounded_and_the_disk_gives_back_what_it_forgot(tmp_path: Path) -> None:
    house = House(tmp_path, room=40)
    house.stay = True
    house.store.always = AWAY
    house.keeper.start()
    for number in range(0, 500, 10):
        house.add(*range(number, number + 10))
        await house.keeper.settle()
        assert house.keeper._memory.lines <= 40
    house.store.always = None
    house.go.set()
    await house.until(lambda: house.keeper.waiting == 0)
    await house.keeper.close()
    assert sorted(ids(house.store.lines)) == list(range(500))
    assert house.keeper.describe()["dropped"] == 0
