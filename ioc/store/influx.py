"""InfluxDB 2 as a store of history, through influxdb-client's async interface.

The client neither batches, nor retries, nor compresses off the loop; all it does here is speak HTTP. It is
imported in a thread at the first write, since that takes a second.

What InfluxDB answers: 204 stored; 400 nothing stored, some lines cannot be parsed; 422 some points cannot be
stored (a field of another type, older than the bucket keeps), the others were; 401 and 404 wrong token, organisation
or bucket; 413 too large; 429 and 503 later, with Retry-After. How the bad lines are found is in ioc/store/answer.py.
Source: https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
"""

from __future__ import annotations

import asyncio
import importlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from ioc.errors import StoreError
from ioc.store.answer import Bounded, Said, dropped, named, said, wait
from ioc.store.line import PRECISION
from ioc.telemetry import Telemetry

SEARCHES = 300
"""requests spent on finding the bad lines of one batch"""
HOUR = 3_600_000_000
"""in PRECISION; every shard of InfluxDB's holds whole hours"""

_MOVED = frozenset({301, 302, 303, 307, 308})
_SETTINGS = _MOVED | {401, 403, 404, 405}
_UNPARSED, _TOO_LARGE, _UNFIT = 400, 413, 422
_BAD_LINES = frozenset({_UNPARSED, _TOO_LARGE, _UNFIT})


@dataclass(frozen=True, slots=True)
class Address:
    """Where and as whom to write; `timeout` in seconds for a whole request."""

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An answer by which some lines were not stored."""

    status: int
    said: Said


async def client(address: Address, **session: Any) -> Any:
    """influxdb-client's own, imported in a thread; `session` are further arguments of its aiohttp session."""
    module = await asyncio.to_thread(importlib.import_module, "influxdb_client.client.influxdb_client_async")
    return module.InfluxDBClientAsync(
        url=address.url,
        token=address.token,
        org=address.org,
        timeout=int(address.timeout * 1000),
        allow_redirects=False,  # a redirect would hand our token to another host
        client_session_kwargs=session,
    )


def unsendable(address: Address, error: ValueError) -> StoreError:
    """What it means that no request can be made: HTTP does not let a token be sent that has a line break."""
    hint = "look into the file of history.influx.token: one line with the token and nothing else"
    return StoreError(f"{address.url}: cannot be asked: {error}; {hint}", permanent=True)


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
        """Store lines; how many were refused for good. Raises StoreError when away or set up wrong.

        After SEARCHES requests the lines still in question are given up and counted as refused.
        """
        refused = 0
        waiting = [lines]
        for _ in range(SEARCHES):
            if not waiting:
                return refused
            some = waiting.pop()
            refusal = await self._post(some)
            if refusal is None:
                continue
            self.last_refusal = refusal.said.short
            bad, again = _sort(refusal, some)
            refused += bad
            waiting += again
        return refused + sum(len(some) for some in waiting)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = self._service = None

    async def _post(self, lines: Sequence[str]) -> _Refusal | None:
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
        except self._refused as error:
            return self._judge(error)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            what = Said(str(error) or type(error).__name__).short
            raise StoreError(f"{self._address.url}: no answer: {what}", permanent=False) from error
        except ValueError as error:
            raise unsendable(self._address, error) from error
        return None

    def _judge(self, error: Any) -> _Refusal:
        status, answer = error.status, said(error.body)
        if status in _BAD_LINES and (answer.own or status == _TOO_LARGE):
            return _Refusal(status, answer)
        what = f"{self._address.url}: {status} {answer.short or error.reason}"
        if status in _BAD_LINES:  # giving lines up for that would cost all of an hour's history
            between = "that is not InfluxDB's answer; check what stands between"
            raise StoreError(f"{what}; {between}", permanent=True)
        if status in _SETTINGS:
            raise StoreError(f"{what}; {self._what_to_check(error)}", permanent=True)
        later = wait(error.headers.get("Retry-After"), error.headers.get("Date"))
        raise StoreError(what, permanent=False, retry_after=later)

    def _what_to_check(self, error: Any) -> str:
        if error.status in _MOVED:
            return f"it redirects to {error.headers.get('Location', '')[:200]!r}; check the address"
        where = self._address
        return f"check the token, the organisation {where.org!r} and the bucket {where.bucket!r}"

    async def _connect(self) -> None:
        self._client = await client(self._address, response_class=Bounded)
        services = importlib.import_module("influxdb_client.service.write_service")
        self._refused = importlib.import_module("influxdb_client.rest").ApiException
        self._service = services.WriteService(self._client.api_client)


def _sort(refusal: _Refusal, lines: Sequence[str]) -> tuple[int, list[Sequence[str]]]:
    """How many of the lines are refused for good, and what of the others is to be sent again, in which batches."""
    if refusal.status == _UNPARSED and (bad := named(refusal.said, lines)):
        rest = [line for place, line in enumerate(lines) if place not in bad]
        return len(bad), [rest] if rest else []
    if refusal.status == _UNFIT and (count := dropped(refusal.said)) is not None:
        hours = _by_hour(lines)
        if len(hours) == 1:
            return min(count, len(lines)), []
        return 0, hours  # it counts for one shard only
    if len(lines) == 1:
        return 1, []
    middle = len(lines) // 2
    return 0, [lines[middle:], lines[:middle]]


def _by_hour(lines: Sequence[str]) -> list[Sequence[str]]:
    hours: dict[int, list[str]] = {}
    for line in lines:
        stamp = line.rpartition(" ")[2]
        hours.setdefault(int(stamp) // HOUR if stamp.lstrip("-").isdecimal() else 0, []).append(line)
    return list(hours.values())


def _pack(lines: Sequence[str]) -> bytes:
    """The body of a request: gzip at its fastest level."""
    squeeze = zlib.compressobj(level=1, wbits=31)
    return squeeze.compress("\n".join(lines).encode()) + squeeze.flush()
