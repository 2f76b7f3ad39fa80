"""What the demo asks of the service it runs, over its own HTTP interface."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import orjson

WAIT = aiohttp.ClientTimeout(total=5)
ASK_EVERY = 0.25


class Service:
    """A client of the service at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = aiohttp.ClientSession(timeout=WAIT)

    async def close(self) -> None:
        """Let go of connections."""
        await self._session.close()

    async def until_ready(self, waits: Callable[[], bool]) -> bool:
        """Wait until the service has probed everything once; False when nobody `waits` any more."""
        while waits():
            counts = await self.counts()
            if counts and not any(each.get("unknown", 0) for each in counts.values()):
                return True
            await asyncio.sleep(ASK_EVERY)
        return False

    async def counts(self) -> dict[str, Mapping[str, int]]:
        """Endpoints by state, of each system; empty while the service does not answer."""
        picture = await self._get("/api/v1/picture?prefix=system/")
        values = (picture or {}).get("picture", {})
        return {key.removeprefix("system/"): value["counts"] for key, value in values.items()}

    async def incidents(self) -> list[dict[str, Any]] | None:
        """Every incident it still shows, open or closed; None when it does not answer."""
        found = await self._get("/api/v1/incidents")
        return None if found is None else list(found["incidents"])

    async def on_call(self, schedule: str) -> list[str]:
        """The names of who is on call; empty when nobody is, or the service does not answer."""
        key = f"oncall/{schedule}"
        found = await self._get(f"/api/v1/picture?prefix={key}")
        value = (found or {}).get("picture", {}).get(key, {"people": []})
        return [str(each["name"]) for each in value["people"]]

    async def tell(self, path: str, body: Mapping[str, Any]) -> str:
        """Post JSON as a person at the wall does; empty when it was taken, else why it was not."""
        try:
            headers = {"Origin": self.url}
            async with self._session.post(self.url + path, json=body, headers=headers) as answer:
                return "" if answer.ok else f"{answer.status} {await answer.text()}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"

    async def _get(self, path: str) -> dict[str, Any] | None:
        try:
            async with self._session.get(self.url + path) as answer:
                if answer.status != 200:
                    return None
                found: dict[str, Any] = orjson.loads(await answer.read())
                return found
        except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError):
            return None
