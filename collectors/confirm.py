"""From single answers to a verdict: what one source holds to be so of one endpoint, after confirmation.

Three questions, one at a time:

- *Is it silent?* The first miss opens a burst: four more probes, the first at once, the others a gap apart,
  overlapped. An answer to any probe of the burst closes it, however late it comes; five misses make it DOWN
  since the first of them was sent.
- *Is it back?* From DOWN it takes three answers, the first and the last sent twenty seconds apart. A miss on the
  way opens a burst as any other does: five misses start over, a lost packet does not.
- *Is it well?* Between OK and DEGRADED two answers in a row decide; the second is asked for after one gap, so
  that neither a single odd status nor a single good one among bad ones moves the wall.

Pure: the caller says what time it is and how far apart the probes shall be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ioc.model import Reason, Verdict

MISSES = 5
"""misses in a row that make it down"""
SUCCESSES = 3
"""answers that make it up again,"""
RECOVERY = 20.0
"""the first and the last of which were sent at least so many seconds apart"""
GAPS = (0.25, 0.25, 0.25)
"""seconds between the four further probes of a burst"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one probe, sent at the steady time `sent`: the answer's verdict, None when missed."""

    sent: float
    verdict: Verdict | None
    reason: Reason = Reason.NO_ANSWER
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Burst:
    """A doubt: probes missed since the first one, and when the last one asked for shall be sent."""

    since: float
    missed: frozenset[int]
    until: float


@dataclass(frozen=True, slots=True)
class Streak:
    """Answers in a row that contradict the verdict."""

    verdict: Verdict
    since: float
    count: int = 1
    last: int = -1


@dataclass(frozen=True, slots=True)
class Trail:
    """All that is remembered of the answers of one endpoint to one source.

    `verdict` is None until the first is confirmed; `since` is when what it says began. Misses of probes sent
    up to `heard`, when an answer closed the last burst, say nothing.
    """

    verdict: Verdict | None = None
    since: float = 0.0
    reason: Reason = Reason.NOT_YET_PROBED
    detail: str = ""
    burst: Burst | None = None
    streak: Streak | None = None
    heard: float = float("-inf")

    @property
    def settled(self) -> bool:
        """Whether no further probe is wanted to decide something."""
        return self.burst is None and self.streak is None


Judgement = tuple[Trail, Verdict | None, tuple[float, ...]]


def judge(trail: Trail, token: int, answer: Answer, now: float, gaps: Sequence[float] = GAPS) -> Judgement:
    """The trail after one more answer or miss, the verdict that it confirms, and when to probe again.

    `token` tells the probes apart; the same token may be missed first and answered late. `gaps` are the
    seconds between the further probes of a burst, `MISSES - 2` of them.
    """
    verdict = answer.verdict
    if verdict is None or verdict is Verdict.DOWN:
        return _missed(trail, token, answer, now, gaps)
    if trail.burst is not None:
        if answer.sent < trail.burst.since:
            return trail, None, ()
        trail = replace(trail, burst=None, heard=now)
    if trail.verdict is Verdict.DOWN:
        return _returning(trail, token, answer, verdict)
    return _quality(trail, token, answer, verdict, now, gaps)


def _missed(trail: Trail, token: int, answer: Answer, now: float, gaps: Sequence[float]) -> Judgement:
    if trail.verdict is Verdict.DOWN and (trail.streak is None or answer.sent < trail.streak.since):
        return _still_down(trail, answer), None, ()
    burst = trail.burst
    if burst is None:
        if answer.sent <= trail.heard:
            return trail, None, ()
        times = _times(now, MISSES - 1, gaps)
        return replace(trail, burst=Burst(answer.sent, frozenset((token,)), times[-1])), None, times
    missed = burst.missed | {token}
    since = min(burst.since, answer.sent)
    if len(missed) >= MISSES:
        if trail.verdict is Verdict.DOWN:
            return _still_down(replace(trail, burst=None, streak=None), answer), None, ()
        down = Trail(Verdict.DOWN, since, answer.reason, answer.detail)
        return down, Verdict.DOWN, ()
    times = ()
    if answer.sent > burst.until:  # some of the probes asked for could not be sent: ask for those again
        times = _times(now, MISSES - len(missed), gaps)
    until = times[-1] if times else burst.until
    return replace(trail, burst=Burst(since, missed, until)), None, times


def _still_down(trail: Trail, answer: Answer) -> Trail:
    if trail.streak is not None:
        return trail  # sent before it came back
    if (trail.reason, trail.detail) == (answer.reason, answer.detail):
        return trail
    return replace(trail, reason=answer.reason, detail=answer.detail)


def _returning(trail: Trail, token: int, answer: Answer, verdict: Verdict) -> Judgement:
    streak = trail.streak
    if streak is None:
        begun = Streak(verdict, answer.sent, 1, token)
        return replace(trail, streak=begun), None, (answer.sent + RECOVERY / 2, answer.sent + RECOVERY)
    if token == streak.last:
        return trail, None, ()
    since, count = min(streak.since, answer.sent), streak.count + 1
    if count >= SUCCESSES and answer.sent - since >= RECOVERY:
        return _confirmed(answer, since), verdict, ()
    return replace(trail, streak=Streak(verdict, since, count, token)), None, ()


def _quality(
    trail: Trail, token: int, answer: Answer, verdict: Verdict, now: float, gaps: Sequence[float]
) -> Judgement:
    if verdict is trail.verdict:
        if trail.streak is None and (verdict is Verdict.OK or trail.detail == answer.detail):
            return trail, None, ()
        return replace(trail, streak=None, reason=answer.reason, detail=answer.detail), None, ()
    if trail.verdict is None and verdict is Verdict.OK:
        return _confirmed(answer, answer.sent), verdict, ()
    streak = trail.streak
    if streak is None or streak.verdict is not verdict:
        return replace(trail, streak=Streak(verdict, answer.sent, 1, token)), None, (now + gaps[0],)
    if token == streak.last:
        return trail, None, ()
    return _confirmed(answer, min(streak.since, answer.sent)), verdict, ()


def _confirmed(answer: Answer, since: float) -> Trail:
    return Trail(answer.verdict, since, answer.reason, answer.detail)


def _times(now: float, count: int, gaps: Sequence[float]) -> tuple[float, ...]:
    times = [now]
    for gap in gaps[: count - 1]:
        times.append(times[-1] + gap)
    return tuple(times)
