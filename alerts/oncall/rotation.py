"""Turns that follow each other in local time, and windows of the day. Pure.

A local time is the first moment at which the clocks on the wall show it or a later one. A time that is skipped
when clocks go forward is so the moment at which they jump, and one that comes twice is its first. Handovers keep
their order whatever a zone does, and every moment belongs to exactly one turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ioc.duty import Layer

DAY = timedelta(days=1)
MINUTES_A_DAY = 24 * 60


def wall(civil: float, zone: ZoneInfo) -> datetime:
    """What the clocks of a zone show at a civil moment, without the zone."""
    return datetime.fromtimestamp(civil, zone).replace(tzinfo=None)


def moment(local: datetime, zone: ZoneInfo) -> float:
    """The first civil moment at which the clocks of a zone show a local time or a later one.

    Of a time that comes twice, `fold` says which is meant, as Python has it (PEP 495).
    """
    return _moment(local, local.fold, zone)


@lru_cache(maxsize=8192)
def _moment(local: datetime, fold: int, zone: ZoneInfo) -> float:
    at = local.replace(tzinfo=zone, fold=fold).timestamp()
    if wall(at, zone) == local:
        return at
    # skipped: by the offset before the jump it lies after it, by the one after the jump before it
    after = local.replace(tzinfo=zone, fold=0).timestamp()
    before = local.replace(tzinfo=zone, fold=1).timestamp()
    return _jump(math.floor(before), math.ceil(after), local, zone)


def _jump(before: int, after: int, local: datetime, zone: ZoneInfo) -> float:
    """The second at which the clocks jump over a local time."""
    while after - before > 1:
        middle = (before + after) // 2
        if wall(middle, zone) >= local:
            after = middle
        else:
            before = middle
    return float(after)


def length(layer: Layer) -> timedelta:
    """How long a turn is, on the clocks of the wall."""
    return timedelta(days=layer.days, hours=layer.hours)


def begin(layer: Layer, number: int, zone: ZoneInfo) -> float:
    """When a turn begins, counted from 0."""
    return moment(layer.start + number * length(layer), zone)


def turn(layer: Layer, civil: float, zone: ZoneInfo) -> int | None:
    """The number of the turn that runs at a moment; None before the first."""
    if civil < begin(layer, 0, zone):
        return None
    number = (wall(civil, zone) - layer.start) // length(layer)
    # clocks that went back show a time whose turn is over
    while begin(layer, number + 1, zone) <= civil:
        number += 1
    return number


def handovers(layer: Layer, start: float, end: float, zone: ZoneInfo) -> Iterator[float]:
    """When turns begin after one moment and before another."""
    running = turn(layer, start, zone)
    number = 0 if running is None else running + 1
    while (at := begin(layer, number, zone)) < end:
        yield at
        number += 1


def in_daily(daily: tuple[int, int], civil: float, zone: ZoneInfo) -> bool:
    """Whether a moment lies in a daily window."""
    today = wall(civil, zone).date()
    return any(first <= civil < last for first, last in _windows(daily, today - DAY, today + DAY, zone))


def daily_edges(daily: tuple[int, int], start: float, end: float, zone: ZoneInfo) -> Iterator[float]:
    """When daily windows begin and end, after one moment and before another."""
    days = wall(start, zone).date() - DAY, wall(end, zone).date() + DAY
    for window in _windows(daily, *days, zone):
        yield from (edge for edge in window if start < edge < end)


def _windows(
    daily: tuple[int, int], first: date, last: date, zone: ZoneInfo
) -> Iterator[tuple[float, float]]:
    """The windows that begin on the days from one to another, both included."""
    opens, closes = daily
    if closes <= opens:
        closes += MINUTES_A_DAY
    for number in range((last - first).days + 1):
        midnight = datetime.combine(first + number * DAY, time())
        span = [moment(midnight + timedelta(minutes=minute), zone) for minute in (opens, closes)]
        yield span[0], span[1]
