"""Complaint 12, "No acknowledgement": grafana#13364, uptime-kuma#1989. *Expiring, sticky, audited*."""

from pathlib import Path

from ioc.model import Verdict
from tests.oncall.acts import MORNING, begin, cut, wait
from tests.oncall.province import Province

HOUR = 3600.0


def to_people(province: Province) -> list[tuple[str, str]]:
    return [(each.person, each.kind) for end in province.ends.values() for each in end.got if each.person]


async def test_it_stops_the_chain_and_outlasts_whatever_joins_or_comes_back(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-c")
    await wait(province, 60)
    assert to_people(province) == [("an", "opened")]
    await province.engine.acknowledge(1, "an", "đang xem")
    await wait(province, HOUR)
    assert to_people(province) == [("an", "opened")]
    cut(province, "up-c", Verdict.OK)
    await wait(province, 300)
    cut(province, "up-c")
    await wait(province, 900)
    shown = province.picture.get("incident/1")
    assert shown is not None and shown["acknowledged"]["by"] == "an"
    assert {person for person, _ in to_people(province)} == {"an"}
    await province.stop()


async def test_of_something_critical_it_runs_out_after_a_reminder_and_the_chain_begins_again(
    tmp_path: Path,
) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-c")
    await wait(province, 60)
    await province.engine.acknowledge(1, "Nguyễn Văn An", "đang xem")
    await wait(province, 1.5 * HOUR - 1)
    assert to_people(province) == [("an", "opened")]
    await wait(province, 1)
    assert to_people(province)[1:] == [("an", "reminder")]
    await wait(province, 0.5 * HOUR)
    assert to_people(province)[2:] == [("an", "unacknowledged")]
    shown = province.picture.get("incident/1")
    assert shown is not None and shown["acknowledged"] is None
    await province.stop()


async def test_who_did_it_when_with_which_note_is_kept(tmp_path: Path) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-c")
    await wait(province, 60)
    await province.engine.acknowledge(1, "an", "đã gọi VNPT")
    await province.settle()
    rows = province.rows("SELECT by, note, at FROM decisions WHERE verb = 'acknowledged'")
    assert rows == [("an", "đã gọi VNPT", province.clock.at)]
    await province.stop()
