"""Complaint 1, "Resolved withheld when silenced/inhibited → orphan tickets": alertmanager#226, #2754, PR#4634."""

from pathlib import Path

from ioc.model import Verdict
from tests.oncall.acts import MORNING, begin, cut, told, wait

SITE = ('unit="xa-a"',)


async def test_what_was_told_is_closed_though_it_is_silenced_meanwhile(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-a")
    await wait(province, 60)
    opened = told(province)
    assert opened
    await province.silence(SITE, province.clock.at + 7200, "sửa tại chỗ", "hai")
    cut(province, "up-a", Verdict.OK)
    await wait(province, 600)
    assert told(province) == dict.fromkeys(opened, 2)
    assert {end.got[-1].kind for end in province.ends.values() if end.got} == {"closed"}
    await province.stop()


async def test_what_was_told_is_closed_though_its_cause_above_takes_it_over(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-a")
    await wait(province, 60)
    assert [each.kind for each in province.ends["desk"].got] == ["opened"]
    cut(province, "core")
    await wait(province, 60)
    about_the_line = [each for each in province.ends["desk"].got if each.incident == 1]
    assert [each.kind for each in about_the_line] == ["opened", "absorbed"]
    assert about_the_line[1].annotations["joined"] == "2"
    carrier = [each.kind for each in province.ends["carrier"].got]
    assert carrier == ["opened", "absorbed"]
    await province.stop()


async def test_what_began_and_ended_in_a_silence_is_told_to_nobody(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    await province.silence(SITE, province.clock.at + 7200, "diễn tập", "hai")
    cut(province, "up-a")
    await wait(province, 3600)
    shown = province.picture.get("incident/1")
    assert shown is not None and shown["status"] == "open"
    cut(province, "up-a", Verdict.OK)
    await wait(province, 7200)
    assert not told(province)
    await province.stop()
