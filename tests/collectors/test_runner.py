"""When and how the runner asks, in simulated time."""

from __future__ import annotations

import itertools

import pytest

from collectors.confirm import MISSES
from collectors.runner import FIRST_SWEEP, TICK
from ioc.errors import ConfigError, NoAnswer, SourceError
from ioc.inventory import Endpoint, Probe
from ioc.model import Attend, Reason, Recheck, Role, Verdict
from tests.collectors.simulation import START, Says, World, inventory, silent_between, thing
from tests.fakes import HandClock


def answers(endpoint: str, now: float) -> Says:
    return 0.005


async def test_everything_is_asked_within_two_seconds_and_then_at_its_own_phase() -> None:
    world = World(answers)
    await world.start(inventory(thing(f"e{n}") for n in range(200)))
    await world.run(FIRST_SWEEP + 0.1)
    assert {name for _, name in world.source.asked} == {f"e{n}" for n in range(200)}
    await world.run(60)
    for n in range(200):
        times = [at for at, name in world.source.asked if name == f"e{n}"]
        gaps = [b - a for a, b in itertools.pairwise(times[1:])]
        assert gaps == pytest.approx([10.0] * len(gaps), abs=2 * TICK)
    per_second = [
        sum(1 for at, _ in world.source.asked if second <= at - START - 20 < second + 1)
        for second in range(30)
    ]
    assert max(per_second) < 45


async def test_an_answer_is_told_with_round_trip_and_no_loss() -> None:
    world = World(answers)
    await world.start(inventory([thing("e")]))
    await world.run(2.1)
    [sample] = world.samples
    assert (sample.verdict, sample.answered, sample.reason) == (Verdict.OK, True, Reason.ANSWERED)
    assert sample.fields == {"rtt": pytest.approx(5.0), "loss": 0.0}


async def test_one_lost_packet_is_told_as_loss_and_changes_nothing() -> None:
    lost = iter([0.005, None])
    world = World(lambda *_: next(lost, 0.005))
    await world.start(inventory([thing("e")]))
    await world.run(40)
    assert [verdict for verdict, _ in world.turns("e")] == [Verdict.OK]
    [missed] = [each for each in world.samples if each.fields.get("loss") == 100.0]
    assert (missed.answered, missed.verdict) == (False, Verdict.OK)
    after = world.samples[world.samples.index(missed) + 1]
    assert (after.answered, dict(after.fields)) == (True, {})
    assert after.at - missed.at < 0.1


async def test_silence_is_down_after_five_misses_since_the_first_was_sent() -> None:
    world = World(silent_between(20, 1e9))
    await world.start(inventory([thing("e")]))
    await world.run(35)
    first = min(at for at, _ in world.source.asked if at - START >= 20)
    down = next(each for each in world.of("e") if each.verdict is Verdict.DOWN)
    assert down.since == pytest.approx(first)
    assert 2.0 <= down.at - first <= 2.0 + 0.75 + 4 * TICK
    assert len([at for at, _ in world.source.asked if first <= at <= down.at]) == MISSES


async def test_five_refusals_are_down_within_a_second() -> None:
    def net(endpoint: str, now: float) -> Says:
        return NoAnswer(Reason.REFUSED, "connection refused") if now - START >= 20 else 0.005

    world = World(net)
    await world.start(inventory([thing("e")]))
    await world.run(35)
    down = next(each for each in world.of("e") if each.verdict is Verdict.DOWN)
    assert (down.reason, down.detail, down.answered) == (Reason.REFUSED, "connection refused", False)
    assert down.since is not None
    assert down.at - down.since < 1.0


async def test_an_answer_that_takes_a_second_and_a_half_is_never_down() -> None:
    world = World(lambda *_: 1.5)
    await world.start(inventory([thing("e")]))
    await world.run(120)
    assert Verdict.DOWN not in [verdict for verdict, _ in world.turns("e")]
    assert world.turns("e")[-1][0] is Verdict.OK
    assert any(each.fields.get("rtt") == pytest.approx(1500) for each in world.samples)
    assert world.telemetry.count("ioc_probe_answers_late", source="simulated") > 10


async def test_recovery_takes_twenty_seconds_though_it_is_asked_once_a_minute() -> None:
    world = World(silent_between(70, 300))
    await world.start(inventory([thing("e", every=60.0)]))
    await world.run(500)
    assert [verdict for verdict, _ in world.turns("e")] == [Verdict.OK, Verdict.DOWN, Verdict.OK]
    first = min(at - START for at, _ in world.source.asked if at - START >= 300)
    assert world.turns("e")[-1][1] - first == pytest.approx(20.0, abs=0.1)


