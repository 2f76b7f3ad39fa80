"""Maintenance: `GET`, `POST /api/v1/maintenance`, `DELETE …/ID`. Times are steady, as `now` is."""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from ioc.errors import Refused
from web.api import answer, body
from web.auth import Need
from web.deps import Deps, Route

LONGEST = 366 * 86_400.0
"""seconds that it may last, and be ahead; longer is not maintenance but decommissioning, which is configuration"""


class Scope(body.Body):
    """What is maintained."""

    kind: Literal["endpoint", "site", "unit"]
    id: body.Name


class Wanted(body.Body):
    """Maintenance from `start` (now when left out) to `end`, seconds on the clock of every answer's `now`."""

    scope: Scope
    start: float | None = None
    end: float
    reason: body.Words
    by: body.Name


class Ended(body.Body):
    """Who ends maintenance."""

    by: body.Name


class MaintenanceApi:
    """Maintenance as the picture has it, soonest end first."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        """List, begin and end."""
        return [
            Route("GET", "/api/v1/maintenance", Need.READ, self._list),
            Route("POST", "/api/v1/maintenance", Need.WRITE, self._begin),
            Route("DELETE", "/api/v1/maintenance/{id}", Need.WRITE, self._end),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        picture = self._deps.picture
        found = [
            {"id": key.removeprefix("maintenance/"), **(picture.get(key) or {})}
            for key in picture.keys("maintenance/")
        ]
        ordered = sorted(found, key=lambda each: each.get("end", 0.0))
        return answer.json({"now": self._deps.clock.now(), "maintenance": ordered})

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        wanted = await body.read(request, Wanted)
        check(wanted, self._deps.clock.now())
        scope = wanted.scope
        id = await self._deps.desk.maintain(
            scope.kind, scope.id, wanted.start, wanted.end, wanted.reason, wanted.by
        )
        return answer.json({"id": id}, 201, {"Location": f"/api/v1/maintenance/{id}"})

    async def _end(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        if f"maintenance/{id}" not in self._deps.picture:
            raise Refused(f"there is no maintenance {id!r}; it may have ended", status=404)
        said = await body.read(request, Ended)
        await self._deps.desk.end_maintenance(id, said.by)
        return web.Response(status=204)


def check(wanted: Wanted, now: float) -> None:
    """Whether the times can be meant; raises Refused 422 with the value when not."""
    start = now if wanted.start is None else wanted.start
    if wanted.end <= now:
        raise Refused(f"end: {wanted.end:.15g} is in the past, now is {now:.0f}", status=422)
    if wanted.end <= start:
        raise Refused(f"end: {wanted.end:.15g} is not after start, {start:.15g}", status=422)
    for what, span in (("start", start - now), ("end", wanted.end - start)):
        if span > LONGEST:
            days = f"{span / 86_400:.6g} days are more than the {LONGEST / 86_400:.0f} allowed"
            raise Refused(f"{what}: {days}", status=422)
