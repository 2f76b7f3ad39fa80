"""From counters read twice to a rate: right, or absent with the reason, never absurd. Pure.

A counter wraps at its width, and begins anew when its device or agent does. The two look alike in the counter itself,
so they are told apart by everything else there is: the agent's uptime, engine and boots, the interface's own time of
discontinuity, and what can have gone through it at most. What cannot be told apart has no rate.

Sources: RFC 2578, section 7.1.6 and 7.1.10; RFC 2863, section 3.1.5 and 3.1.6; RFC 3414, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

TICKS = 100.0
"""ticks of uptime a second"""
SLACK = 3.0
"""seconds that an agent's uptime may differ from our time,"""
DRIFT = 0.02
"""and the part of the time between two readings by which it may"""
SOONEST = 1.0
"""seconds between two readings: of less, the error is greater than the rate"""
MARGIN = 1.25
"""how much more than its speed may be counted of an interface: agents read their counters some seconds late"""
STILL = 30.0
"""seconds for which counters that stand still are held to be an agent's old copy of them, not yet a rate of zero"""


class Lack(StrEnum):
    """Why there is no rate."""

    FIRST = "first"
    """nothing to compare with"""
    SOON = "soon"
    """too soon after the last reading, or nothing new since"""
    RESTARTED = "restarted"
    """the counters began anew, or the agent's time does not go with ours"""
    ABSURD = "absurd"
    """more than can have been, or less than before without a wrap"""
    NARROW = "narrow"
    """the counter wraps faster than it is read: nobody knows how often it did"""


class Count(NamedTuple):
    """A counter's value and its width in bits."""

    value: int
    bits: int


@dataclass(frozen=True, slots=True)
class Moment:
    """When counters were read: steady time, the agent's uptime in ticks, and what names its run where it tells."""

    at: float
    uptime: int
    run: str = ""


def between(was: Moment, now: Moment) -> float | Lack:
    """Seconds that the agent counted between two readings of the same run; else why they cannot be compared."""
    ours = now.at - was.at
    if was.run != now.run and was.run and now.run:
        return Lack.RESTARTED
    theirs = (now.uptime - was.uptime) / TICKS
    allowed = SLACK + DRIFT * max(ours, 0.0)
    if was.uptime / TICKS <= allowed or abs(theirs - ours) > allowed:
        return Lack.RESTARTED  # within `allowed` of its start a second start would not show
    return theirs if min(ours, theirs) >= SOONEST else Lack.SOON


def rate(was: Count | None, now: Count | None, seconds: float, most: float) -> float | Lack:
    """What was counted a second, when no more than `most` a second can have been (infinite: not known)."""
    if was is None or now is None or was.bits != now.bits:
        return Lack.FIRST
    limit, round_ = most * seconds, 1 << now.bits
    if limit >= round_ and now.bits < 64:
        return Lack.NARROW
    counted = now.value - was.value
    if counted < 0:
        counted += round_
        if counted < 0 or limit >= round_:
            return Lack.ABSURD
    return counted / seconds if counted <= limit else Lack.ABSURD


def growth(was: Count | None, now: Count | None, seconds: float, most: float) -> float | Lack:
    """What was counted a second of something rare, such as errors: one that goes back began anew."""
    if was is None or now is None or was.bits != now.bits:
        return Lack.FIRST
    counted = now.value - was.value
    return counted / seconds if 0 <= counted <= most * seconds else Lack.ABSURD
