"""What is told of an endpoint that is down and answers again: a lost packet is no relapse, a silence is one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collectors.confirm import RECOVERY
from ioc.model import Sample, Verdict
from tests.collectors.simulation import START, Net, Says, World, inventory, thing

BACK = 25.0
"""seconds after the start when it answers again, having been silent since `AWAY`"""
AWAY = 5.0


def net(lost: Callable[[float], bool]) -> Net:
    def says(endpoint: str, now: float) -> Says:
        at = now - START
        return None if AWAY <= at < BACK or (at >= BACK and lost(at)) else 0.005

    return says


async def lived(lost: Callable[[float], bool], seconds: float) -> World:
    world = World(net(lost))
    await world.start(inventory([thing("1", every=2.0)]))
    await world.run(seconds)
    return world


def after(world: World, at: float) -> list[Sample]:
    return [each for each in world.of("1") if each.at - START >= at]


def recovered(world: World) -> float:
    verdict, at = world.turns("1")[-1]
    assert verdict is Verdict.OK
    return at


@pytest.mark.parametrize("at", [30.0, 36.0, 43.0])
async def test_a_lost_packet_leaves_it_answering_and_its_recovery_in_time(at: float) -> None:
    asked: list[float] = []

    def lost(now: float) -> bool:
        if now >= at and not asked:
            asked.append(now)
            return True
        return False

    world = await lived(lost, 60.0)
    assert asked
    assert all(each.answered for each in after(world, BACK + 2.1))
    assert any(each.fields.get("loss") == 100.0 for each in after(world, at)), "the loss is still told"
    assert BACK + RECOVERY <= recovered(world) <= BACK + RECOVERY + 4.0


async def test_a_silence_is_told_once_five_probes_were_missed_and_starts_over() -> None:
    world = await lived(lambda now: 36.0 <= now < 40.0, 80.0)
    silent = [each.at - START for each in after(world, BACK + 2.1) if not each.answered]
    assert silent
    assert 37.0 <= silent[0] <= 41.0
    assert recovered(world) >= 40.0 + RECOVERY
    assert {each.verdict for each in after(world, 36.0) if each.at - START < 60.0} == {Verdict.DOWN}
