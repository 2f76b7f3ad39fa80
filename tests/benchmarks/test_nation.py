"""Lines that lose, what is drawn of a year, and what rules that count misses make of it."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.false_pages import BURSTY, CONGESTED, INDEPENDENT, TOGETHER
from benchmarks.kit.loss import LONGEST_BLIP, SHORTEST_BLIP, WEEK, Line, Loss
from benchmarks.kit.nation import ENDPOINTS, blips, counting, hits, live

DAY = 86_400.0


def share_lost(loss: Loss, apart: float, seed: int = 5, probes: int = 60_000) -> float:
    line = Line(loss, Random(seed))
    line.begin(0.0)
    return sum(line.lost(number * apart) for number in range(probes)) / probes


@pytest.mark.parametrize("apart", [0.1, 10.0])
@pytest.mark.parametrize("loss", [INDEPENDENT, CONGESTED], ids=["independent", "congested"])
def test_a_line_loses_its_share_however_often_it_is_asked(loss: Loss, apart: float) -> None:
    assert share_lost(loss, apart) == pytest.approx(loss.lost, rel=0.1)


def test_two_losses_are_independent_of_each_other() -> None:
    assert TOGETHER.lost == pytest.approx(1 - (1 - BURSTY.lost) * (1 - INDEPENDENT.lost))
    assert TOGETHER.share_bad == BURSTY.share_bad


def test_a_bad_state_lasts_and_is_left() -> None:
    loss = Loss(good=30.0, bad=10.0, lost_bad=1.0)
    rng = Random(7)
    line = Line(loss, rng)
    for bad in (True, False):
        for after in (0.0, 5.0, 1_000.0):
            found = 0
            for _ in range(4_000):
                line.begin(0.0, bad=bad)
                found += line.lost(after)
            assert found / 4_000 == pytest.approx(loss.bad_after(bad, after), abs=0.03)


def test_a_given_number_decides_one_probe() -> None:
    line = Line(INDEPENDENT, Random(1))
    line.begin(0.0, bad=False, given=[0.0, 0.5, 0.0])
    assert [line.lost(at) for at in (1.0, 2.0, 3.0)] == [True, False, True]


def test_a_blip_loses_everything_from_its_beginning_until_before_its_end() -> None:
    line = Line(Loss(), Random(1))
    line.begin(0.0, blip=(10.0, 12.0))
    assert [line.lost(at) for at in (9.9, 10.0, 11.9, 12.0, 1e6)] == [False, True, True, False, False]


def test_blips_come_as_often_as_is_said_and_last_as_long() -> None:
    found = list(blips(Loss(blips=1.0), DAY, Random(2)))
    assert len(found) == pytest.approx(ENDPOINTS / 7, rel=0.05)
    lengths = [ends - begins for begins, ends in found]
    assert SHORTEST_BLIP <= min(lengths) <= max(lengths) <= LONGEST_BLIP
    assert sum(lengths) / len(lengths) == pytest.approx(15.5, rel=0.05)
    assert not list(blips(Loss(), DAY, Random(2)))


@pytest.mark.parametrize(("chance", "tries"), [(0.5, 10_000), (1e-4, 1e8), (1e-10, 1.2e11)])
def test_what_is_skipped_leaves_as_many_as_one_by_one_would(chance: float, tries: float) -> None:
    counts = [sum(1 for _ in hits(chance, tries, Random(seed))) for seed in range(20)]
    wanted = chance * tries
    assert sum(counts) / len(counts) == pytest.approx(wanted, abs=4 * (wanted / len(counts)) ** 0.5)


def test_what_has_no_chance_never_comes() -> None:
    assert not list(hits(0.0, 1e12, Random(1)))


def test_three_misses_in_a_row_page_hundreds_of_times_a_day_from_independent_loss_alone() -> None:
    wanted = 0.99 * 0.01**3 * ENDPOINTS * DAY / 10
    assert counting(INDEPENDENT, 3, 20_000, Random(1)) / 7 == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize(("in_a_row", "share"), [(1, (4.95 + 20) / 29), (3, 5 / 29)])
def test_a_rule_that_counts_pages_about_its_share_of_blips(in_a_row: int, share: float) -> None:
    found = counting(Loss(blips=1.0), in_a_row, 20_000, Random(1))
    assert found == pytest.approx(ENDPOINTS * share, rel=0.03)


def test_one_by_one_bursts_make_as_many_runs_as_are_drawn() -> None:
    loss = Loss(good=40.0, bad=20.0, lost_good=0.02, lost_bad=0.5)
    line, rng = Line(loss, Random(3)), Random(4)
    line.begin(0.0)
    probes, runs, run = 200_000, 0, 0
    for number in range(probes):
        run = run + 1 if line.lost(number * 10.0) else 0
        runs += run == 3
    a_week = runs / probes * ENDPOINTS * WEEK / 10
    assert counting(loss, 3, 20_000, rng) == pytest.approx(a_week, rel=0.06)


async def test_a_span_of_the_nation_counts_what_it_held() -> None:
    lived = await live(TOGETHER, DAY / 4, 2, Random(6))
    assert 240 < lived.blips < 390
    assert 0.7 < lived.asked_into / lived.blips < 1
    assert lived.seen.downs >= lived.seen.pages
    assert lived.seen.at_once >= lived.asked_into / 4
