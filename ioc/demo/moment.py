"""Monotonic moments that every process of the demo shares, so that their logs can be joined.

Linux's monotonic clock is one for the whole machine; steady time is not, for each process fixes its own base.
"""

from __future__ import annotations

import asyncio

from ioc.clock import Clock


def monotonic(clock: Clock) -> float:
    """Seconds on the machine's monotonic clock."""
    return clock.now() - clock.of_monotonic(0.0)


async def until(moment: float, clock: Clock) -> None:
    """Sleep until a monotonic moment; at once when it is over."""
    await asyncio.sleep(max(0.0, moment - monotonic(clock)))
