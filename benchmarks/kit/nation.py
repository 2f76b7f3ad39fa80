"""A nation's year of loss: what ours pages about it, and what rules that only count misses do.

A year is 1.2e11 scheduled probes. Of ours only those stretches are lived through that may come to something: a
scheduled probe that is lost and the four further ones that it is followed by, and every blip that a probe falls
into. All else is answered, or a doubt that an answer closes (`tests/benchmarks/test_leaping.py` shows that
nothing remains of fewer misses). Each stretch is drawn with its own probability: nothing is weighted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import log, log1p
from random import Random
from typing import NamedTuple

from benchmarks.kit.leaping import EVERY, TIMEOUT, Room, Seen
from benchmarks.kit.loss import LONGEST_BLIP, SHORTEST_BLIP, WEEK, Line, Loss
from collectors.confirm import MISSES
from collectors.findings import WIDEST
from collectors.runner import PAUSE, TICK

ENDPOINTS = 37_800
BURST = TIMEOUT + PAUSE + (MISSES - 2) * WIDEST + MISSES * TICK
"""seconds from a scheduled probe until the last of a burst is sent, at most: each may wait for its tick"""
MOST = 200_000
"""stretches from which a rule that only counts misses is judged: it pages so often that these tell its rate"""


class Doubt(NamedTuple):
    """A lost scheduled probe after which four more may be lost: as `Room.live` takes it."""

    bad: bool
    given: tuple[float, ...]
    blip: None
    stays: float


@dataclass(slots=True)
class Lived:
    """What one span of the nation held: doubts that five misses may confirm, blips, those that a probe fell into."""

    seen: Seen = field(default_factory=Seen)
    doubts: int = 0
    blips: int = 0
    asked_into: int = 0

    def add(self, other: Lived) -> None:
        """Count another span's too."""
        self.seen.add(other.seen)
        self.doubts += other.doubts
        self.blips += other.blips
        self.asked_into += other.asked_into


async def live(loss: Loss, seconds: float, rooms: int, rng: Random) -> Lived:
    """Live through so many seconds of every endpoint of the nation, spread over so many rooms."""
    lived = Lived()
    where = [Room(number, loss, rng, lived.seen) for number in range(rooms)]
    for room in where:
        await room.open()
    for doubt in doubts(loss, seconds, rng):
        lived.doubts += 1
        rng.choice(where).live(*doubt)
    for begins, ends in blips(loss, seconds, rng):
        lived.blips += 1
        bad, number = rng.random() < loss.share_bad, rng.random()
        if _lost(loss, bad, number) or begins <= TICK or ends >= EVERY:
            lived.asked_into += 1
            rng.choice(where).live(bad, [number], (begins, ends))
    return lived


def doubts(loss: Loss, seconds: float, rng: Random) -> Iterator[Doubt]:
    """The nation's scheduled probes that are lost and may be followed by four more that are.

    Of each further probe the number that decides its fate is drawn, and only those below the share lost in the bad
    state matter. On a line that stays good throughout the burst, all must be below the share lost in the good one.
    """
    chance = loss.lost * loss.lost_bad ** (MISSES - 1)
    for _ in hits(chance, ENDPOINTS * seconds / EVERY, rng):
        bad = rng.random() < loss.bad_given_lost()
        further = [rng.random() * loss.lost_bad for _ in range(MISSES - 1)]
        stays = rng.expovariate(1 / (loss.bad if bad else loss.good))
        if bad or stays <= BURST or max(further) < loss.lost_good:
            yield Doubt(bad, (0.0, *further), None, stays)


def hits(chance: float, tries: float, rng: Random) -> Iterator[int]:
    """Which of so many independent tries come off, each with the same chance."""
    at = 0
    while chance > 0:
        at += int(log(1.0 - rng.random()) / log1p(-chance)) + 1
        if at > tries:
            return
        yield at


def blips(loss: Loss, seconds: float, rng: Random) -> Iterator[tuple[float, float]]:
    """The nation's blips: from when to when, counted from the scheduled probe before each began."""
    rate = ENDPOINTS * loss.blips / WEEK
    at = rng.expovariate(rate) if rate else seconds
    while at < seconds:
        begins = rng.random() * EVERY
        yield begins, begins + rng.uniform(SHORTEST_BLIP, LONGEST_BLIP)
        at += rng.expovariate(rate)


def counting(loss: Loss, in_a_row: int, most: int, rng: Random) -> float:
    """Pages a week, over the nation, of a rule that pages after so many scheduled probes missed in a row."""
    by_loss = loss.lost * loss.lost_bad ** (in_a_row - 1) * ENDPOINTS * WEEK / EVERY
    share = sum(_begins_a_run(loss, in_a_row, rng) for _ in range(most)) / most if by_loss else 0.0
    return by_loss * share + ENDPOINTS * loss.blips * _share_of_blips(loss, in_a_row, most, rng)


def _begins_a_run(loss: Loss, in_a_row: int, rng: Random) -> bool:
    """Whether a lost probe, with the numbers of those after it below what is lost at worst, is the first of a run."""
    bad = rng.random() < loss.bad_given_lost()
    if _lost(loss, rng.random() < loss.bad_after(bad, EVERY), rng.random()):
        return False
    for _ in range(in_a_row - 1):
        bad = rng.random() < loss.bad_after(bad, EVERY)
        if not _lost(loss, bad, rng.random() * loss.lost_bad):
            return False
    return True


def _lost(loss: Loss, bad: bool, number: float) -> bool:
    return number < (loss.lost_bad if bad else loss.lost_good)


def _share_of_blips(loss: Loss, in_a_row: int, most: int, rng: Random) -> float:
    """The share of blips that take part in a run of so many misses."""
    if not loss.blips:
        return 0.0
    line = Line(loss, rng)
    return sum(_pages_in_blip(line, in_a_row, rng) for _ in range(most)) / most


def _pages_in_blip(line: Line, in_a_row: int, rng: Random) -> bool:
    begins = rng.random() * EVERY
    ends = begins + rng.uniform(SHORTEST_BLIP, LONGEST_BLIP)
    line.begin(-in_a_row * EVERY, blip=(begins, ends))
    run, touched = 0, False
    for number in range(-in_a_row, in_a_row + 4):
        at = number * EVERY
        run = run + 1 if line.lost(at) else 0
        touched = run > 0 and (touched or begins <= at < ends)
        if touched and run >= in_a_row:
            return True
    return False
