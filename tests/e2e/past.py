"""What history holds of a room: three hours of probes, an outage that was seen, and a time when nothing was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from ioc.errors import StoreError
from ioc.model import Reason, Sample, State
from ioc.store.base import Held, Mark, Query, Reader, Record, Series
from ioc.store.line import Lines

ROOM = "vc-h10-x07"
EVERY = 10
LENGTH = 3 * 3600
OFF = range(-2700, -2100)
"""seconds from now in which this service was off: ten minutes"""
OUTAGE = range(-1500, -780)
"""seconds from now in which the room did not answer: twelve minutes"""


def lines(now: int) -> list[str]:
    """Everything, as it is written to a store."""
    encoded, faulty = Lines(_tags).encode(_records(now), 0.0)
    assert not faulty
    return encoded


def _tags(endpoint: str) -> Mapping[str, str]:
    return {"unit": "h10-x07", "site": "s-h10-x07", "system": "vc"}


def _records(now: int) -> Iterator[Record]:
    rng = Random("past")
    for ago in range(-LENGTH, 0, EVERY):
        if ago in OFF:
            continue
        fields = {"loss": 100.0} if ago in OUTAGE else {"loss": 0.0, "rtt": rng.uniform(14, 30)}
        yield Sample(ROOM, now + ago, "sip", None, fields)
        if ago % 60 == 0:
            yield Sample(ROOM, now + ago, "http", None, {"first_byte": rng.uniform(80, 120)})
    for ago in (
        *range(-LENGTH, OFF.start, 300),
        *range(OFF.stop, OUTAGE.start, 300),
        *range(OUTAGE.stop, 0, 300),
    ):
        yield Mark(ROOM, now + ago, State.UP, Reason.ANSWERED)
    for ago in range(OUTAGE.start, OUTAGE.stop, 300):
        yield Mark(ROOM, now + ago, State.DOWN, Reason.NO_ANSWER)


class Moody:
    """A reader that is away whenever `away` says why."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.away = ""

    async def read(self, query: Query) -> Series:
        self._check()
        return await self._reader.read(query)

    async def held(self, measurement: str, tags: Mapping[str, str], most: int) -> Sequence[Held]:
        self._check()
        return await self._reader.held(measurement, tags, most)

    async def close(self) -> None:
        """What it reads from is closed by whoever opened it."""

    def _check(self) -> None:
        if self.away:
            raise StoreError(self.away, permanent=False)
