"""A store with its reader and a clock that stands still: what every test of the contract is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from ioc.store.base import Query, Reader, Series, Store
from ioc.store.buckets import HOUR
from tests.fakes import HandClock

AT = 1_699_999_200
"""a whole hour"""
assert AT % HOUR == 0


@dataclass
class Kept:
    """`fold` brings the store's roll-ups up to the clock's hour, as its own upkeep would by then."""

    name: str
    store: Store
    reader: Reader
    clock: HandClock
    fold: Callable[[float, float], Awaitable[None]]

    async def write(self, *lines: str) -> None:
        assert await self.store.write(lines) == 0

    async def read(
        self,
        start: float,
        stop: float,
        points: int = 600,
        field: str = "rtt",
        tags: Mapping[str, str] | None = None,
        measurement: str = "endpoint",
    ) -> Series:
        wanted = {"endpoint": "e1"} if tags is None else tags
        return await self.reader.read(Query(measurement, field, wanted, start, stop, points))


def line(at: float, rtt: float, endpoint: str = "e1", source: str = "sip", more: str = "") -> str:
    """One line of `endpoint`, tags as the service writes them."""
    head = f"endpoint,endpoint={endpoint},site=s1,source={source},system=vc,unit=u1"
    return f"{head} rtt={rtt!r}{more} {round(at * 1e6)}"


def shown(series: Series) -> Sequence[tuple[float, int, float, float, float, float]]:
    """A series' buckets as plain tuples."""
    return [(each.at, each.count, each.mean, each.least, each.most, each.last) for each in series.buckets]
