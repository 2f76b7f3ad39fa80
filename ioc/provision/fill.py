"""`ioc influx fill`: makes windows of what is raw, once, for a time that the tasks no longer look back at.

For when the database was away for longer than three days, after a restore, or after a migration. It may be run again
and beside the tasks: a window replaces itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ioc.provision.api import LONG, Api
from ioc.store.downsampling import Way, fill

AT_ONCE = 24 * 3600
"""seconds of raw points made windows of by one query"""


def spans(start: float, stop: float) -> Iterator[tuple[float, float]]:
    """A time, civil seconds, in parts that end at whole multiples of AT_ONCE."""
    while start < stop:
        end = min((start // AT_ONCE + 1) * AT_ONCE, stop)
        yield start, end
        start = end


async def refill(
    api: Api, org: str, ways: Sequence[Way], start: float, stop: float, done: Callable[[float], None]
) -> None:
    """Make every window of a time, and call `done` with the seconds finished each. Raises StoreError."""
    for since, until in spans(start, stop):
        for way in ways:
            await api.flux(org, fill(way, since, until), LONG)
        done(until - since)
