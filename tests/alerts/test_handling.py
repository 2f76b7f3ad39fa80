"""What people do with an incident: assign, comment, close; and that it is kept."""

from pathlib import Path

import pytest

from alerts.handling import REMARKS
from alerts.rules import parse_rules
from ioc.errors import Refused
from tests.alerts.duty import Office
from tests.alerts.world import START, World
from tests.fakes import HandClock

POOR = parse_rules(
    [
        {
            "id": "poor", "if": "loss > 5.0", "for": "30s", "severity": "critical", "title": "{name} kém",
            "next_action": "gọi", "where": "kind == 'mcu'",
        },
        {
            "id": "out", "if": "state == 'down'", "for": "0s", "severity": "critical", "title": "{name} mất",
            "next_action": "gọi", "where": "kind == 'mcu'",
        },
    ]
)  # fmt: skip


async def poor(world: World) -> None:
    world.all()
    world.put("mcu", "up", loss=30.0)
    await world.go(31)
    assert world.open() == [1]


async def test_an_incident_is_given_to_somebody_and_spoken_of_and_both_are_kept(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.world.put("mcu", "down")
    await office.world.go(0)
    await office.world.engine.assign(1, "binh", "Nguyễn Văn An")
    await office.world.engine.comment(1, "VNPT báo đứt cáp ở km 12", "binh")
    await office.restart(after=5)
    shown = office.world.incident(1)
    assert shown["assigned"] == "binh"
    assert shown["remarks"] == [{"by": "binh", "at": START, "text": "VNPT báo đứt cáp ở km 12"}]
    acts = [
        (each["verb"], each["by"], each["note"])
        for each in office.world.explain(1)
        if each.get("because") == "by_hand"
    ]
    assert acts == [
        ("assigned", "Nguyễn Văn An", "binh"),
        ("commented", "binh", "VNPT báo đứt cáp ở km 12"),
    ]
    await office.world.stop()


async def test_only_the_newest_comments_are_shown(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("mcu", "down")
    await world.go(0)
    for n in range(REMARKS + 3):
        await world.engine.comment(1, f"lần {n}", "An")
    assert [each["text"] for each in world.incident(1)["remarks"]] == [
        f"lần {n}" for n in range(3, REMARKS + 3)
    ]
    assert sum(each.get("verb") == "commented" for each in world.explain(1)) == REMARKS + 3
    await world.stop()


async def test_what_is_down_cannot_be_closed_by_hand(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("mcu", "down")
    await world.go(0)
    with pytest.raises(Refused, match="incident 1: mcu is down; it closes when it has recovered") as refused:
        await world.engine.close_incident(1, "xong", "An")
    assert (refused.value.status, refused.value.code, refused.value.about) == (409, "still_down", "mcu")
    assert world.open() == [1]
    await world.stop()


async def test_closed_by_hand_it_is_told_and_what_fires_in_it_opens_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, rules=POOR)
    await poor(world)
    await world.engine.close_incident(1, "nhà mạng hẹn thứ Hai", "An")
    await world.go(0)
    assert world.inbox.kinds == ["opened", "closed"]
    assert world.incident(1)["status"] == "closed"
    act = [each for each in world.explain(1) if each.get("verb") == "closed"]
    assert (act[0]["by"], act[0]["note"]) == ("An", "nhà mạng hẹn thứ Hai")
    for _ in range(20):
        await world.go(60)
        world.put("mcu", "up", loss=30.0)
    assert world.open() == []
    assert world.inbox.kinds == ["opened", "closed"]
    await world.stop()


async def test_closed_by_hand_it_stays_closed_over_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path, rules=POOR)
    await poor(world)
    await world.engine.close_incident(1, "đã biết", "An")
    await world.stop()
    again = World(tmp_path, rules=POOR, clock=HandClock(START + 7200))
    again.all()
    again.put("mcu", "up", loss=30.0)
    await again.go(120)
    assert again.open() == []
    assert again.inbox.got == []
    again.put("mcu", "up", loss=0.0)
    await again.go(120)
    again.put("mcu", "up", loss=30.0)
    await again.go(31)
    assert again.open() == [2], "it fires anew"
    await again.stop()


async def test_what_fires_anew_reopens_what_was_closed_by_hand(tmp_path: Path) -> None:
    world = World(tmp_path, rules=POOR)
    await poor(world)
    await world.engine.close_incident(1, "đã biết", "An")
    world.put("mcu", "up", loss=0.0)
    await world.go(60)
    world.put("mcu", "up", loss=30.0)
    await world.go(31)
    assert world.open() == [1]
    assert world.inbox.kinds == ["opened", "closed", "reopened"]
    await world.stop()


async def test_an_outage_after_a_close_by_hand_reopens_it(tmp_path: Path) -> None:
    world = World(tmp_path, rules=POOR)
    await poor(world)
    await world.engine.close_incident(1, "đã biết", "An")
    world.put("mcu", "down")
    await world.go(1)
    assert world.open() == [1]
    assert world.inbox.kinds == ["opened", "closed", "reopened"]
    await world.stop()


async def test_what_may_not_be_done_says_why(tmp_path: Path) -> None:
    world = World(tmp_path, rules=POOR)
    await poor(world)
    engine = world.engine
    for call, says, status in [
        (engine.assign(9, "An", "An"), "incident 9 is not known", 404),
        (engine.assign(1, " ", "An"), "to is empty", 400),
        (engine.assign(1, "An", ""), "by is empty", 400),
        (engine.comment(1, "x" * 501, "An"), "text has 501 characters; at most 500 are kept", 400),
        (engine.comment(1, "\n", "An"), "text is empty", 400),
        (engine.close_incident(1, "", "An"), "reason is empty", 400),
        (engine.acknowledge(1, "An", "x" * 501), "note has 501 characters", 400),
    ]:
        with pytest.raises(Refused, match=says) as refused:
            await call
        assert refused.value.status == status
    await engine.close_incident(1, "đã biết", "An")
    for call, says, status in [
        (engine.assign(1, "An", "An"), "incident 1 is closed; there is nothing to see to", 409),
        (engine.close_incident(1, "nữa", "An"), "incident 1 is closed; there is nothing to close", 409),
    ]:
        with pytest.raises(Refused, match=says) as refused:
            await call
        assert refused.value.status == status
    await engine.comment(1, "nói thêm khi đã đóng", "An")
    assert world.incident(1)["remarks"][0]["text"] == "nói thêm khi đã đóng"
    await world.stop()
