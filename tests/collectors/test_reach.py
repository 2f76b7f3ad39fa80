"""Parents and references: the pure decisions, and what comes of them in a province in simulated time."""

from __future__ import annotations

import pytest

from collectors.reach import HOLD, PAUSE, Reach
from ioc.errors import SourceError
from ioc.inventory import Endpoint
from ioc.model import Verdict
from tests.collectors.simulation import START, Says, World, inventory, silent_between, thing


def tree() -> list[Endpoint]:
    return [thing("ref1"), thing("ref2"), thing("district"), thing("site", "district"), thing("room", "site")]


def test_a_miss_asks_all_in_front_and_the_references_once_a_second() -> None:
    reach = Reach(inventory(tree(), ["ref1", "ref2"]))
    assert set(reach.ask("room", 10.0)) == {"site", "district", "ref1", "ref2"}
    assert list(reach.ask("room", 10.0 + PAUSE - 0.01)) == ["site", "district"]
    assert set(reach.ask("district", 10.0 + PAUSE)) == {"ref1", "ref2"}


def test_down_waits_for_those_in_front_and_recovery_for_those_behind() -> None:
    reach = Reach(inventory(tree(), ["ref1"]))
    assert list(reach.in_front("room")) == ["site", "district", "ref1"]
    assert list(reach.in_front("ref1")) == []
    assert list(reach.behind("district")) == ["site", "room"]
    assert list(reach.behind("room")) == []


def test_the_link_is_lost_when_every_reference_is_silent_and_told_once() -> None:
    reach = Reach(inventory(tree(), ["ref1", "ref2"]))
    assert not reach.weigh({"ref1": True, "ref2": False}.__getitem__, 5.0)
    assert reach.weigh(lambda _: True, 5.0)
    assert reach.lost
    assert not reach.weigh(lambda _: True, 6.0)
    assert reach.regain() == 5.0
    assert not reach.lost


def test_without_references_the_link_is_never_lost() -> None:
    assert not Reach(inventory(tree())).weigh(lambda _: True, 5.0)
    assert not Reach(inventory(tree(), ["not_declared"])).weigh(lambda _: True, 5.0)


def district(children: int = 60, timeout: float = 1.0) -> list[Endpoint]:
    rooms = [thing(f"room{n}", "district", timeout=timeout) for n in range(children)]
    return [thing("ref"), thing("district", timeout=timeout), *rooms]


@pytest.mark.parametrize("late_after", [1.0, 2.0])
@pytest.mark.parametrize("cut_at", [20.0, 23.7, 27.1])
async def test_a_cut_district_is_down_before_any_of_its_rooms(late_after: float, cut_at: float) -> None:
    world = World(silent_between(cut_at, 1e9, lambda endpoint: endpoint != "ref"))
    await world.start(inventory(district(timeout=late_after), ["ref"]))
    await world.run(60)
    order = [each.subject for each in world.samples if each.verdict is Verdict.DOWN]
    assert order[0] == "district"
    assert len(set(order)) == 61
    assert world.uplinks == []


async def test_a_district_back_is_up_after_its_rooms_have_begun_to_answer() -> None:
    world = World(silent_between(20, 80, lambda endpoint: endpoint != "ref"))
    await world.start(inventory(district(), ["ref"]))
    await world.run(140)
    back = world.turns("district")[-1]
    assert back[0] is Verdict.OK
    rooms = [world.turns(f"room{n}")[-1] for n in range(60)]
    assert {verdict for verdict, _ in rooms} == {Verdict.OK}
    assert max(at for _, at in rooms) <= back[1] + HOLD


async def test_a_dead_room_of_a_living_district_waits_for_nobody() -> None:
    world = World(silent_between(20, 1e9, lambda endpoint: endpoint == "room7"))
    await world.start(inventory(district(), ["ref"]))
    await world.run(60)
    down = next(each for each in world.of("room7") if each.verdict is Verdict.DOWN)
    assert down.since is not None
    assert down.at - down.since < 2.9
    assert {each.subject for each in world.samples if each.verdict is Verdict.DOWN} == {"room7"}


