"""InfluxDB 2 as a store of history, through influxdb-client's async interface.

The client neither batches, nor retries, nor compresses off the loop; all it does here is speak HTTP. It is
imported in a thread at the first write, since that takes a second.

What InfluxDB answers: 204 stored; 400 nothing stored, some line cannot be parsed; 422 some points cannot be
stored (a field of another type), the others were; 401 and 404 wrong token, organisation or bucket; 413 too
large; 429 and 503 later, with Retry-After.
Source: https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
"""

from __future__ import annotations

import asyncio
import importlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from ioc.errors import StoreError
from ioc.store.line import PRECISION
from ioc.telemetry import Telemetry

SEARCHES = 300
"""requests spent on finding the bad lines of one batch"""
LONGEST_RETRY_AFTER = 300.0

_SETTINGS = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 405})
_BAD_LINES = frozenset({400, 413, 422})


@dataclass(frozen=True, slots=True)
class Address:
    """Where and as whom to write; `timeout` in seconds for a whole request."""

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)
    timeout: float = 10.0


class Influx:
    """Writes lines to one bucket; a bad line is found and left out, the others are stored."""

    def __init__(self, address: Address, telemetry: Telemetry) -> None:
        self._address = address
        self._client: Any = None
        self._service: Any = None
        self._requests = telemetry.tally("ioc_history_requests", "Requests made to InfluxDB.")
        self.last_refusal = ""
        """what InfluxDB said of the last line it refused"""

    async def write(self, lines: Sequence[str]) -> int:
        """Store lines; how many were refused for good. Raises StoreError when away or set up wrong."""
        refused = 0
        waiting = [lines]
        for _ in range(SEARCHES):
            if not waiting:
                return refused
            some = waiting.pop()
            said = await self._post(some)
            if said is None:
                continue
            if len(some) == 1:
                self.last_refusal = said
                refused += 1
            else:
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
        return refused + sum(len(some) for some in waiting)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = self._service = None

    async def _post(self, lines: Sequence[str]) -> str | None:
        """None when all are stored, what was said when some are bad; raises StoreError for the rest."""
        if self._service is None:
            await self._connect()
        body = await asyncio.to_thread(_pack, lines)
        self._requests.n += 1
        try:
            await self._service.post_write_async(
                org=self._address.org,
                bucket=self._address.bucket,
                body=body,
                precision=PRECISION,
                content_encoding="gzip",
                content_type="text/plain; charset=utf-8",
            )
        except self._refusal as error:
            return self._judge(error)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            what = str(error) or type(error).__name__
            raise StoreError(f"{self._address.url}: no answer: {what}", permanent=False) from error
        return None

    def _judge(self, error: Any) -> str:
        status, said = error.status, _message(error.body)
        if status in _BAD_LINES:
            return said
        if status in _SETTINGS:
            raise StoreError(
                f"{self._address.url}: {status} {said or error.reason}; check the token, the organisation "
                f"{self._address.org!r} and the bucket {self._address.bucket!r}",
                permanent=True,
            )
        raise StoreError(
            f"{self._address.url}: {status} {said or error.reason}",
            permanent=False,
            retry_after=_seconds(error.headers.get("Retry-After")),
        )

    async def _connect(self) -> None:
        where = self._address
        module = await asyncio.to_thread(
            importlib.import_module, "influxdb_client.client.influxdb_client_async"
        )
        services = importlib.import_module("influxdb_client.service.write_service")
        self._refusal = importlib.import_module("influxdb_client.rest").ApiException
        self._client = module.InfluxDBClientAsync(
            url=where.url,
            token=where.token,
            org=where.org,
            timeout=int(where.timeout * 1000),
            allow_redirects=False,  # a redirect would hand our token to another host
        )
        self._service = services.WriteService(self._client.api_client)


def _pack(lines: Sequence[str]) -> bytes:
    """The body of a request: gzip at its fastest level."""
    squeeze = zlib.compressobj(level=1, wbits=31)
    return squeeze.compress("\n".join(lines).encode()) + squeeze.flush()


def _message(body: bytes | str | None) -> str:
    """What InfluxDB says in its JSON error, shortened; other bodies as they are."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict) and isinstance(found.get("message"), str):
        text = found["message"]
    return " ".join(text.split())[:300]


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds; the form with a date is left to our own pace."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    return min(float(retry_after), LONGEST_RETRY_AFTER)
