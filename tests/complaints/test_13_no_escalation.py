"""Complaint 13, "No escalation or delayed second channel": uptime-kuma#1315."""

from pathlib import Path

from tests.oncall.acts import EVENING, MORNING, begin, cut, wait


async def test_whoever_does_not_acknowledge_is_followed_by_the_next(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-a")
    await wait(province, 30 + 600 + 900)
    people = [(each.person, each.kind) for end in ("sms", "mail") for each in province.ends[end].got]
    assert sorted(people) == [("an", "opened"), ("hai", "escalated"), ("lan", "escalated")]
    await province.stop()


async def test_a_contact_that_fails_is_followed_by_the_next_within_a_minute(tmp_path: Path) -> None:
    province = await begin(tmp_path, EVENING)
    province.ends["sms"].does = "refuses"
    cut(province, "up-a")
    await wait(province, 30 + 59)
    assert province.ends["mail"].got == []
    await wait(province, 1)
    mail = province.ends["mail"].got
    assert [(each.person, each.kind, each.because) for each in mail] == [("an", "opened", "failover")]
    await province.stop()
