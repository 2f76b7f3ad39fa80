"""How a line loses probes: at random, in bursts (Gilbert-Elliott in continuous time), and in blips of whole silence.

A line is good or bad, for exponentially distributed times; of the probes sent in either state so many are lost. A
blip loses everything. Each line's loss is its own. Pure: time and randomness are given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, inf
from random import Random

SHORTEST_BLIP, LONGEST_BLIP = 1.0, 30.0
"""seconds; uniformly distributed between them"""
WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Loss:
    """What a line is like: seconds that it stays good and bad on average, and the share of probes lost in each.

    No less is lost while it is bad. `blips` is how many a week begin.
    """

    good: float = 1.0
    bad: float = 1.0
    lost_good: float = 0.0
    lost_bad: float = 0.0
    blips: float = 0.0

    @property
    def share_bad(self) -> float:
        """The share of time in which it is bad."""
        return self.bad / (self.good + self.bad)

    @property
    def lost(self) -> float:
        """The share of probes lost outside blips."""
        return self.share_bad * self.lost_bad + (1 - self.share_bad) * self.lost_good

    def both(self, other: Loss) -> Loss:
        """A line with these bursts and blips and, beside them, another's random loss."""
        return Loss(
            self.good,
            self.bad,
            1 - (1 - self.lost_good) * (1 - other.lost),
            1 - (1 - self.lost_bad) * (1 - other.lost),
            self.blips,
        )

    def bad_given_lost(self) -> float:
        """How probable it is that the line is bad when a probe was lost."""
        return self.share_bad * self.lost_bad / self.lost if self.lost else 0.0

    def bad_after(self, bad: bool, seconds: float) -> float:
        """How probable it is that it is bad so long after, or before, it is in a state: the chain is reversible."""
        left = exp(-seconds * (1 / self.good + 1 / self.bad))
        return self.share_bad + (float(bad) - self.share_bad) * left


class Line:
    """One line as time goes on; asked for moments that never go back."""

    def __init__(self, loss: Loss, rng: Random) -> None:
        self._loss = loss
        self._rng = rng
        self._given: list[float] = []
        self._bad = False
        self._at = 0.0
        self._turns: float | None = None
        self._silent, self._heals = inf, inf
        self.begin(0.0)

    def begin(
        self,
        at: float,
        bad: bool | None = None,
        given: Iterable[float] = (),
        blip: tuple[float, float] | None = None,
        stays: float | None = None,
    ) -> None:
        """Go on from a moment: in that state (or any), with a blip from when to when (or one at some time).

        `given` are the numbers by which the fate of the next probes is decided, instead of drawn ones; `stays` is
        for how many seconds it stays in its state before it is in the other, if that was drawn.
        """
        self._given = list(given)[::-1]
        self._bad = self._rng.random() < self._loss.share_bad if bad is None else bad
        self._at = at
        self._turns = None if stays is None else at + stays
        if blip is None:
            self._await_blip(at)
        else:
            self._silent, self._heals = blip

    def lost(self, at: float) -> bool:
        """Whether a probe sent at a moment is lost."""
        number = self._given.pop() if self._given else self._rng.random()
        while self._heals <= at:
            self._await_blip(self._heals)
        if self._loss.lost_good != self._loss.lost_bad:
            self._turn(at)
        share = self._loss.lost_bad if self._bad else self._loss.lost_good
        return at >= self._silent or number < share

    def _turn(self, at: float) -> None:
        """Be in the state of a moment."""
        if self._turns is not None:
            if at < self._turns:
                return
            self._bad, self._at, self._turns = not self._bad, self._turns, None
        self._bad = self._rng.random() < self._loss.bad_after(self._bad, at - self._at)
        self._at = at

    def _await_blip(self, at: float) -> None:
        if self._loss.blips:
            self._silent = at + self._rng.expovariate(self._loss.blips / WEEK)
            self._heals = self._silent + self._rng.uniform(SHORTEST_BLIP, LONGEST_BLIP)
        else:
            self._silent = self._heals = inf