async def test_never_answered_has_no_verdict_until_down() -> None:
    world = World(lambda *_: None)
    await world.start(inventory([thing("e")]))
    await world.run(8)
    assert [verdict for verdict, _ in world.turns("e")] == [None, Verdict.DOWN]


async def test_a_local_fault_never_makes_down_and_is_counted_by_itself() -> None:
    def net(endpoint: str, now: float) -> Says:
        return 0.005 if endpoint == "well" else SourceError("no descriptor")

    world = World(net)
    await world.start(inventory([thing("e"), thing("well")]))
    await world.run(100)
    assert world.of("e") == []
    assert world.turns("well")[-1][0] is Verdict.OK
    assert world.telemetry.count("ioc_probe_errors", source="simulated", kind="local") >= 10
    assert world.runner.faults["simulated"][1] == "no descriptor"


async def test_a_bug_of_a_source_costs_only_its_own_probe() -> None:
    def net(endpoint: str, now: float) -> Says:
        return 0.005 if endpoint == "well" else ZeroDivisionError("oops")

    world = World(net)
    await world.start(inventory([thing("e"), thing("well")]))
    await world.run(30)
    assert world.turns("well")[-1][0] is Verdict.OK
    assert world.telemetry.count("ioc_probe_errors", source="simulated", kind="unforeseen") >= 3
    assert world.runner.faults["simulated"][1] == "ZeroDivisionError: oops"


async def test_a_taker_that_fails_does_not_stop_the_probes() -> None:
    world = World(answers)

    def fails(_: object) -> None:
        raise OSError("full")

    world.runner._emit = fails
    await world.start(inventory([thing("e")]))
    await world.run(30)
    assert world.telemetry.count("ioc_samples_not_taken") >= 3


async def test_no_more_are_under_way_than_allowed_and_the_rest_comes_later() -> None:
    world = World(lambda *_: 0.1, max_in_flight=5)
    await world.start(inventory(thing(f"e{n}") for n in range(60)))
    most = 0
    for _ in range(200):
        await world.run(TICK)
        most = max(most, len(world.runner._flights))
    assert most == 5
    assert {each.subject for each in world.samples} == {f"e{n}" for n in range(60)}
    assert world.telemetry.count("ioc_probe_errors", source="simulated", kind="too_many") > 0


async def test_what_is_late_only_because_the_loop_was_busy_is_no_miss() -> None:
    world = World(lambda *_: 0.5)
    await world.start(inventory([thing("e")]))
    await world.run(2.1)
    while len(world.runner._flights) == 0:
        await world.run(TICK)
    world.clock.at += 4.0  # the loop stood still; the answer is in the socket
    world.runner.tick(world.clock.at)
    world.source.deliver(world.clock.at)
    await world.run(5)
    assert world.telemetry.count("ioc_probe_misses", source="simulated") == 0


async def test_attended_it_is_asked_every_two_seconds_until_then() -> None:
    world = World(answers)
    await world.start(inventory([thing("e")]))
    await world.run(20)
    begin = world.clock.at
    world.runner.order(Attend("e", 2.0, begin + 30))
    await world.run(60)
    times = [at - begin for at, _ in world.source.asked if at > begin]
    assert len([at for at in times if at <= 30]) in (14, 15, 16)
    assert len([at for at in times if at > 31]) <= 4


async def test_attention_ends_when_told() -> None:
    world = World(answers)
    await world.start(inventory([thing("e")]))
    world.runner.order(Attend("e", 1.0, world.clock.at + 1000))
    await world.run(10)
    world.runner.order(Attend("e", 0.0, 0.0))
    asked = len(world.source.asked)
    await world.run(50)
    assert len(world.source.asked) - asked <= 6


@pytest.mark.parametrize(("net", "answered"), [(answers, True), (lambda *_: None, False)])
async def test_a_recheck_is_told_in_time(net: object, answered: bool) -> None:
    world = World(net)  # type: ignore[arg-type]
    await world.start(inventory([thing("e", every=60.0, timeout=3.0)]))
    await world.run(20)
    world.samples.clear()
    by = world.clock.at + 1.0
    world.runner.order(Recheck("e", by))
    await world.run(1.0)
    [sample] = world.samples
    assert sample.at <= by
    assert sample.answered is answered
    assert dict(sample.fields) == {}


