"""Complaint 2, "Inhibited alerts leak on restart/reload": alertmanager#4064, #2229, #2628, PR#3167."""

import random
from pathlib import Path

import pytest

from ioc.model import Verdict
from tests.oncall.acts import MORNING, begin, cut, told, wait
from tests.oncall.province import Province


async def restarted(province: Province, folder: Path) -> Province:
    """Killed, and started again ten seconds later: nothing has been probed yet."""
    await province.kill(folder)
    province.clock.at += 10
    again = Province(province.config, folder, province.clock, province.ends)
    again.verdicts = province.verdicts
    return again


@pytest.mark.parametrize("seed", range(4))
async def test_rooms_behind_a_cut_that_is_known_are_told_to_nobody_in_whatever_order_they_are_probed_again(
    tmp_path: Path, seed: int
) -> None:
    province = await begin(tmp_path / "first", MORNING)
    cut(province, "up-d")
    await wait(province, 120)
    await province.engine.acknowledge(1, "an", "đã gọi VNPT")
    before = told(province)
    again = await restarted(province, tmp_path / "second")
    site = again.with_those_behind("up-d")
    for each in random.Random(seed).sample(site, len(site)):
        again.find(each, Verdict.DOWN)
        await wait(again, 1)
    await wait(again, 1800)
    assert told(again) == before
    await again.stop()


async def test_a_silence_is_read_before_anything_is_told(tmp_path: Path) -> None:
    province = await begin(tmp_path / "first", MORNING)
    await province.silence(('unit="xa-a"',), province.clock.at + 7200, "diễn tập", "hai")
    cut(province, "up-a")
    await wait(province, 120)
    assert not told(province)
    again = await restarted(province, tmp_path / "second")
    again.probe_all()
    await wait(again, 600)
    assert not told(again)
    await again.stop()


async def test_a_reload_tells_nobody_what_a_known_cut_explains(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-d")
    await wait(province, 120)
    await province.engine.acknowledge(1, "an", "đã gọi VNPT")
    before = told(province)
    province.apply(province.config)
    await wait(province, 1800)
    assert told(province) == before
    await province.stop()
