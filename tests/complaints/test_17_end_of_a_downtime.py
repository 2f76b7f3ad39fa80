"""Complaint 17, "Wrong notifications at downtime end": icinga2#9054, #7977, #10787, keep#5257."""

from pathlib import Path

from ioc.model import Verdict
from tests.oncall.acts import MORNING, begin, cut, told, wait
from tests.oncall.province import Province


async def maintain(province: Province, seconds: float) -> None:
    await province.engine.maintain("site", "s-c", None, province.clock.at + seconds, "thay tủ nguồn", "hai")


def kinds(province: Province) -> list[str]:
    return [each.kind for each in province.ends["desk"].got]


async def test_what_went_down_and_up_in_it_is_told_to_nobody(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    await maintain(province, 3600)
    cut(province, "up-c")
    await wait(province, 1800)
    cut(province, "up-c", Verdict.OK)
    await wait(province, 7200)
    assert not told(province)
    await province.stop()


async def test_what_is_down_at_its_end_is_told_then(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    await maintain(province, 3600)
    cut(province, "up-c")
    await wait(province, 3600 + 29)
    assert not told(province)
    await wait(province, 2)
    assert kinds(province) == ["opened"]
    await province.stop()


async def test_what_was_told_before_it_and_has_recovered_in_it_is_closed_at_its_end(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-c")
    await wait(province, 60)
    assert kinds(province) == ["opened"]
    await maintain(province, 3600)
    cut(province, "up-c", Verdict.OK)
    await wait(province, 3599)
    assert kinds(province) == ["opened"]
    await wait(province, 300)
    assert kinds(province) == ["opened", "closed"]
    await province.stop()


async def test_what_was_told_before_it_and_goes_on_after_it_is_not_told_again(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-c")
    await wait(province, 60)
    await province.engine.acknowledge(1, "an", "biết rồi")
    await maintain(province, 1800)
    await wait(province, 3600)
    assert kinds(province) == ["opened"]
    await province.stop()


async def test_a_step_that_fell_due_in_it_is_told_to_nobody_when_the_fault_is_over(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-c")
    await wait(province, 60)
    before = told(province)
    await maintain(province, 3600)
    await wait(province, 1800)
    cut(province, "up-c", Verdict.OK)
    await wait(province, 7200)
    assert told(province) == dict.fromkeys(before, 2)
    assert {end.got[-1].kind for end in province.ends.values() if end.got} == {"closed"}
    await province.stop()
