from datetime import datetime
from pathlib import Path

from alerts.messages import ZONE
from alerts.rules import shipped
from ioc.model import Attend, Recheck
from tests.alerts.world import World


async def test_an_outage_is_paged_once_with_enough_to_act_and_closed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    await world.go(10)
    world.put("room-a1", "down", reason="no_answer")
    await world.go(29)
    assert world.inbox.got == []
    assert world.open() == []
    await world.go(1)
    assert world.inbox.kinds == ["opened"]
    page = world.inbox.got[0]
    assert page.annotations["what"] == "Tên room-a1 mất kết nối"
    assert page.annotations["where"] == "Tên room-a1, Trụ sở a, Xã A"
    assert page.annotations["owner"] == "Lê Văn Tám"
    assert page.annotations["phone"] == "0912000111"
    assert page.annotations["link"] == "http://wall.example/#incident/1"
    assert world.incident(1)["told"]["desk"]["state"] == "told"
    assert world.incident(1)["next"] == "awaits_acknowledgement"
    world.put("room-a1", "up")
    await world.go(1)
    assert world.inbox.kinds == ["opened", "closed"]
    assert world.inbox.got[1].status == "resolved"
    assert world.incident(1)["status"] == "closed"
    await world.go(901)
    assert "incident/1" not in world.picture
    await world.stop()


async def test_a_blip_of_thirty_seconds_pages_nobody(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(29.5)
    world.put("room-a1", "down", answering=True)
    await world.go(20)
    world.put("room-a1", "up")
    await world.go(60)
    assert world.inbox.got == []
    await world.stop()


async def test_an_answer_that_was_only_one_does_not_save_an_outage(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(29.5)
    world.put("room-a1", "down", answering=True)
    await world.go(5)
    assert world.inbox.got == []
    world.put("room-a1", "down", answering=False)
    await world.go(0)
    assert world.inbox.kinds == ["opened"]
    await world.stop()


async def test_what_may_fire_is_looked_at_closely_and_once_more_before_it_does(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    due = world.clock.at + 30
    assert world.commands == [Attend("room-a1", 2.0, due + 5)]
    await world.go(28.9)
    assert len(world.commands) == 1
    await world.go(0.1)
    assert world.commands[1] == Recheck("room-a1", due)
    await world.go(1)
    assert world.commands[2] == Attend("room-a1", 2.0, 0.0)
    await world.stop()


async def test_a_cut_uplink_is_one_page_whatever_is_behind_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    world.put("up-a", "down")
    for room in ("room-a1", "room-a2", "room-a3"):
        world.put(room, "unreachable")
    await world.go(31)
    assert world.inbox.kinds == ["opened"]
    assert world.incident(1)["root"] == "up-a"
    assert world.incident(1)["members"] == 4
    for each in ("up-a", "room-a1", "room-a2", "room-a3"):
        world.put(each)
    await world.go(120)
    assert world.inbox.kinds == ["opened", "closed"]
    await world.stop()


async def test_the_mcu_is_paged_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("mcu", "down")
    await world.go(0)
    assert world.inbox.kinds == ["opened"]
    assert world.inbox.got[0].severity == "critical"
    await world.stop()


async def test_our_own_link_down_is_one_incident_and_nothing_else(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("self/uplink", "ok")
    world.all()
    world.put("room-a1", "down")
    await world.go(10)
    world.put("self/uplink", "down")
    world.all("unknown")
    await world.go(600)
    assert [(each.kind, each.labels["subject"]) for each in world.inbox.got] == [("opened", "self/uplink")]
    world.put("self/uplink", "ok")
    world.all()
    await world.go(60)
    assert world.inbox.kinds == ["opened", "closed"]
    await world.stop()


async def test_rooms_off_in_maintenance_or_unknown_page_nobody(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    for room, state in (("room-a1", "off"), ("room-a2", "maintenance"), ("room-a3", "unknown")):
        world.put(room, state)
    await world.go(7200)
    assert world.inbox.got == []
    await world.stop()


async def test_what_is_removed_by_a_reload_is_closed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    world.put("room-b1", "down")
    await world.go(31)
    assert world.open() == [1, 2]
    kept = {id: each for id, each in world.inventory.endpoints.items() if id != "room-a1"}
    smaller = type(world.inventory)(world.inventory.units, world.inventory.sites.values(), kept.values())
    world.engine.apply(smaller, shipped(), world.engine.directory.receivers)
    await world.go(1)
    assert world.open() == [2]
    assert world.inbox.kinds == ["opened", "opened", "closed"]
    await world.stop()


async def test_since_when_is_the_outage_and_not_its_page(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    await world.go(10)
    began = world.clock.at - 2.5
    world.put("room-a1", "down", since=began)
    await world.go(30)
    assert world.incident(1)["began"] == began
    assert world.incident(1)["opened"] == world.clock.at
    told = datetime.fromtimestamp(began, ZONE).strftime("%H:%M")
    assert told in world.inbox.got[0].annotations["since"]
    await world.stop()


async def test_an_open_incident_says_that_its_root_is_under_maintenance(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(30)
    assert world.incident(1)["silenced"] is False
    world.put("room-a1", "maintenance")
    await world.go(1)
    assert (world.incident(1)["status"], world.incident(1)["silenced"]) == ("open", True)
    world.put("room-a1", "down")
    await world.go(1)
    assert world.incident(1)["silenced"] is False
    await world.stop()
