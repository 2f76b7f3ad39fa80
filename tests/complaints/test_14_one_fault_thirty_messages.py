"""Complaint 14, "No parent dependencies, one fault = 30+ messages": uptime-kuma#1089, gatus#1708."""

from pathlib import Path

from ioc.model import Verdict
from tests.oncall.acts import MORNING, begin, cut, wait


async def test_a_cut_of_40_rooms_is_one_message_and_every_room_is_probed_and_shown_all_the_same(
    tmp_path: Path,
) -> None:
    province = await begin(tmp_path, MORNING)
    cut(province, "up-d")
    await wait(province, 600)
    assert [each.kind for each in province.ends["desk"].got] == ["opened"]
    shown = [province.picture.get(f"endpoint/room-d{n:02}") for n in range(1, 41)]
    assert {each["state"] for each in shown if each is not None} == {"unreachable"}
    cut(province, "up-d", Verdict.OK)
    province.find("room-d07", Verdict.DOWN)
    shown_room = province.picture.get("endpoint/room-d07")
    assert shown_room is not None and shown_room["state"] == "down"
    await province.stop()
