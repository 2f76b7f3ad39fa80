"""Complaint 16, "Monitor's own link down = everything down": uptime-kuma#774, #84."""

from pathlib import Path

from ioc.model import Verdict
from tests.oncall.acts import MORNING, begin, wait


async def test_without_our_own_link_nothing_is_known_and_that_is_the_one_thing_told(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    province.intake.uplink(False, province.clock.at)
    for each in province.config.inventory.endpoints:
        province.find(each, Verdict.DOWN)
    await wait(province, 300)
    states = {
        (province.picture.get(f"endpoint/{each}") or {})["state"]
        for each in province.config.inventory.endpoints
    }
    assert states == {"unknown"}
    assert [each.labels["alertname"] for each in province.ends["desk"].got] == ["own-uplink-down"]
    for each in province.config.inventory.endpoints:
        province.find(each, Verdict.OK)
    province.intake.uplink(True, province.clock.at)
    await wait(province, 3600)
    subjects = {each.labels["subject"] for end in province.ends.values() for each in end.got}
    assert subjects == {"self/uplink"}
    assert province.ends["desk"].got[-1].kind == "closed"
    await province.stop()
