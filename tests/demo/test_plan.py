"""A plan is what its seed says, has enough of everything, and leaves the ground truth in no doubt."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, islice

import pytest

from ioc.demo.faults import Disturbance, Fault
from ioc.demo.plan import EARLY, LATE, Plan, whole_run
from ioc.demo.province import ALWAYS, HOURS, LINK, Ports, Province, build
from ioc.demo.quiet import BEGIN, MAINTAINED_LINE, MAINTAINED_SITE, SILENCED_ROOM
from ioc.demo.rhythm import CHAPTER, FIRST_CALM, REMEMBERED, chapters

SEEDS = range(12)
PROVINCE = build(1, Ports())
CALM_PROVINCE = build(1, Ports(), 0)


def run_of(seed: int, span: float = 180.0, off_at: float | None = 45.0) -> Plan:
    return whole_run(seed, PROVINCE, span, off_at)


def meet(province: Province, one: Fault | Disturbance, other: Fault | Disturbance) -> bool:
    """Whether one of them stands in front of the other, or is the same thing."""
    return one.target in province.chain(other.target) or other.target in province.chain(one.target)


def test_the_same_seed_gives_the_same_plan() -> None:
    assert run_of(3) == run_of(3)
    assert run_of(3) != run_of(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_three_minutes_hold_a_whole_judgement(seed: int) -> None:
    plan = run_of(seed)
    assert plan.lacking() == []
    assert len(plan.faults) >= 30
    assert len({each.kind.name for each in plan.faults}) >= 5
    apart_from_hours = [each for each in plan.disturbances if each.kind.name != "off_hours"]
    assert len(apart_from_hours) >= 200


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("span", [58.0, 60.0, 90.0, 180.0, 240.0, 600.0])
def test_every_fault_can_be_paged_before_it_and_the_run_are_over(seed: int, span: float) -> None:
    plan = run_of(seed, span)
    cut = next((each.start for each in plan.faults if each.kind.name == "own_link"), span)
    for fault in plan.faults:
        due = fault.start + fault.kind.detect
        assert due < fault.end
        assert due <= (span if fault.target == LINK else cut)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_faults_meet(seed: int) -> None:
    faults = [each for each in run_of(seed).faults if each.target != LINK]
    for one, other in combinations(faults, 2):
        assert not meet(PROVINCE, one, other), (one, other)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_disturbed_where_a_fault_is_and_nothing_twice(seed: int) -> None:
    plan = run_of(seed)
    for disturbance in plan.disturbances:
        if disturbance.kind.name == "off_hours":
            continue
        for fault in plan.faults:
            assert fault.target == LINK or not meet(PROVINCE, fault, disturbance), (fault, disturbance)
    lasting: dict[str, float] = {}
    for each in plan.disturbances:
        assert each.start >= lasting.get(each.target, 0.0), each
        lasting[each.target] = each.end


@pytest.mark.parametrize("seed", SEEDS)
def test_disturbances_are_over_before_our_own_link_is_cut(seed: int) -> None:
    plan = run_of(seed)
    cut = next(each.start for each in plan.faults if each.kind.name == "own_link")
    lasting = ("off_hours", "maintained", "silenced")
    ends = [each.end for each in plan.disturbances if each.kind.name not in lasting]
    assert max(ends) < cut


@pytest.mark.parametrize("seed", SEEDS)
def test_five_hundred_rooms_go_off_about_the_end_of_their_hours(seed: int) -> None:
    off = [each for each in run_of(seed, off_at=45.0).disturbances if each.kind.name == "off_hours"]
    assert len(off) == 500
    assert all(45 - EARLY <= each.start <= 45 + LATE for each in off)
    assert any(each.start < 45 for each in off)
    assert all(PROVINCE.things[each.target].expected == HOURS for each in off)


@pytest.mark.parametrize("seed", SEEDS)
def test_faults_of_one_thing_are_of_things_that_are_always_expected(seed: int) -> None:
    targets = [each.target for each in run_of(seed).faults if each.target != LINK]
    assert all(PROVINCE.things[each].expected == ALWAYS for each in targets)


def test_what_is_for_zero_is_never_disturbed() -> None:
    disturbed = {PROVINCE.things[each.target].kind for seed in SEEDS for each in run_of(seed).disturbances}
    assert disturbed == {"room", "uplink"}


def test_a_short_run_says_what_it_lacks() -> None:
    plan = run_of(1, 60.0)
    kinds = {each.kind.name for each in plan.faults}
    assert kinds == {"district_cut", "site_cut", "room_silent", "room_refused", "mcu_silent"}
    assert plan.lacking() == ["28 instead of 30 faults", "no bad_code, server_sick, own_link"]
    nothing = run_of(1, 20.0)
    assert nothing.faults == ()
    assert [each.kind.name for each in nothing.disturbances] == ["maintained", "silenced"]
    assert nothing.lacking()[0] == "0 instead of 30 faults"


def test_a_longer_run_leaves_time_to_resolve() -> None:
    plan = run_of(1, 400.0)
    assert max(each.end for each in plan.faults) <= 400 - 45


def test_chapters_give_a_gentle_rhythm() -> None:
    plans = list(islice(chapters(1, CALM_PROVINCE), 12))
    assert plans == list(islice(chapters(1, CALM_PROVINCE), 12))
    for plan in plans:
        assert 4 <= len(plan.faults) <= 8
        assert all(FIRST_CALM <= each.start < each.end <= CHAPTER - 25 for each in plan.faults)
    kinds = Counter(each.kind.name for plan in plans for each in plan.faults)
    assert kinds["own_link"] == 2
    assert kinds["district_cut"] == 4
    assert min(each.start for each in plans[0].faults) <= FIRST_CALM + 5


def test_chapters_leave_alone_what_had_a_fault_lately() -> None:
    plans = list(islice(chapters(1, CALM_PROVINCE), 10))
    for first, plan in enumerate(plans):
        for later in plans[first + 1 : first + REMEMBERED]:
            for one in plan.faults:
                for other in later.faults:
                    assert one.target == LINK or other.target == LINK or one.target != other.target


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_quiet_is_broken_all_along_and_nothing_else_happens_there(seed: int) -> None:
    plan = run_of(seed)
    quiet = {
        each.kind.name: each for each in plan.disturbances if each.kind.name in ("maintained", "silenced")
    }
    assert (quiet["maintained"].target, quiet["silenced"].target) == (MAINTAINED_LINE, SILENCED_ROOM)
    assert PROVINCE.things[MAINTAINED_LINE].site == MAINTAINED_SITE
    assert PROVINCE.things[SILENCED_ROOM].expected == ALWAYS
    others: list[Fault | Disturbance] = [
        *(each for each in plan.faults if each.target != LINK),
        *(each for each in plan.disturbances if each.kind.name != "off_hours" and each not in quiet.values()),
    ]
    for each in quiet.values():
        assert (each.start, each.end) == (BEGIN, plan.span)
        assert not any(meet(PROVINCE, each, other) for other in others)


def test_chapters_break_what_is_quiet_once_and_leave_it_alone_then() -> None:
    first, *rest = islice(chapters(1, CALM_PROVINCE), 12)
    kept = {MAINTAINED_LINE, SILENCED_ROOM}
    assert {each.target for each in first.disturbances} >= kept
    for plan in rest:
        happening: list[Fault | Disturbance] = [*plan.faults, *plan.disturbances]
        for each in happening:
            assert each.target == LINK or not kept & {each.target, *CALM_PROVINCE.behind(each.target)}


def test_the_first_chapter_shows_at_once_what_pages_at_once() -> None:
    first = next(chapters(1, CALM_PROVINCE)).faults[0]
    assert first.kind.name == "mcu_silent"
    assert first.start + first.kind.detect <= 30
