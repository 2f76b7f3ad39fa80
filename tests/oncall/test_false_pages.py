"""What must not wake anybody twice, or at all, in the golden week's province (issue 5, done when 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ioc.model import Verdict
from tests.oncall.acts import EVENING, MORNING, begin, cut, told, wait
from tests.oncall.province import Province


@pytest.fixture
async def province(tmp_path: Path) -> AsyncIterator[Province]:
    made = await begin(tmp_path, MORNING)
    yield made
    await made.stop()


async def test_a_fibre_cut_of_40_rooms_is_one_page_and_one_recovery(province: Province) -> None:
    cut(province, "up-d")
    await wait(province, 300)
    await province.engine.acknowledge(1, "an", "đã gọi VNPT")
    await wait(province, 3000)
    assert [each.kind for each in province.ends["desk"].got] == ["opened"]
    assert province.ends["desk"].got[0].annotations["members"] == "41"
    cut(province, "up-d", Verdict.OK)
    await wait(province, 3600)
    assert [each.kind for each in province.ends["desk"].got] == ["opened", "closed"]
    assert set(told(province).values()) == {2}


async def test_rooms_that_fall_silent_one_by_one_before_their_fibre_are_its_one_page(
    province: Province,
) -> None:
    for room in list(province.config.inventory.children("up-d"))[:20]:
        province.find(room, Verdict.DOWN)
        await wait(province, 1)
    cut(province, "up-d")
    await wait(province, 300)
    assert [each.kind for each in province.ends["desk"].got] == ["opened"]


async def test_rooms_that_answer_one_by_one_after_their_fibre_are_told_to_nobody(province: Province) -> None:
    cut(province, "up-d")
    await wait(province, 300)
    province.find("up-d", Verdict.OK)
    for room in province.config.inventory.children("up-d"):
        await wait(province, 0.5)
        province.find(room, Verdict.OK)
    await wait(province, 3600)
    assert [each.kind for each in province.ends["desk"].got] == ["opened", "closed"]


@pytest.mark.parametrize("up", [20, 45, 60, 110])
async def test_three_fibres_flapping_for_an_hour_are_at_most_six_messages(
    province: Province, up: int
) -> None:
    fibres = ("up-a", "up-b", "up-c")
    for turn in range(3600 // (60 + up)):
        for fibre in fibres:
            cut(province, fibre)
        await wait(province, 60)
        for fibre in fibres:
            cut(province, fibre, Verdict.OK)
        await wait(province, up)
        if turn == 2:
            for incident in (1, 2, 3):
                await province.engine.acknowledge(incident, "an", "mưa bão")
    await wait(province, 3600)
    assert len(province.ends["desk"].got) <= 6
    assert max(told(province).values()) <= 6
    assert {each.kind for each in province.ends["desk"].got} == {"opened", "closed"}


async def test_a_slow_flapping_line_stops_telling_after_the_fifth_change(province: Province) -> None:
    for _ in range(6):
        cut(province, "up-a")
        await wait(province, 180)
        cut(province, "up-a", Verdict.OK)
        await wait(province, 240)
    await wait(province, 3600)
    kinds = [each.kind for each in province.ends["desk"].got if each.kind != "escalated"]
    assert kinds == ["opened", "closed", "reopened", "closed", "flapping", "closed"]


async def test_a_room_that_is_switched_off_is_told_to_nobody(tmp_path: Path) -> None:
    province = await begin(tmp_path, EVENING)
    province.find("room-c4", Verdict.DOWN)
    await wait(province, 10 * 3600)
    shown = province.picture.get("endpoint/room-c4")
    assert shown is not None and shown["state"] == "off"
    assert not told(province)
    assert not list(province.picture.keys("incident/"))
    await province.stop()


async def test_one_mailbox_that_is_refused_for_good_is_no_failing_channel_and_a_second_one_is(
    province: Province,
) -> None:
    province.ends["mail"].does = "refuses_for_good"
    for room in ("room-a1", "room-b1"):  # one is told Lan, the other Hải, both by mail
        province.find(room, Verdict.DOWN)
        await wait(province, 600)
        shown = province.picture.get("self/channel/mail")
        assert shown is not None
        assert shown["state"] == ("ok" if room == "room-a1" else "failing")
