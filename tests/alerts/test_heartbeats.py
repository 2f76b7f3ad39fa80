"""Heartbeats: late to the second, over restarts, with and without their token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from alerts import heartbeats
from alerts.heartbeats import CATCH_UP, Pulse, beaten, expected, missed, resumed
from alerts.pulse import Pulses
from ioc.errors import Refused
from ioc.others import Heartbeat
from tests.alerts.guests import HandRinger
from tests.alerts.world import START, Inbox, World
from tests.fakes import HandClock

DAILY = Heartbeat("backup", "Sao lưu", 86_400.0, 3_600.0, "critical", unit="x-a", next_action="Gọi quản trị")
QUICK = Heartbeat("relay", "Chuyển tiếp", 60.0, 10.0, token="of-the-relay-0123456789")
ASKED = {each.name: each for each in (DAILY, QUICK)}


def test_late_at_the_second_and_once() -> None:
    pulse = beaten(QUICK, 1_000.0)
    assert missed(pulse, 1_069.999) is None
    late = missed(pulse, 1_070.0)
    assert late == Pulse(1_000.0, True, 1_070.0, late=True)
    assert missed(late, 2_000.0) is None


def test_one_that_never_came_is_late_too() -> None:
    assert expected(QUICK, 1_000.0) == Pulse(1_000.0, False, 1_070.0)


def test_what_fell_due_while_we_were_away_has_time_to_come() -> None:
    assert resumed(QUICK, 0.0, True, False, 10_000.0).due == 10_000.0 + 60 + 10
    assert resumed(DAILY, 0.0, True, False, 100_000.0).due == 100_000.0 + CATCH_UP + 3_600.0
    assert resumed(DAILY, 99_000.0, True, False, 100_000.0).due == 99_000.0 + 86_400.0 + 3_600.0


class Ward:
    """Heartbeats in a world, which may stop and go on."""

    def __init__(
        self, path: Path, asked: Mapping[str, Heartbeat] = ASKED, world: World | None = None
    ) -> None:
        clock = world.clock if world else HandClock(START)
        inbox = world.inbox if world else Inbox()
        self.asked = asked
        self.world = World(path, clock=clock, inbox=inbox)
        self.ringer = HandRinger(self.world)
        self.pulses = Pulses(
            clock, self.world.picture, self.world.engine, self.world.ledger, asked, self.world.inventory,
            self.world.telemetry, timers=self.ringer.made,
        )  # fmt: skip
        self.pulses.restore()

    async def go(self, seconds: float) -> None:
        await self.ringer.go(seconds)

    def shown(self, name: str) -> Mapping[str, Any]:
        found = self.world.picture.get(f"heartbeat/{name}")
        assert found is not None
        return found


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    ward = Ward(tmp_path)
    yield ward
    await ward.world.stop()


async def test_a_late_one_is_an_incident_until_it_comes(ward: Ward) -> None:
    assert ward.shown("relay")["state"] == "waiting"
    assert await ward.pulses.beat("relay", QUICK.token) == pytest.approx(70)
    assert ward.shown("relay")["state"] == "ok"
    await ward.go(69)
    assert ward.world.open() == []
    await ward.go(2)
    assert ward.shown("relay")["state"] == "late"
    shown = ward.world.incident(1)
    assert (shown["root"], shown["severity"], shown["rule"]) == (
        "heartbeat/relay",
        "warning",
        "heartbeat-late",
    )
    assert shown["title"].startswith("Chuyển tiếp: không nhận được tín hiệu đúng hạn, lần cuối ")
    await ward.pulses.beat("relay", QUICK.token)
    await ward.go(0)
    assert ward.world.inbox.kinds == ["opened", "closed"]
    why = ward.world.ledger.read("SELECT why FROM transitions ORDER BY id")
    assert why == [("late",), ("heard",)]


async def test_a_restart_forgets_nothing(ward: Ward, tmp_path: Path) -> None:
    await ward.pulses.beat("relay", QUICK.token)
    await ward.go(71)
    await ward.world.stop()
    again = Ward(tmp_path, world=ward.world)
    ward.world = again.world
    assert again.shown("relay")["state"] == "late"
    assert again.shown("backup")["state"] == "waiting"
    assert again.shown("backup")["due"] == START + 90_000.0
    await again.go(300)
    await again.pulses.beat("relay", QUICK.token)
    await again.go(0)
    assert again.world.inbox.kinds == ["opened", "closed"]


async def test_one_that_is_no_longer_asked_for_ends(ward: Ward, tmp_path: Path) -> None:
    await ward.go(71)
    assert ward.world.open() == [1]
    ward.pulses.apply({"backup": DAILY}, ward.world.inventory)
    await ward.go(0)
    assert ward.world.open() == []
    assert ward.world.picture.get("heartbeat/relay") is None
    assert ward.world.ledger.read("SELECT name FROM heartbeats") == [("backup",)]


async def test_one_that_vanished_during_a_restart_ends(ward: Ward, tmp_path: Path) -> None:
    await ward.go(71)
    await ward.world.stop()
    again = Ward(tmp_path, {"backup": DAILY}, ward.world)
    ward.world = again.world
    await again.go(0)
    assert again.world.open() == []


@pytest.mark.parametrize(
    ("name", "token", "status", "says"),
    [
        ("nothing", "", 404, "there is no heartbeat 'nothing'; list it under heartbeats"),
        ("relay", "", 401, "this is not the token of heartbeat 'relay'"),
        ("relay", "wrong\udcff", 401, "this is not the token of heartbeat 'relay'"),
    ],
)
async def test_who_may_not(ward: Ward, name: str, token: str, status: int, says: str) -> None:
    with pytest.raises(Refused, match=says) as caught:
        await ward.pulses.beat(name, token)
    assert caught.value.status == status
    assert ward.shown("relay")["state"] == "waiting"


async def test_a_hundred_a_second_are_one(ward: Ward) -> None:
    for _ in range(100):
        await ward.pulses.beat("backup")
    assert ward.world.telemetry.count("ioc_heartbeats") == 1
    assert ward.world.telemetry.count("ioc_heartbeats_dropped") == 99


async def test_other_spans_hold_from_the_last_one(ward: Ward) -> None:
    await ward.pulses.beat("backup")
    slower = {**ASKED, "backup": Heartbeat("backup", "Sao lưu", 2 * 86_400.0, 0.0)}
    ward.pulses.apply(slower, ward.world.inventory)
    assert ward.shown("backup")["due"] == START + 2 * 86_400.0


def test_names() -> None:
    assert heartbeats.alert("a") == "heartbeat:late@heartbeat/a"
