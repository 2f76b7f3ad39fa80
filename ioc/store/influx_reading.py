"""Reading series out of InfluxDB 2: down-sampled where that is there, raw for what is not down-sampled yet.

The client is imported in a thread at the first question, since that takes a second.

What InfluxDB answers: 200 and CSV, which may still break off with an error in its last table; 400 a question it cannot
compile; 401 wrong token; 404 no such bucket, or none that the token may read; 429 and 503 later.
Source: https://docs.influxdata.com/influxdb/v2/api/#operation/PostQuery
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp

from ioc.clock import Clock
from ioc.errors import StoreError
from ioc.store import buckets, downsampling, flux, flux_answer
from ioc.store.base import Held, NoNumbers, Query, Series
from ioc.store.buckets import Cut, Fold, Tier
from ioc.store.flux_answer import Windows
from ioc.store.influx import Address, client, unsendable

ANSWER_CAP = 32 * 2**20
"""bytes of one answer"""
LOOK_AGAIN = 600.0
"""seconds after which a bucket that was not there is asked for again"""
AT_ONCE = 8
"""questions under way; the others wait"""

_RAW = Tier(0, downsampling.RAW_KEPT)
_NOT_THERE = "could not find bucket"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Buckets:
    """Where down-sampled history is: windows of five minutes, and of an hour; empty where there is none."""

    minutes: str = ""
    hours: str = ""


class InfluxReader:
    """A Reader on the buckets of one organisation; the address's bucket is the raw one."""

    def __init__(self, address: Address, clock: Clock, coarse: Buckets | None = None) -> None:
        self._address = address
        self._clock = clock
        names = coarse or Buckets(*(tier.bucket(address.bucket) for tier in downsampling.TIERS))
        self._coarse = {
            Tier(tier.seconds, tier.kept): bucket
            for tier, bucket in zip(downsampling.TIERS, (names.minutes, names.hours), strict=True)
            if bucket
        }
        self._absent: dict[Tier, float] = {}
        self._client: Any = None
        self._connecting = asyncio.Lock()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def read(self, query: Query) -> Series:
        """See Reader."""
        now = self._clock.now()
        civil = self._clock.civil(now)
        tiers = [_RAW, *(each for each in self._coarse if self._absent.get(each, 0.0) <= now)]
        cut = buckets.cut(query.start, query.stop, query.points, tiers, civil)
        if cut.tier is _RAW:
            parts = [await self._raw(query, cut, cut.start, cut.stop)]
        else:
            coarse = await self._folded(query, cut)
            if coarse is None:
                self._absent[cut.tier] = now + LOOK_AGAIN
                return await self.read(query)
            parts = await self._surrounded(coarse, query, cut, civil)
        fold = Fold(cut.step * flux_answer.MICRO)
        for part in parts:
            for window in part.folds:
                fold.merge(*window)
        found = fold.buckets(flux_answer.MICRO)
        gaps = buckets.gaps(found, query.start, min(query.stop, civil), cut.step)
        return Series(float(cut.step), found, gaps)

    async def held(self, measurement: str, tags: Mapping[str, str], most: int) -> Sequence[Held]:
        """See Reader; what was written within the time that raw history is kept."""
        since = int(self._clock.civil(self._clock.now()) - downsampling.RAW_KEPT)
        text = flux.held(measurement, tags, self._address.bucket, max(0, since), most)
        return await self._ask(text, lambda answer: flux_answer.holdings(answer)[:most], kinds=True)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _raw(self, query: Query, cut: Cut, start: int, stop: int) -> Windows:
        if start >= stop:
            return Windows([], None)
        text = flux.windows(query, self._address.bucket, start, stop, cut.step)
        return await self._ask(text, flux_answer.windows)

    async def _folded(self, query: Query, cut: Cut) -> Windows | None:
        """What the coarse bucket has; None where it is not there, or not for this token."""
        text = flux.folded_windows(query, self._coarse[cut.tier], cut.start, cut.stop, cut.step)
        try:
            return await self._ask(text, flux_answer.windows)
        except StoreError as error:
            if _NOT_THERE in str(error):
                return None
            raise

    async def _surrounded(self, coarse: Windows, query: Query, cut: Cut, now: float) -> list[Windows]:
        """What only the raw bucket has before it, what is down-sampled, and what is raw after it."""
        oldest = int(now - downsampling.RAW_KEPT) // cut.step * cut.step
        first, final = coarse.ends or (cut.stop, cut.stop)
        after = final + cut.tier.resolution
        return [
            await self._raw(query, cut, max(cut.start, oldest), first),
            coarse,
            await self._raw(query, cut, max(after, oldest), min(cut.stop, int(now) + buckets.DAY)),
        ]

    async def _ask(self, text: str, take: Callable[[str], T], kinds: bool = False) -> T:
        """What `take` makes of an answer, in a thread: there may be thousands of rows. Raises StoreError."""
        async with self._turns:
            answer = await self._post(text, kinds)
        return await asyncio.to_thread(take, answer)

    async def _post(self, text: str, kinds: bool) -> str:
        service, query = await self._connected(text, kinds)
        url = self._address.url
        try:
            response = await service.post_query_async(
                org=self._address.org, query=query, _preload_content=False, async_req=False
            )
            async with response:
                body = await _body(response.content, url)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            what = str(error) or type(error).__name__
            raise StoreError(f"{url}: no answer: {what}", permanent=False) from error
        except ValueError as error:
            raise unsendable(self._address, error) from error
        said = body.decode("utf-8", "replace")
        if response.status != 200:
            raise self._judged(response.status, said)
        return said

    def _judged(self, status: int, said: str) -> StoreError:
        broken = flux_answer.broken(said)
        if isinstance(broken, NoNumbers):
            return broken
        where = f"{self._address.url}: {status} {' '.join(said.split())[:300]}"
        if status in (401, 403, 404) or "organization name" in said:
            hint = (
                f"check that the token may read the bucket {self._address.bucket!r} of {self._address.org!r}"
            )
            return StoreError(f"{where}; {hint}", permanent=True)
        return StoreError(where, permanent=False)

    async def _connected(self, text: str, kinds: bool) -> tuple[Any, Any]:
        """The client's service for queries, and a text as its query."""
        async with self._connecting:
            if self._client is None:
                await self._connect()
        domain = importlib.import_module("influxdb_client.domain")
        dialect = domain.Dialect(
            header=True,
            delimiter=",",
            annotations=["datatype"] if kinds else [],
            date_time_format="RFC3339Nano",
        )
        return self._service, domain.Query(query=text, dialect=dialect)

    async def _connect(self) -> None:
        self._client = await client(self._address)
        services = importlib.import_module("influxdb_client.service.query_service")
        self._service = services.QueryService(self._client.api_client)


async def _body(content: aiohttp.StreamReader, url: str) -> bytes:
    parts, size = [], 0
    async for part in content.iter_any():
        parts.append(part)
        size += len(part)
        if size > ANSWER_CAP:
            raise StoreError(
                f"{url}: an answer of more than {ANSWER_CAP} bytes; name more tags", permanent=True
            )
    return b"".join(parts)
