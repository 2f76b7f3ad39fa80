"""The seam between what is observed and where its history is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ioc.errors import StoreError
from ioc.model import Point, Reason, Sample, State

Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Mark:
    """An endpoint's state at a steady moment: written when it changes, and again every few minutes."""

    endpoint: str
    at: float
    state: State
    reason: Reason


class Foreign(NamedTuple):
    """A line that another program wrote, as it is to be kept; `at` is its steady time."""

    line: str
    at: float


Record = Sample | Mark | Point | Foreign


class History(Protocol):
    """Where records go. `write` is called on the hot path: it must not wait, raise, or do I/O."""

    def write(self, records: Sequence[Record]) -> None:
        """Take records for good keeping; what there is no room for is dropped and counted."""


class Store(Protocol):
    """A database of time series, as the batch sees it."""

    async def write(self, lines: Sequence[str]) -> int:
        """Store lines of line protocol; how many of them were refused for good. Raises StoreError."""

    async def close(self) -> None:
        """Let go of its connections."""


@dataclass(frozen=True, slots=True)
class Query:
    """One series over a time, in no more than `points` buckets (two or more).

    `tags` are those that tell the series apart, all of them or some: what matches is taken together (a roll-up does
    not know then which series was last within its own minute or hour). `start`
    (included) and `stop` (excluded) are civil seconds since the epoch, widened to whole steps.
    """

    measurement: str
    field: str
    tags: Mapping[str, str]
    start: float
    stop: float
    points: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was written within `step` seconds from `at` on: how often, and the numbers' mean, least, most and last."""

    at: float
    count: int
    mean: float
    least: float
    most: float
    last: float


@dataclass(frozen=True, slots=True)
class Series:
    """The answer: buckets in order of time, only those in which something was written.

    `step` is a bucket's length in seconds; buckets begin at whole multiples of it since the epoch, so that two
    stores, and two questions, cut time alike. `gaps` are (from, to) of every stretch within the question's time
    in which the series should have been written by its own pace and was not, see `buckets.gaps`.
    """

    step: float
    buckets: Sequence[Bucket]
    gaps: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Held:
    """One field of one series that a store holds, and what was written to it last, at civil seconds `at`."""

    tags: Mapping[str, str]
    field: str
    at: float
    last: float | int | str | bool


class NoNumbers(StoreError):
    """A field of texts or flags was asked for its numbers: the question's fault, not the store's."""

    def __init__(self, what: str) -> None:
        super().__init__(what, permanent=True)


class Reader(Protocol):
    """A database of time series, as whoever draws it sees it."""

    async def read(self, query: Query) -> Series:
        """One series; empty when nothing matches. Raises NoNumbers; StoreError when the store is away."""

    async def held(self, measurement: str, tags: Mapping[str, str], most: int) -> Sequence[Held]:
        """What matching series there are by their tags, `most` at most; raises StoreError."""

    async def close(self) -> None:
        """Let go of its connections; closing again, or what is its Store as well, does nothing."""


class Nowhere:
    """The history of a service that keeps none."""

    def write(self, records: Sequence[Record]) -> None:
        """Forget them."""

    def describe(self) -> dict[str, Any]:
        """The value of `self/history`."""
        return {"state": "off", "since": 0.0, "detail": "", "waiting": 0, "dropped": 0, "written": 0}
