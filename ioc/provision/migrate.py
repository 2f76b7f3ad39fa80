"""Moves the embedded history into InfluxDB: raw as it was written, what is older as windows.

Raw rows go into the raw bucket from the first whole hour on; before it, minutes become windows of five minutes and
hours stay hours. Then windows are made of the raw points, as the tasks would. It may be killed and run again, and run
beside a service that goes on writing to the file: it goes on where it was, a part at most is written twice, and a
point of the same series and time replaces itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ioc.errors import StoreError
from ioc.provision.api import LONG, Api
from ioc.provision.cursor import Cursor, Moved
from ioc.provision.fill import refill
from ioc.store.base import Store
from ioc.store.downsampling import HOURS, MINUTES, RAW_KEPT, Way, quoted
from ioc.store.patience import wait
from ioc.store.sqlite_export import Export, Part, Span

TIERS = ("hours", "minutes", "raw")
"""in this order, so that what expires in the file meanwhile is moved in one form or the other"""
ATTEMPTS = 8
"""times that a part is tried before it is left to the next run"""
MARGIN = HOURS.seconds
"""seconds before its end of keeping that a point is not moved any more"""

Pause = Callable[[float], Awaitable[None]]
Told = Callable[[str, int], None]
"""a tier, and how many rows of it were moved now"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which time of each tier is moved, and from when on there are raw points."""

    spans: dict[str, Span]

    @property
    def raw_from(self) -> int:
        """The first hour, in seconds, of which raw points are moved."""
        return self.spans["raw"].start


def plan(export: Export, now: float, since: float | None) -> Plan:
    """What to move at a civil time, and not what is older than `since`."""

    def not_before(kept: int) -> int:
        oldest = max(now - kept + MARGIN, since or 0.0, 0.0)
        return -int(-oldest // HOURS.seconds) * HOURS.seconds

    raw_from = max(export.whole_from(), not_before(RAW_KEPT))
    hours = min(raw_from, export.folded_to())
    return Plan(
        {
            "hours": Span(not_before(HOURS.kept), hours),
            "minutes": Span(not_before(MINUTES.kept), raw_from),
            "raw": Span(raw_from, int(now)),
        }
    )


async def move(
    export: Export, stores: dict[str, Store], plan: Plan, cursor: Cursor, told: Told, pause: Pause
) -> None:
    """Move every tier into its store. Raises StoreError when InfluxDB does not take a part for long."""
    for tier in TIERS:
        moved, span = cursor.moved[tier], plan.spans[tier]
        if moved.since is None:
            moved.since = span.start
        elif span.start < moved.since:
            what = f"{cursor.path}: begun with a later --since"
            raise StoreError(f"{what}; remove it to move what is older, too", permanent=True)
        ahead = asyncio.create_task(_next(export, tier, span, moved))
        try:
            while (part := await ahead) is not None:
                ahead = asyncio.create_task(asyncio.to_thread(export.part, tier, span, part.place))
                moved.add(part, await _insist(stores[tier], part.lines, pause))
                cursor.save()
                told(tier, part.rows)
        finally:
            ahead.cancel()
            with suppress(asyncio.CancelledError, StoreError):
                await ahead


async def _next(export: Export, tier: str, span: Span, moved: Moved) -> Part | None:
    return await asyncio.to_thread(export.part, tier, span, moved.place)


async def _insist(store: Store, lines: Sequence[str], pause: Pause) -> int:
    """Write lines, with some patience; how many were refused."""
    for attempt in range(ATTEMPTS):
        try:
            return await store.write(lines)
        except StoreError as error:
            if error.permanent or attempt == ATTEMPTS - 1:
                raise
            await pause(wait(error, attempt, 0.5))
    raise AssertionError("not reached")


# --- the end: windows of what is raw, and whether all is there ---


async def make_windows(
    api: Api, org: str, ways: Sequence[Way], plan: Plan, done: Callable[[float], None]
) -> None:
    """Make windows of the raw points that were moved."""
    span = plan.spans["raw"]
    await refill(api, org, ways, span.start, span.stop, done)


@dataclass(frozen=True, slots=True)
class Compared:
    """How much was moved of a tier, without what was refused, and how much InfluxDB holds of that time."""

    tier: str
    moved: Moved
    there: int

    @property
    def whole(self) -> bool:
        """Whether nothing is missing; more may be there, since others write to it, too."""
        return self.there >= self.moved.held and not self.moved.refused


async def compare(api: Api, org: str, buckets: dict[str, str], plan: Plan, cursor: Cursor) -> list[Compared]:
    """Count in InfluxDB what was moved: values of raw points, and the numbers that windows were made of."""
    found = []
    for tier in TIERS:
        moved = cursor.moved[tier]
        start = moved.since or 0
        flux = counting(buckets[tier], start, plan.spans[tier].stop, windows=tier != "raw")
        rows = await api.flux(org, flux, LONG) if plan.spans[tier].stop > start else []
        found.append(Compared(tier, moved, int(rows[0]["_value"]) if rows else 0))
    return found


def counting(bucket: str, start: int, stop: int, *, windows: bool) -> str:
    """Flux that counts the values of a bucket, or sums up the counts of its windows."""
    what = "|> filter(fn: (r) => r._field =~ /_count$/) |> sum()" if windows else "|> count()"
    return f"from(bucket: {quoted(bucket)}) |> range(start: {start}, stop: {stop}) {what} |> group() |> sum()"
