"""Who is on call: `GET /api/v1/oncall`, `…/ID`, `…/ID.ics`; `POST …/ID/override`, `…/ID/swap`, `DELETE …/ID/changes/N`.

Times are steady, as `now` is; those in the calendar file are civil.
"""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints

from web.api import answer, body
from web.auth import Need
from web.deps import Deps, Rota, Route

Person = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Reason = Annotated[body.Legible, StringConstraints(strip_whitespace=True, max_length=500)]


class Override(body.Body):
    """These people instead of whoever would be on call; from now on where `start` is left out."""

    start: float | None = None
    end: float
    people: Annotated[list[Person], Field(min_length=1, max_length=20)]
    by: body.Name
    reason: Reason = ""


class Swap(body.Body):
    """Two people take each other's turns; from now on where `start` is left out."""

    start: float | None = None
    end: float
    one: Person
    other: Person
    by: body.Name
    reason: Reason = ""


class Withdrawn(body.Body):
    """Who takes a change back."""

    by: body.Name


class OncallApi:
    """Schedules as they are now, with what people change of them on screen."""

    def __init__(self, deps: Deps, rota: Rota) -> None:
        self._deps = deps
        self._rota = rota

    def routes(self) -> list[Route]:
        """The list, one schedule, its calendar file, and its changes."""
        here = "/api/v1/oncall"
        return [
            Route("GET", here, Need.READ, self._list),
            Route("GET", here + "/{id}.ics", Need.READ, self._ics),
            Route("GET", here + "/{id}", Need.READ, self._one),
            Route("POST", here + "/{id}/override", Need.WRITE, self._override),
            Route("POST", here + "/{id}/swap", Need.WRITE, self._swap),
            Route("DELETE", here + r"/{id}/changes/{number:\d{1,15}}", Need.WRITE, self._withdraw),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        now = self._deps.clock.now()
        people = [{"id": id, "name": name} for id, name in self._rota.people().items()]
        return answer.json({"now": now, "schedules": self._rota.overview(), "people": people})

    async def _one(self, request: web.Request) -> web.StreamResponse:
        told = self._rota.told(request.match_info["id"])
        return answer.json({"now": self._deps.clock.now(), **told})

    async def _ics(self, request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=self._rota.calendar(request.match_info["id"]),
            content_type="text/calendar",
            charset="utf-8",
            headers={"Cache-Control": "no-store"},
        )

    async def _override(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        said = await body.read(request, Override)
        start = self._deps.clock.now() if said.start is None else said.start
        number = await self._rota.override(id, start, said.end, said.people, said.by, said.reason)
        return self._made(id, number)

    async def _swap(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        said = await body.read(request, Swap)
        start = self._deps.clock.now() if said.start is None else said.start
        number = await self._rota.swap(id, start, said.end, said.one, said.other, said.by, said.reason)
        return self._made(id, number)

    async def _withdraw(self, request: web.Request) -> web.StreamResponse:
        said = await body.read(request, Withdrawn)
        id, number = request.match_info["id"], int(request.match_info["number"])
        await self._rota.withdraw(id, number, said.by)
        return web.Response(status=204)

    def _made(self, id: str, number: int) -> web.StreamResponse:
        return answer.json({"id": number}, 201, {"Location": f"/api/v1/oncall/{id}/changes/{number}"})
