"""What a crash may cost: nothing but a repeat."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from alerts.notification import Notification
from alerts.rules import shipped
from ioc.errors import NotCommitted, Refused, Undeliverable
from ioc.model import Recheck
from ioc.state.ledger import Then
from tests.alerts.world import START, World
from tests.fakes import HandClock


def refuse(notification: Notification) -> None:
    raise Undeliverable("away", permanent=False)


async def test_killed_between_commit_and_delivery_it_is_delivered_as_a_repeat(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.inbox.fail = refuse
    world.all()
    world.put("room-a1", "down")
    await world.go(31)
    assert world.inbox.got == []
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 40))
    await again.go(0)
    assert [(each.kind, each.repeat) for each in again.inbox.got] == [("opened", True)]
    await again.stop()
    third = World(tmp_path, clock=HandClock(START + 50))
    await third.go(10)
    assert third.inbox.got == []
    await third.stop()


async def test_killed_between_delivery_and_settling_it_is_said_again_and_marked(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("mcu", "down")
    await world.go(0)
    assert world.inbox.kinds == ["opened"]
    await world.stop()
    db = sqlite3.connect(tmp_path / "state.db")
    assert db.execute("SELECT state FROM deliveries").fetchall() == [("told",)]
    db.execute("UPDATE deliveries SET state = 'owed'")
    db.commit()
    db.close()
    again = World(tmp_path, clock=HandClock(START + 40))
    await again.go(0)
    assert [each.repeat for each in again.inbox.got] == [True]
    await again.stop()


async def test_a_firing_alert_goes_on_and_its_end_is_told_by_the_next_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(31)
    await world.engine.acknowledge(1, "Nguyễn Văn An", "đang xử lý")
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 60))
    await again.go(5)
    assert again.open() == [1]
    assert again.incident(1)["acknowledged"]["by"] == "Nguyễn Văn An"
    assert again.incident(1)["told"]["desk"]["state"] == "told"
    again.all("unknown")
    await again.go(60)
    again.all("up")
    await again.go(1)
    assert again.inbox.kinds == ["closed"]
    await again.stop()


async def test_a_pending_alert_keeps_the_time_it_has_waited(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(10)
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 15))
    await again.go(100)
    assert again.inbox.got == []
    again.put("room-a1", "down")
    await again.go(14)
    assert again.inbox.got == []
    await again.go(1)
    assert again.inbox.kinds == ["opened"]
    await again.stop()


async def test_a_clock_set_by_an_hour_between_two_runs_moves_no_incident(tmp_path: Path) -> None:
    clock = HandClock(START)
    world = World(tmp_path, clock=clock)
    world.all()
    clock.ahead = 3600.0
    world.put("mcu", "down")
    await world.go(0)
    assert world.inbox.got[0].started == START + 3600
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 3600 + 60))
    assert again.incident(1)["opened"] == START + 3600
    await again.stop()


async def test_incident_numbers_are_never_used_twice(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("mcu", "down")
    world.put("mcu", "up")
    await world.go(0)
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 7200))
    again.put("mcu", "down")
    await again.go(0)
    assert again.open() == [2]
    await again.stop()


class Stuck:
    """A state file whose disk hangs, or that refuses, as the test says."""

    def __init__(self, world_path: Path) -> None:
        self.mode = "hang"
        self.held: list[Then] = []

    def write(self, writes: object, then: Then) -> None:
        if self.mode == "hang":
            self.held.append(then)
        else:
            fault = NotCommitted("no room") if self.mode == "refuse" else None
            asyncio.get_running_loop().call_soon(then, 1, fault)

    def read(self, sql: str, params: object = ()) -> list[tuple[object, ...]]:
        return [(0, 0, 0)] if "max(id)" in sql else []

    async def drained(self) -> None:
        await asyncio.sleep(0)

    async def close(self) -> None:
        pass


async def test_a_page_whose_record_is_not_kept_goes_out_after_two_seconds(tmp_path: Path) -> None:
    ledger = Stuck(tmp_path)
    world = World(tmp_path, ledger=ledger)
    world.put("mcu", "down")
    await world.go(1.9)
    assert world.inbox.got == []
    assert world.open() == []
    await world.go(0.1)
    assert [(each.kind, each.unrecorded) for each in world.inbox.got] == [("opened", True)]
    assert world.incident(1)["unrecorded"] is True
    assert world.picture.get("self/ledger") == {
        "state": "failing", "since": START + 2, "detail": "a record is not kept after 2 s",
    }  # fmt: skip
    await world.go(2)
    assert world.inbox.got[1].labels["subject"] == "self/ledger"
    ledger.mode = "keep"
    for then in ledger.held:
        then(1, None)
    await world.go(1)
    assert (world.picture.get("self/ledger") or {})["state"] == "ok"
    assert world.incident(1)["unrecorded"] is False
    assert world.incident(2)["status"] == "closed"
    await world.stop()


async def test_what_was_refused_is_written_afresh(tmp_path: Path) -> None:
    ledger = Stuck(tmp_path)
    ledger.mode = "refuse"
    world = World(tmp_path, ledger=ledger)
    world.put("mcu", "down")
    await world.go(0)
    assert world.inbox.got[0].unrecorded
    ledger.mode = "keep"
    await world.go(5)
    assert (world.picture.get("self/ledger") or {})["state"] == "ok"
    await world.stop()


async def test_requests_that_may_not_be_done_say_why(tmp_path: Path) -> None:
    world = World(tmp_path)
    now = world.clock.at
    world.put("mcu", "down")
    await world.go(0)
    for call, says in [
        (world.engine.acknowledge(9, "An", ""), "incident 9 is not known"),
        (world.engine.acknowledge(1, " ", ""), "by is empty"),
        (
            world.engine.maintain("endpoint", "nothing", None, now + 60, "thay dây", "An"),
            "no endpoint belongs to",
        ),
        (world.engine.maintain("city", "a", None, now + 60, "thay dây", "An"), "scope kind 'city'"),
        (world.engine.maintain("endpoint", "mcu", None, now - 60, "thay dây", "An"), "not after the start"),
        (world.engine.maintain("endpoint", "mcu", now - 60, now - 30, "thay dây", "An"), "in the past"),
        (world.engine.maintain("endpoint", "mcu", None, now + 60, " ", "An"), "reason is empty"),
        (world.engine.maintain("endpoint", "mcu", None, float("nan"), "x", "An"), "not after the start"),
        (world.engine.end_maintenance("7", "An"), "maintenance '7'|maintenance 7"),
        (world.engine.end_maintenance("x", "An"), "maintenance 'x'"),
    ]:
        with pytest.raises(Refused, match=says):
            await call
    world.put("mcu", "up")
    await world.go(1)
    with pytest.raises(Refused, match="incident 1 is closed"):
        await world.engine.acknowledge(1, "An", "")
    await world.stop()


async def test_maintenance_covers_a_scope_begins_ends_and_survives(tmp_path: Path) -> None:
    world = World(tmp_path)
    id = await world.engine.maintain("unit", "x-a", START + 60, START + 3600, "thay cáp", "An")
    assert world.changed == []
    assert not world.engine.is_maintained("room-a1", START + 59)
    await world.go(60)
    assert set(world.changed[-1]) == {"up-a", "room-a1", "room-a2", "room-a3"}
    assert world.engine.is_maintained("room-a1", world.clock.at)
    assert not world.engine.is_maintained("room-b1", world.clock.at)
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 120))
    assert again.engine.is_maintained("room-a1", START + 120)
    assert again.picture.get(f"maintenance/{id}") is not None
    await again.go(3600 - 120)
    assert not again.engine.is_maintained("room-a1", again.clock.at)
    assert set(again.changed[-1]) == {"up-a", "room-a1", "room-a2", "room-a3"}
    assert again.picture.get(f"maintenance/{id}") is None
    other = await again.engine.maintain("endpoint", "mcu", None, again.clock.at + 60, "thử", "An")
    assert other != id
    await again.engine.end_maintenance(other, "Bình")
    assert not again.engine.is_maintained("mcu", again.clock.at)
    await again.stop()


async def test_an_incident_open_when_maintenance_begins_stays_and_its_close_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(31)
    world.put("room-a1", "maintenance")
    await world.go(600)
    assert world.open() == [1]
    world.put("room-a1", "up")
    await world.go(1)
    assert world.inbox.kinds == ["opened", "closed"]
    await world.stop()


async def test_an_incident_can_be_explained(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("mcu", "down")
    await world.go(0)
    await world.engine.acknowledge(1, "An", "tôi lo")
    told = world.explain(1)
    assert [each.get("because") or each.get("state") for each in told][:1] == ["no_incident_covers_it"]
    assert any(each.get("verb") == "acknowledged" and each["by"] == "An" for each in told)
    assert any(each.get("receiver") == "desk" and each["state"] == "told" for each in told)
    await world.stop()


async def test_what_was_over_long_ago_is_dropped_and_numbers_go_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("mcu", "down")
    world.put("mcu", "up")
    await world.go(1)
    await world.go(1000)
    world.put("mcu", "down")
    world.put("mcu", "up")
    await world.go(1)
    assert [row[0] for row in world.ledger.read("SELECT id FROM incidents")] == [1, 2]
    await world.stop()
    later = World(tmp_path, clock=HandClock(START + 401 * 86400))
    await later.go(3601)
    assert [row[0] for row in later.ledger.read("SELECT id FROM incidents")] == [2]
    assert later.ledger.read("SELECT count(*) FROM transitions") == [(0,)]
    assert later.ledger.read("SELECT count(*) FROM deliveries") == [(1,)]
    later.put("mcu", "down")
    await later.go(0)
    assert later.open() == [3]
    await later.stop()


async def test_members_counted_after_a_page_are_no_news_after_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("core", "down")
    await world.go(1)
    behind = [each for each in world.inventory.endpoints if each != "core"]
    for each in behind:
        world.put(each, "unreachable")
    await world.go(120)
    assert world.inbox.kinds == ["opened"]
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 300))
    again.put("core", "down")
    for each in behind:
        again.put(each, "unreachable")
    await again.go(120)
    assert again.inbox.got == []
    await again.stop()


async def test_an_incident_recounted_while_its_record_was_late_is_shown_as_recorded(tmp_path: Path) -> None:
    ledger = Stuck(tmp_path)
    world = World(tmp_path, ledger=ledger)
    world.put("core", "down")
    await world.go(2)
    world.put("mcu", "unreachable")
    await world.go(1)
    assert (world.incident(1)["unrecorded"], world.incident(1)["members"]) == (True, 2)
    ledger.mode = "keep"
    for then in ledger.held:
        then(1, None)
    await world.go(1)
    assert (world.incident(1)["unrecorded"], world.incident(1)["members"]) == (False, 2)
    await world.stop()


async def test_a_slow_disk_that_caught_up_after_a_refusal_is_well_again(tmp_path: Path) -> None:
    ledger = Stuck(tmp_path)
    ledger.mode = "refuse"
    world = World(tmp_path, ledger=ledger)
    world.put("mcu", "down")
    await world.go(0)
    ledger.mode = "hang"
    await world.go(8)
    assert (world.picture.get("self/ledger") or {})["state"] == "failing"
    ledger.mode = "keep"
    for then in ledger.held:
        then(1, None)
    await world.go(10)
    assert (world.picture.get("self/ledger") or {})["state"] == "ok"
    await world.stop()


async def test_what_is_delivered_long_after_its_incident_is_not_kept_in_memory(tmp_path: Path) -> None:
    world = World(tmp_path, rules=[each for each in shipped() if each.id != "channel-failing"])
    world.inbox.fail = refuse
    world.put("mcu", "down")
    world.put("mcu", "up")
    await world.go(3000)
    assert "incident/1" not in world.picture
    world.inbox.fail = lambda notification: None
    await world.go(600)
    assert world.inbox.kinds == ["opened", "closed"]
    assert world.engine._desk._told == {}
    await world.stop()


async def test_what_was_pending_before_a_long_stop_is_asked_twice_before_it_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    world.put("room-a2", "down")
    await world.go(25)
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 7200))
    for room in ("room-a1", "room-a2"):
        again.put(room, "down")  # a lost packet is all that the first probe needs
    await again.go(0.6)
    assert [type(each) for each in again.commands].count(Recheck) == 2
    again.put("room-a1", "down", answering=True)
    await again.go(2)
    assert [each.labels["subject"] for each in again.inbox.got] == ["room-a2"]
    again.put("room-a1", "up")
    await again.go(60)
    assert len(again.inbox.got) == 1
    await again.stop()
