"""What went through an interface between two readings of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from collectors.snmp.device import Interface
from collectors.snmp.rates import MARGIN, STILL, Count, Lack, between, growth, rate

FASTEST = 1e12
"""bit/s that no interface exceeds"""
SMALLEST = 64.0
"""octets of the shortest packet"""

Rate = float | Lack


class Traffic(NamedTuple):
    """Bits in and out, errors and discards, each a second, or why that is not known."""

    into: Rate
    out: Rate
    errors: Rate
    discards: Rate

    def lacks(self) -> Iterator[Lack]:
        """Why what is not known is not, each reason once."""
        return (each for each in Lack if each in self)


def traffic(was: Interface | None, now: Interface) -> Traffic:
    """The traffic since an interface was read before."""
    if was is None or was.index != now.index:
        return _none(Lack.FIRST)
    seconds = between(was.read, now.read)
    if isinstance(seconds, Lack):
        return _none(seconds)
    if None not in (was.discontinuity, now.discontinuity) and was.discontinuity != now.discontinuity:
        return _none(Lack.RESTARTED)
    if seconds < STILL and was.octets == now.octets:
        return _none(Lack.SOON)
    most = (max(was.speed, now.speed) or FASTEST) / 8 * MARGIN
    into, out = (rate(*pair, seconds, most) for pair in zip(was.octets, now.octets, strict=True))
    if Lack.ABSURD in (into, out):  # what began anew did so with all its counters
        return _none(Lack.ABSURD)
    return Traffic(
        _in_bits(into),
        _in_bits(out),
        _sum(zip(was.errors, now.errors, strict=True), seconds, most / SMALLEST),
        _sum(zip(was.discards, now.discards, strict=True), seconds, most / SMALLEST),
    )


def use(traffic: Traffic, speed: float) -> float | None:
    """Percent of an interface's speed (bit/s) that is used, in its busier direction."""
    known = [each for each in (traffic.into, traffic.out) if isinstance(each, float)]
    return min(100.0 * max(known) / speed, 100.0) if known and speed else None


def _none(why: Lack) -> Traffic:
    return Traffic(why, why, why, why)


def _in_bits(octets: Rate) -> Rate:
    return octets if isinstance(octets, Lack) else 8.0 * octets


def _sum(pairs: Iterable[tuple[Count | None, Count | None]], seconds: float, most: float) -> Rate:
    total: Rate = Lack.FIRST
    for was, now in pairs:
        if now is None:
            continue
        found = growth(was, now, seconds, most)
        if isinstance(found, Lack):
            return found
        total = found if isinstance(total, Lack) else total + found
    return total