async def test_a_verdict_waits_three_seconds_at_most() -> None:
    def net(endpoint: str, now: float) -> Says:
        return 0.005 if now - START < 20 else None

    things = [thing("slow", timeout=8.0), thing("room", "slow", timeout=1.0)]
    world = World(net)
    await world.start(inventory(things))
    await world.run(60)
    down = next(each for each in world.of("room") if each.verdict is Verdict.DOWN)
    assert down.since is not None
    assert 4.9 < down.at - down.since < 6.0


async def test_an_answer_while_a_verdict_waits_takes_it_back() -> None:
    world = World(silent_between(20, 26, lambda endpoint: endpoint == "room"))
    slow = thing("slow", timeout=8.0)

    def net(endpoint: str, now: float) -> Says:
        if endpoint == "slow":
            return None if now - START >= 18 else 0.005
        asked = len([1 for at, name in world.source.asked if name == "room" and at - START >= 20])
        return None if now - START >= 20 and asked <= 5 else 0.005

    world.source.net = net
    await world.start(inventory([slow, thing("room", "slow", every=3.0)]))
    await world.run(60)
    assert [verdict for verdict, _ in world.turns("room")] == [Verdict.OK]


async def test_our_own_link_lost_is_one_thing_and_nothing_else_is_down() -> None:
    world = World(silent_between(20, 80))
    things = [thing("ref1"), thing("ref2"), *(thing(f"e{n}") for n in range(60))]
    await world.start(inventory(things, ["ref1", "ref2"]))
    await world.run(140)
    assert [ok for ok, _ in world.uplinks] == [False, True]
    lost, back = (at - START for _, at in world.uplinks)
    assert 20 < lost < 27
    assert 80 < back < 91
    assert not [each for each in world.samples if each.verdict is Verdict.DOWN]
    known = {
        each.subject for each in world.samples if back <= each.at - START <= back + 2.1 and each.answered
    }
    assert len(known) == 62


async def test_an_endpoint_down_before_our_link_was_lost_stays_down() -> None:
    def net(endpoint: str, now: float) -> Says:
        at = now - START
        return None if (endpoint == "e" and at >= 20) or 60 <= at < 100 else 0.005

    world = World(net)
    await world.start(inventory([thing("ref"), thing("e"), thing("f")], ["ref"]))
    await world.run(160)
    assert [verdict for verdict, _ in world.turns("e")] == [Verdict.OK, Verdict.DOWN]
    assert [verdict for verdict, _ in world.turns("f")] == [Verdict.OK]
    assert [verdict for verdict, _ in world.turns("ref")] == [Verdict.OK]


async def test_one_dead_reference_of_two_is_a_dead_endpoint_and_no_more() -> None:
    world = World(silent_between(20, 1e9, lambda endpoint: endpoint == "ref1"))
    await world.start(inventory([thing("ref1"), thing("ref2"), thing("e")], ["ref1", "ref2"]))
    await world.run(60)
    assert world.uplinks == []
    assert {each.subject for each in world.samples if each.verdict is Verdict.DOWN} == {"ref1"}


async def test_no_way_out_of_this_machine_is_our_own_link() -> None:
    def net(endpoint: str, now: float) -> Says:
        return SourceError("Network is unreachable") if 20 <= now - START < 60 else 0.005

    world = World(net)
    await world.start(inventory([thing("ref"), *(thing(f"e{n}") for n in range(20))], ["ref"]))
    await world.run(90)
    assert [ok for ok, _ in world.uplinks] == [False, True]
    assert world.uplinks[0][1] - START < 28
    assert not [each for each in world.samples if each.verdict is Verdict.DOWN]


async def test_a_reload_without_references_ends_the_loss_of_the_link() -> None:
    world = World(silent_between(20, 1e9))
    await world.start(inventory([thing("ref"), thing("e")], ["ref"]))
    await world.run(40)
    world.runner.apply(inventory([thing("ref"), thing("e")]))
    assert [ok for ok, _ in world.uplinks] == [False, True]
    await world.run(20)
    assert world.turns("e")[-1][0] is Verdict.DOWN
