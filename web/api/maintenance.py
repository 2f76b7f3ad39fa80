"""Maintenance: `GET`, `POST /api/v1/maintenance`, `DELETE …/ID`. Times are steady, as `now` is.

With `every` instead of an end it comes again: see recurring.
"""

from __future__ import annotations

from typing import Literal, Self

from aiohttp import web
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from ioc.errors import Refused
from web.api import answer, body, recurring
from web.auth import Need
from web.deps import Deps, Route

LONGEST = 366 * 86_400.0
"""seconds that it may last, and be ahead; longer is not maintenance but decommissioning, which is configuration"""


class Scope(body.Body):
    """What is maintained."""

    kind: Literal["endpoint", "site", "unit"]
    id: body.Name


class Wanted(body.Body):
    """Maintenance from `start` (now when left out) to `end`, by the clock of every answer's `now`; or `every`."""

    scope: Scope
    start: float | None = None
    end: float | None = None
    every: recurring.Repeat | None = None
    reason: body.Words
    by: body.Name

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.end is None) == (self.every is None):
            raise PydanticCustomError("one_end", "give either end, a time, or every, for what comes again")
        if self.every is not None and self.start is not None:
            raise PydanticCustomError(
                "start_of_every", "what comes again begins with every.from, not with start"
            )
        return self


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
        again = [
            {"id": key.removeprefix("recurrence/"), **(picture.get(key) or {})}
            for key in sorted(picture.keys("recurrence/"))
        ]
        return answer.json({"now": self._deps.clock.now(), "maintenance": ordered, "every": again})

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        wanted = await body.read(request, Wanted)
        scope = wanted.scope
        if wanted.end is None:
            return await self._recur(wanted)
        check(wanted.start, wanted.end, self._deps.clock.now())
        id = await self._deps.desk.maintain(
            scope.kind, scope.id, wanted.start, wanted.end, wanted.reason, wanted.by
        )
        return answer.json({"id": id}, 201, {"Location": f"/api/v1/maintenance/{id}"})

    async def _recur(self, wanted: Wanted) -> web.StreamResponse:
        if wanted.every is None or self._deps.recurring is None:
            raise Refused("no maintenance comes again here", status=503)
        scope, every = wanted.scope, recurring.every(wanted.every)
        id = await self._deps.recurring.begin(scope.kind, scope.id, every, wanted.reason, wanted.by)
        return answer.json({"every": id}, 201, {"Location": f"/api/v1/maintenance/every/{id}"})

    async def _end(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        if f"maintenance/{id}" not in self._deps.picture:
            raise Refused(f"there is no maintenance {id!r}; it may have ended", status=404)
        said = await body.read(request, Ended)
        await self._deps.desk.end_maintenance(id, said.by)
        return web.Response(status=204)


def check(begins: float | None, end: float, now: float) -> None:
    """Whether the times can be meant; raises Refused 422 with the value when not."""
    start = now if begins is None else begins
    if end <= now:
        raise Refused(f"end: {end:.15g} is in the past, now is {now:.0f}", status=422)
    if end <= start:
        raise Refused(f"end: {end:.15g} is not after start, {start:.15g}", status=422)
    for what, span in (("start", start - now), ("end", end - start)):
        if span > LONGEST:
            days = f"{span / 86_400:.6g} days are more than the {LONGEST / 86_400:.0f} allowed"
            raise Refused(f"{what}: {days}", status=422)
