"""The script does each moment of a plan once, in order, and writes it down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from ioc.demo import logs
from ioc.demo.control import Responders
from ioc.demo.faults import DISTURBANCES, FAULTS, Disturbance, Fault
from ioc.demo.judge import injected
from ioc.demo.logs import Log
from ioc.demo.plan import Plan, whole_run
from ioc.demo.province import Ports, build
from ioc.demo.script import BEGIN, Script, acts, plans
from ioc.demo.truth import Mode
from tests.fakes import HandClock

PROVINCE = build(1, Ports())
FAULT = Fault("f1", FAULTS["room_silent"], "vc-1", ("vc-1",), 10.0, 70.0)
CUT = Fault("f2", FAULTS["site_cut"], "up-2", ("up-2",), 20.0, 80.0)
LOSS = Disturbance("d1", DISTURBANCES["lost_few"], "vc-3", 15.0, 40.0, lost=3)
OFF = Disturbance("o1", DISTURBANCES["off_hours"], "vc-4", 30.0, 100.0)
PLAN = Plan(100.0, (FAULT, CUT), (LOSS, OFF))


class Obeying:
    """Notes what it was told, and answers with the number of the command."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    async def cut(self, ids: list[str]) -> float:
        return self._note("cut", *ids)

    async def heal(self, ids: list[str]) -> float:
        return self._note("heal", *ids)

    async def mode(self, ids: list[str], mode: Mode) -> float:
        return self._note("mode", *ids, mode.manner.value)

    async def lose(self, ids: list[str], count: int) -> float:
        return self._note("lose", *ids, count)

    def _note(self, *told: object) -> float:
        self.told.append(told)
        return float(len(self.told))


async def test_a_plan_is_played_in_order_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: list[float] = []

    async def until(moment: float, clock: object) -> None:
        moments.append(moment)

    monkeypatch.setattr("ioc.demo.script.until", until)
    responders = Obeying()
    with Log(tmp_path / "log") as log:
        await Script(cast(Responders, responders), log, HandClock()).play(PLAN, 1000.0)
    assert responders.told == [
        ("mode", "vc-1", "silent"),
        ("lose", "vc-3", 3),
        ("cut", "up-2"),
        ("mode", "vc-4", "silent"),
        ("heal", "vc-3"),
        ("heal", "vc-1"),
        ("heal", "up-2"),
    ]
    assert moments == [1010, 1015, 1020, 1030, 1040, 1070, 1080, 1100]
    faults, disturbances = injected(logs.read(tmp_path / "log"))
    assert [(each.id, each.start, each.due, each.healed) for each in faults] == [
        ("f1", 1010.0, 1058.0, 6.0),
        ("f2", 1020.0, 1068.0, 7.0),
    ]
    assert disturbances == {"lost_few": 1, "off_hours": 1}


def test_an_end_comes_before_a_beginning_of_the_same_moment() -> None:
    next_one = replace(CUT, start=FAULT.end, end=99.0)
    order = [(act.at, act.what) for act in acts(Plan(100.0, (FAULT, next_one), ()))]
    assert order == [(10.0, "begin"), (70.0, "end"), (70.0, "begin"), (99.0, "end")]


def test_what_lasts_to_the_end_is_not_healed() -> None:
    assert [act.what for act in acts(Plan(100.0, (), (OFF,)))] == [BEGIN]


def test_a_span_is_one_plan_and_none_is_without_an_end() -> None:
    assert list(plans(7, PROVINCE, 180.0, 45.0)) == [whole_run(7, PROVINCE, 180.0, 45.0)]
    endless = plans(7, PROVINCE, None, None)
    assert len({next(endless).faults[0].id for _ in range(4)}) == 4
