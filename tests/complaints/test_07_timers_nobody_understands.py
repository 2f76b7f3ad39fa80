"""Complaint 7, "Three timers nobody understands": alertmanager#642, #322. *Show "next notification at, because"*."""

from pathlib import Path

from tests.oncall.acts import MORNING, begin, cut, wait


async def test_an_open_incident_says_who_is_told_next_when_and_why_and_that_is_what_happens(
    tmp_path: Path,
) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-b")
    await wait(province, 60)
    shown = province.picture.get("incident/1")
    assert shown is not None
    due = province.clock.at - 30 + 600
    assert (shown["next_at"], shown["next_because"]) == (due, "step_due")
    assert "hai" in str(shown["next_to"]).casefold() or "Hải" in str(shown["next_to"])
    await wait(province, 569)
    assert all(each.person != "hai" for end in province.ends.values() for each in end.got)
    await wait(province, 1)
    assert [each.kind for each in province.ends["sms"].got if each.person == "hai"] == ["escalated"]
    await province.engine.acknowledge(1, "hai", "đang gọi")
    held = province.picture.get("incident/1")
    assert held is not None
    assert (held["next_at"], held["next_because"]) == (due + 90 * 60, "acknowledgement_runs_out")
    await province.stop()
