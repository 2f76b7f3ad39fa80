"""Complaint 19, "On-call holes": oncall#4072, #1326, #5247, #4247 (grafana), goalert#4548.

Empty shifts that nobody is warned of, members without a way to be reached, daylight saving, an empty step that still
waits, a page path that nobody tries: *lint schedules; skip empty steps; test the page path*.
"""

import shutil
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.clerk import Clerk
from alerts.oncall.schedule import on_call
from ioc.config.load import Reading, examine
from ioc.duty import Layer, Schedule
from ioc.reading import parts
from ioc.state.look import Look
from tests.fakes import HandClock
from tests.oncall.acts import CONFIG, EVENING, MORNING, begin, cut, wait
from tests.oncall.ledger import ZONE, civil
from tests.oncall.province import Province

TODAY = date(2026, 11, 25)


def checked(folder: Path, old: str, new: str) -> Reading:
    """What `ioc check` finds in the golden week's configuration with one piece of it written otherwise."""
    shutil.copytree(CONFIG, folder)
    duty = folder / "duty.yaml"
    text = duty.read_text("utf-8")
    assert old in text
    duty.write_text(text.replace(old, new), "utf-8")
    return examine(folder, parts(), {}, TODAY)


def test_hours_with_nobody_are_told_before_they_come(tmp_path: Path) -> None:
    weekly = "{turns: [[an], [binh], [chi]], start: 2026-11-02 08:00, every: 7d}"
    reading = checked(tmp_path / "c", weekly, weekly.replace("[chi]", "[]"))
    assert [
        each for each in reading.warnings if "nobody is on call in schedule: truc" in each or "truc" in each
    ]


def test_a_turn_of_somebody_who_cannot_be_reached_is_a_fault_with_its_line(tmp_path: Path) -> None:
    contacts = 'contacts: [{by: sms, to: "+84912000102"}, {by: mail, to: binh@th.example.vn}]'
    reading = checked(tmp_path / "c", contacts, "contacts: []")
    assert reading.config is None
    assert [each.split(";")[0] for each in reading.faults] == [
        'duty.yaml:13: person who is told and has no contacts: "binh"'
    ]


async def test_a_step_that_finds_nobody_waits_for_nothing(tmp_path: Path) -> None:
    layers = "    layers:\n      - {turns: [[an], [binh], [chi]], start: 2026-11-02 08:00, every: 7d}\n"
    reading = checked(tmp_path / "c", layers, "    layers:\n")
    assert reading.config is not None
    province = Province(reading.config, tmp_path / "state", HandClock(civil(MORNING)))
    province.probe_all()
    cut(province, "up-a")
    await wait(province, 31)
    people = [
        (each.person, each.because) for end in province.ends.values() for each in end.got if each.person
    ]
    assert people == [("lan", "chain truc step 2 round 1")]
    await province.stop()


async def test_a_test_page_goes_the_way_of_a_real_one(tmp_path: Path) -> None:
    province = await begin(tmp_path, EVENING)
    duty = province.config.duty
    clerk = Clerk(
        province.clock, Look(tmp_path / "state.db"), province.engine.dispatch, lambda: duty.people,
        lambda: province.receivers, lambda schedule: on_call(
            duty.schedules[schedule], province.clock.at, province.config.calendars
        ),
    )  # fmt: skip
    rows = await clerk.page("schedule:truc", "hai")
    assert [(each["person"], each["receiver"], each["state"], each["because"]) for each in rows] == [
        ("an", "sms", "told", "test")
    ]
    assert [each.kind for each in province.ends["sms"].got] == ["test"]
    await province.stop()


def test_a_handover_stays_at_its_local_time_when_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    layer = Layer((("a",), ("b",)), datetime(2027, 3, 22, 8), days=7)  # noqa: DTZ001 -- local by definition
    schedule = Schedule("s", "S", berlin, (layer,))
    handover = datetime(2027, 3, 29, 8, tzinfo=berlin).timestamp()
    assert on_call(schedule, handover - 1, {}) == ("a",)
    assert on_call(schedule, handover, {}) == ("b",)
    assert handover - datetime(2027, 3, 22, 8, tzinfo=berlin).timestamp() == 7 * 86400 - 3600
    assert ZONE.key == "Asia/Ho_Chi_Minh"