async def test_an_order_for_somebody_unknown_is_passed_over() -> None:
    world = World(answers)
    await world.start(inventory([thing("e")]))
    world.runner.order(Recheck("nobody", world.clock.at + 1))
    await world.run(3)
    assert {each.subject for each in world.samples} == {"e"}


async def test_a_reload_keeps_what_is_known_where_the_question_is_the_same() -> None:
    world = World(silent_between(10, 1e9))
    await world.start(inventory([thing("e"), thing("gone"), thing("moved")]))
    await world.run(30)
    assert world.turns("e")[-1][0] is Verdict.DOWN
    moved = Endpoint("moved", "moved", "room", "vc", "u", "elsewhere", thing("moved").probes)
    world.runner.apply(inventory([thing("e", every=5.0), moved, thing("new")]))
    world.samples.clear()
    await world.run(1.9)
    assert not world.of("gone")
    await world.run(10)
    assert {each.verdict for each in world.of("e")} == {Verdict.DOWN}
    assert world.of("moved")[0].verdict is None
    assert not world.of("gone")
    assert world.of("new")


async def test_a_reload_with_an_unknown_source_is_refused_and_changes_nothing() -> None:
    world = World(answers)
    await world.start(inventory([thing("e")]))
    bad = Endpoint("x", "x", "room", "vc", "u", "a", (Probe("smoke", 10, 1, None),))
    with pytest.raises(ConfigError, match="no source 'smoke'"):
        world.runner.apply(inventory([bad]))
    await world.run(30)
    assert {each.subject for each in world.samples} == {"e"}


@pytest.mark.parametrize("early", [True, False])
async def test_a_restored_verdict_goes_on(early: bool) -> None:
    world = World(lambda *_: None)
    known = {("e", "simulated"): (Verdict.DOWN, 123.0)}
    if early:
        world.runner.restore(known)
    await world.start(inventory([thing("e")]))
    if not early:
        world.runner.restore(known)
    await world.run(4)
    assert {(each.verdict, each.since) for each in world.samples} == {(Verdict.DOWN, 123.0)}


async def test_forgotten_it_is_decided_afresh() -> None:
    world = World(silent_between(10, 40))
    await world.start(inventory([thing("e")]))
    await world.run(39)
    assert world.turns("e")[-1][0] is Verdict.DOWN
    world.runner.forget("e")
    await world.run(13)
    assert world.turns("e")[-1][0] is Verdict.OK


async def test_a_failing_service_is_asked_less_often_but_before_it_is_stale() -> None:
    world = World(lambda *_: NoAnswer(Reason.REFUSED), role=Role.SERVICE)
    await world.start(inventory([thing("e")]))
    await world.run(300)
    times = [each.at for each in world.samples if "loss" in each.fields]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert gaps[-1] == pytest.approx(25.0, abs=0.1)
    assert max(gaps) < 30


async def test_stopping_leaves_nothing_under_way() -> None:
    world = World(lambda *_: None)
    await world.start(inventory(thing(f"e{n}") for n in range(20)))
    await world.run(3)
    assert world.runner._flights
    await world.runner.stop()
    assert not world.runner._flights


async def test_the_real_loop_turns_the_wheel() -> None:
    import asyncio

    world = World(answers)
    world.runner._clock = clock = HandClock(START)
    told = asyncio.Event()
    world.runner._emit = lambda _: told.set()
    world.source.net = lambda *_: Verdict.OK
    await world.runner.start(inventory([thing("e")]))
    clock.at += 3.0
    await asyncio.wait_for(told.wait(), 5)
    await world.runner.stop()


async def test_a_thing_that_answered_once_and_is_silent_again_is_told_before_its_next_turn() -> None:
    """A page waits while it answers: seldom probed, it would wait for a minute."""

    def net(endpoint: str, now: float) -> Says:
        return 0.005 if now - START < 100 or 200 <= now - START < 240 else None

    world = World(net)
    await world.start(inventory([thing("a", every=60.0)]))
    await world.run(400)
    down = [each for each in world.of("a") if each.verdict is Verdict.DOWN]
    back = next(each.at for each in down if each.answered)
    silent = next(each.at for each in down if each.at > back and not each.answered)
    assert silent - back < 25
    await world.runner.stop()
