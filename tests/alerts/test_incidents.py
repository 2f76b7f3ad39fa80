"""Which incident a fault belongs to, and what of it people are told."""

from pathlib import Path

from tests.alerts.world import World

ROOMS_A = ("room-a1", "room-a2", "room-a3")


async def test_a_cause_found_above_absorbs_what_was_told_before(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(31)
    world.put("up-a", "down")
    for room in ROOMS_A:
        world.put(room, "unreachable")
    await world.go(31)
    told = [(each.kind, each.incident, each.annotations.get("joined")) for each in world.inbox.got]
    assert told == [("opened", 1, None), ("absorbed", 1, "2"), ("opened", 2, None)] or told == [
        ("opened", 1, None),
        ("opened", 2, None),
        ("absorbed", 1, "2"),
    ]
    assert world.open() == [2]
    for each in ("up-a", *ROOMS_A):
        world.put(each)
    await world.go(121)
    assert world.inbox.kinds[-1] == "closed"
    assert world.open() == []
    await world.stop()


async def test_what_is_still_down_after_its_parent_recovered_is_an_incident_of_its_own(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(31)
    world.put("up-a", "down")
    world.put("room-a1", "unreachable")
    await world.go(31)
    world.put("up-a", "up")
    world.put("room-a1", "down")
    await world.go(29)
    assert world.open() == [2]
    await world.go(3)
    assert world.open() == [2, 3]
    assert world.incident(3)["root"] == "room-a1"
    await world.go(90)
    assert world.open() == [3]
    assert world.inbox.kinds[-2:] == ["opened", "closed"]
    await world.stop()


async def test_an_alert_behind_a_parent_that_is_down_is_held_until_its_incident_opens(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(20)
    world.put("up-a", "down")
    await world.go(15)
    assert world.inbox.got == []
    await world.go(20)
    assert [(each.kind, each.labels["subject"]) for each in world.inbox.got] == [("opened", "up-a")]
    assert "room-a1" in world.incident(1)["sample_members"]
    await world.stop()


async def test_a_held_alert_is_told_when_its_parent_was_only_a_blip(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "down")
    await world.go(20)
    world.put("up-a", "down")
    await world.go(15)
    world.put("up-a", "up")
    await world.go(1)
    assert [(each.kind, each.labels["subject"]) for each in world.inbox.got] == [("opened", "room-a1")]
    await world.stop()


async def test_firing_again_within_fifteen_minutes_reopens_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("mcu", "down")
    await world.go(10)
    world.put("mcu", "up")
    await world.go(899)
    world.put("mcu", "down")
    await world.go(1)
    assert [(each.kind, each.incident) for each in world.inbox.got] == [
        ("opened", 1),
        ("closed", 1),
        ("reopened", 1),
    ]
    world.put("mcu", "up")
    await world.go(901)
    world.put("mcu", "down")
    await world.go(1)
    assert world.inbox.got[-1].incident == 2
    await world.stop()


async def test_flapping_is_told_once_and_ends_after_fifteen_stable_minutes(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    for _ in range(10):
        world.put("mcu", "down")
        await world.go(60)
        world.put("mcu", "up")
        await world.go(60)
    assert world.inbox.kinds == ["opened", "closed", "reopened", "closed", "flapping"]
    assert world.incident(1)["next"] == "awaits_calm"
    await world.go(900 - 60 - 1)
    assert world.open() == [1]
    await world.go(1)
    assert world.open() == []
    assert world.inbox.kinds[5:] == ["closed"]
    await world.stop()


async def test_flapping_that_ends_in_an_outage_stays_open_and_is_closed_later(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    for _ in range(3):
        world.put("mcu", "up")
        await world.go(60)
        world.put("mcu", "down")
        await world.go(60)
    assert world.inbox.kinds[-1] == "flapping"
    await world.go(900)
    assert world.incident(1)["flapping"] is False
    assert world.open() == [1]
    world.put("mcu", "up")
    await world.go(1)
    assert world.open() == []
    assert world.inbox.kinds[-1] == "closed"
    await world.stop()


async def test_members_found_right_after_a_page_are_no_news_and_later_ones_are(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("core", "down")
    await world.go(1)
    for each in ("mcu", "up-a", *ROOMS_A):
        world.put(each, "unreachable")
    await world.go(120)
    assert world.inbox.kinds == ["opened"]
    assert world.incident(1)["members"] == 6
    for each in ("up-b", "room-b1", "room-b2"):
        world.put(each, "unreachable")
    await world.go(1)
    assert world.inbox.kinds == ["opened", "grew"]
    assert world.inbox.got[1].annotations["members"] == "9"
    await world.stop()


async def test_poor_quality_that_becomes_an_outage_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("room-a1", "degraded")
    await world.go(121)
    assert world.inbox.kinds == ["opened"]
    world.put("room-a1", "down")
    await world.go(31)
    assert world.inbox.kinds == ["opened", "raised"]
    assert world.inbox.got[1].annotations["what"] == "Tên room-a1 mất kết nối"
    assert world.inbox.got[0].labels == world.inbox.got[1].labels
    world.put("room-a1", "up")
    await world.go(130)
    assert world.inbox.kinds == ["opened", "raised", "closed"]
    await world.stop()


async def test_poor_quality_is_told_and_one_lost_packet_or_a_slow_answer_is_not(tmp_path: Path) -> None:
    world = World(tmp_path)
    for n in range(300):
        for room, rtt, loss in (
            ("room-a1", 30.0, 100.0 if n % 60 < 3 else 0.0),
            ("room-a2", 900.0 if n % 30 < 3 else 30.0, 0.0),
            ("room-a3", 500.0, 0.0),
            ("room-b1", 30.0, 20.0),
        ):
            world.put(room, "up", rtt=rtt, loss=loss, answering=loss < 100)
        await world.go(10)
    assert sorted(each.labels["subject"] for each in world.inbox.got) == ["room-a3", "room-b1"]
    await world.stop()


async def test_an_outages_own_losses_are_no_lack_of_quality(tmp_path: Path) -> None:
    world = World(tmp_path)
    for _ in range(60):
        world.put("room-a1", "up", rtt=30.0, loss=0.0)
        await world.go(10)
    for _ in range(12):
        world.put("room-a1", "down", rtt=30.0, loss=100.0, answering=False)
        await world.go(10)
    for _ in range(120):
        world.put("room-a1", "up", rtt=30.0, loss=0.0)
        await world.go(10)
    assert world.inbox.kinds == ["opened", "closed"]
    await world.stop()
