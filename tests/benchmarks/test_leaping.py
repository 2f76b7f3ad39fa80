"""The service in leaping time: it does what it does tick by tick, and fewer than five misses come to nothing."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from benchmarks.kit.leaping import JUST_AFTER, LeapingRunner, Room, Seen
from benchmarks.kit.loss import Loss
from collectors.confirm import MISSES
from collectors.runner import TICK

GOOD = Loss(lost_good=1e-9, lost_bad=1e-9)
"""loses nothing but what it is told to"""
LOST, ANSWERED = 0.0, 0.5
ROOMS = 3
"""with phases of their own"""


async def room(number: int = 0, loss: Loss = GOOD, seed: int = 1) -> tuple[Room, Seen]:
    seen = Seen()
    made = Room(number, loss, Random(seed), seen)
    await made.open()
    return made, seen


@pytest.mark.parametrize("number", range(ROOMS))
@pytest.mark.parametrize("fate", sorted(set(product((LOST, ANSWERED), repeat=MISSES)) - {(LOST,) * MISSES}))
async def test_of_fewer_than_five_misses_nothing_remains(number: int, fate: tuple[float, ...]) -> None:
    made, seen = await room(number)
    before = made.trail
    made.live(bad=False, given=fate)
    assert (seen.downs, seen.pages, seen.at_once) == (0, 0, 0)
    after = made.trail
    assert (after.verdict, after.since, after.settled) == (before.verdict, before.since, True)


@pytest.mark.parametrize("number", range(ROOMS))
async def test_five_misses_are_an_outage_on_the_wall_and_no_page(number: int) -> None:
    made, seen = await room(number)
    made.live(bad=False, given=[LOST] * MISSES)
    assert (seen.downs, seen.pages, seen.at_once) == (1, 0, 1)


@pytest.mark.parametrize("number", range(ROOMS))
@pytest.mark.parametrize("lasts", [1.0, 5.0, 15.0, 25.0, 30.0])
async def test_a_blip_on_a_good_line_pages_nobody(number: int, lasts: float) -> None:
    made, seen = await room(number)
    for begins in (0.1, 3.0, 6.0, 9.9):
        made.live(bad=False, given=[ANSWERED], blip=(begins, begins + lasts))
    assert seen.pages == 0
    assert (seen.downs > 0) == (lasts >= 5.0)


@pytest.mark.parametrize("number", range(ROOMS))
async def test_a_real_outage_is_paged_so_a_false_page_would_be_seen(number: int) -> None:
    made, seen = await room(number)
    made.live(bad=False, blip=(1.0, 121.0))
    assert (seen.downs, seen.pages, seen.at_once) == (1, 1, 1)


async def test_a_silence_between_two_probes_asks_nobody() -> None:
    made, seen = await room()
    before = made.asked
    made.live(bad=False, given=[ANSWERED], blip=(1.0, 9.0))
    assert made.asked - before <= 4, "the room and its uplink, once or twice each"
    assert seen.downs == 0


async def test_leaps_come_to_the_same_as_every_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = Loss(good=20.0, bad=8.0, lost_good=0.02, lost_bad=0.6, blips=2_000.0)

    async def lived() -> tuple[Seen, int]:
        made, seen = await room(1, bad, 3)
        for _ in range(20):
            made.live()
        return seen, made.asked

    leaping = await lived()
    monkeypatch.setattr(
        LeapingRunner, "due", lambda self: (self._ticked // TICK + 1) * TICK + JUST_AFTER, raising=True
    )
    ticking = await lived()
    assert leaping == ticking
    assert leaping[0].downs > 0
