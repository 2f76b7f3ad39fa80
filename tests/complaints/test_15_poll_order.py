"""Complaint 15, "Dependencies race poll order; storms when the parent recovers": icinga2#8201, #5208."""

import random
from pathlib import Path

import pytest

from ioc.model import Verdict
from tests.oncall.acts import MORNING, begin, wait


@pytest.mark.parametrize("seed", range(5))
async def test_in_whatever_order_a_cut_and_its_end_are_seen_it_is_one_page_and_one_recovery(
    tmp_path: Path, seed: int
) -> None:
    order = random.Random(seed)
    province = await begin(tmp_path, MORNING)
    site = province.with_those_behind("up-d")
    for verdict in (Verdict.DOWN, Verdict.OK):
        for each in order.sample(site, len(site)):
            province.find(each, verdict)
            await wait(province, 0.4)
        await wait(province, 590)
    await wait(province, 1200)
    assert [each.kind for each in province.ends["desk"].got] == ["opened", "closed"]
    assert {each.labels["subject"] for each in province.ends["desk"].got} == {"up-d"}
    await province.stop()


async def test_a_room_that_stays_away_when_its_fibre_is_back_is_told_by_itself(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    for each in province.with_those_behind("up-a"):
        province.find(each, Verdict.DOWN)
    await wait(province, 300)
    for each in province.with_those_behind("up-a"):
        if each != "room-a2":
            province.find(each, Verdict.OK)
    await wait(province, 600)
    subjects = [each.labels["subject"] for end in province.ends.values() for each in end.got]
    assert subjects.count("room-a2") >= 1
    assert {each for each in subjects if each.startswith("room")} == {"room-a2"}
    await province.stop()
