"""InfluxDB 2's HTTP API as its administration needs it: JSON, Flux and single lines.

The client library is left to the service: its management calls block, and it takes a second to load.
Source: https://docs.influxdata.com/influxdb/v2/api/v2/
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from ioc.errors import StoreError
from ioc.store.answer import Bounded, said

TIMEOUT = 30.0
LONG = 3600.0
"""seconds for a query that goes through a month of history"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body that was read whole."""

    status: int
    body: str

    @property
    def good(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """What it says went wrong."""
        return said(self.body).short


class Api:
    """One server, asked as the holder of one token; used in `async with`.

    Every call raises StoreError when nobody answers.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Token {token}"} if token else {}
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            response_class=Bounded,
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    def by(self, token: str) -> Api:
        """The same server, asked by another."""
        return Api(self.url, token)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
        kind: str = "application/json",
        within: float = TIMEOUT,
    ) -> Answer:
        """One request; a redirect is an answer as any, since our token is for this server alone."""
        try:
            async with self._session.request(
                method,
                self.url + path,
                params=params,
                data=data,
                headers={"Content-Type": kind},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=within),
            ) as response:
                return Answer(response.status, (await response.read()).decode("utf-8", "replace"))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            what = str(error) or type(error).__name__
            hint = "is it running, and is this its address?"
            raise StoreError(f"{self.url}: no answer: {what}; {hint}", permanent=False) from error

    async def get(self, path: str, **params: str) -> dict[str, Any]:
        """The JSON of a path."""
        return self._json(path, await self.ask("GET", path, params=params))

    async def named(self, path: str, key: str, name: str, params: Mapping[str, str]) -> dict[str, Any] | None:
        """The one thing of this very name, out of a list of those that a path finds by it."""
        answer = await self.ask("GET", path, params=params)
        if answer.status == 404:
            return None
        found = self._json(path, answer).get(key) or []
        return next((each for each in found if each.get("name") == name), None)

    async def send(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON that a JSON body is answered by."""
        return self._json(path, await self.ask(method, path, data=json.dumps(body).encode()))

    async def write(self, org: str, bucket: str, lines: str) -> Answer:
        """Lines of line protocol in microseconds."""
        params = {"org": org, "bucket": bucket, "precision": "us"}
        return await self.ask(
            "POST", "/api/v2/write", params=params, data=lines.encode(), kind="text/plain; charset=utf-8"
        )

    async def flux(self, org: str, query: str, within: float = TIMEOUT) -> list[dict[str, str]]:
        """The rows of a query."""
        body = json.dumps({"query": query, "type": "flux"}).encode()
        answer = await self.ask("POST", "/api/v2/query", params={"org": org}, data=body, within=within)
        if not answer.good:
            raise self._refused("/api/v2/query", answer)
        rows: list[dict[str, str]] = []
        for table in answer.body.replace("\r\n", "\n").split("\n\n"):
            rows += csv.DictReader(table.splitlines())
        for row in rows:
            if "error" in row and "reference" in row:  # the answer had begun before the query failed
                raise StoreError(f"{self.url}: query failed: {row['error']}", permanent=True)
        return rows

    def _json(self, path: str, answer: Answer) -> dict[str, Any]:
        if not answer.good:
            raise self._refused(path, answer)
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            hint = "this address is not an InfluxDB 2"
            raise StoreError(f"{self.url}{path}: {answer.status} without JSON; {hint}", permanent=True)
        return found

    def _refused(self, path: str, answer: Answer) -> StoreError:
        said = answer.message or "no reason given"
        hints = {401: "; its token is wrong or may not do this", 403: "; its token may not do this"}
        what = f"{self.url}{path}: {answer.status} {said}{hints.get(answer.status, '')}"
        return StoreError(what, permanent=answer.status < 500)
