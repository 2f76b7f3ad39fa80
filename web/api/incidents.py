"""Incidents: `GET /api/v1/incidents?status=`, `GET …/N`, `POST …/N/acknowledge`, `assign`, `comment`, `close`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import StringConstraints

from ioc.errors import Refused
from web.api import answer, body
from web.auth import Need
from web.deps import Deps, Route

STATUSES = ("open", "closed")
RANK = {"critical": 0, "warning": 1, "info": 2}


class Acknowledgement(body.Body):
    """Who takes an incident, and what they want to say."""

    by: body.Name
    note: Annotated[body.Legible, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    seen: float | None = None
    """`decided` of the incident as they saw it: refused when somebody else has acknowledged it since"""


class Assignment(body.Body):
    """Who is to see to an incident, and who says so."""

    to: body.Name
    by: body.Name


class Comment(body.Body):
    """What somebody has to say of an incident."""

    text: body.Words
    by: body.Name


class Closing(body.Body):
    """Why somebody closes an incident."""

    reason: body.Words
    by: body.Name


class IncidentsApi:
    """Incidents as the picture has them: gravest first, then newest."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        """The list, the single one, and what is done with it."""
        one = r"/api/v1/incidents/{id:\d{1,15}}"
        return [
            Route("GET", "/api/v1/incidents", Need.READ, self._list),
            Route("GET", one, Need.READ, self._one),
            Route("POST", f"{one}/acknowledge", Need.WRITE, self._acknowledge),
            Route("POST", f"{one}/assign", Need.WRITE, self._assign),
            Route("POST", f"{one}/comment", Need.WRITE, self._comment),
            Route("POST", f"{one}/close", Need.WRITE, self._close),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        status = request.query.get("status")
        if status is not None and status not in STATUSES:
            raise Refused(f"status={status!r} is not a status; one of {', '.join(STATUSES)}")
        picture = self._deps.picture
        every = [picture.get(key) or {} for key in picture.keys("incident/")]
        found = [each for each in every if status is None or each.get("status") == status]
        return answer.json({"now": self._deps.clock.now(), "incidents": sorted(found, key=_order)})

    async def _one(self, request: web.Request) -> web.StreamResponse:
        return answer.json(self._known(int(request.match_info["id"])))

    async def _acknowledge(self, request: web.Request) -> web.StreamResponse:
        id, said = await self._asked(request, Acknowledgement)
        await self._deps.desk.acknowledge(id, said.by, said.note, said.seen)
        return answer.json(self._deps.picture.get(f"incident/{id}"))

    async def _assign(self, request: web.Request) -> web.StreamResponse:
        id, said = await self._asked(request, Assignment)
        await self._deps.desk.assign(id, said.to, said.by)
        return answer.json(self._deps.picture.get(f"incident/{id}"))

    async def _comment(self, request: web.Request) -> web.StreamResponse:
        id, said = await self._asked(request, Comment)
        await self._deps.desk.comment(id, said.text, said.by)
        return answer.json(self._deps.picture.get(f"incident/{id}"))

    async def _close(self, request: web.Request) -> web.StreamResponse:
        id, said = await self._asked(request, Closing)
        await self._deps.desk.close_incident(id, said.reason, said.by)
        return answer.json(self._deps.picture.get(f"incident/{id}"))

    async def _asked(self, request: web.Request, model: type[body.Model]) -> tuple[int, body.Model]:
        """Which incident, and what is asked of it."""
        id = int(request.match_info["id"])
        self._known(id)
        return id, await body.read(request, model)

    def _known(self, id: int) -> Mapping[str, Any]:
        found = self._deps.picture.get(f"incident/{id}")
        if found is None:
            raise Refused(f"there is no incident {id}, or it was closed more than 15 minutes ago", status=404)
        return found


def _order(incident: Mapping[str, Any]) -> tuple[int, float]:
    return RANK.get(incident.get("severity", ""), len(RANK)), -incident.get("opened", 0.0)
