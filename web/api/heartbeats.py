"""Signs of life of other programs: `GET` or `POST /heartbeat/NAME`, kept before the answer; the body is not read."""

from __future__ import annotations

from aiohttp import web

from ioc.errors import Refused
from web.api import answer
from web.auth import Need, asked_of
from web.deps import Deps, Route, Visitors


class HeartbeatsApi:
    """Takes heartbeats by name; one with a token of its own takes it from `Authorization: Bearer`."""

    def __init__(self, deps: Deps, visitors: Visitors) -> None:
        self._visitors = visitors
        tally = deps.telemetry.tally
        self._refused = tally("ioc_heartbeats_refused", "Heartbeats without a known name or its token.")

    def routes(self) -> list[Route]:
        """Both ways in which a script can call."""
        return [
            Route("GET", "/heartbeat/{name}", Need.NOTHING, self._take, own_token=True),
            Route("POST", "/heartbeat/{name}", Need.NOTHING, self._take, own_token=True),
        ]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        shown = asked_of("", request.headers, {}).bearer
        try:
            due = await self._visitors.beat(request.match_info["name"], shown)
        except Refused:
            self._refused.n += 1
            raise
        return answer.json({"name": request.match_info["name"], "next_within_s": round(due, 3)})
