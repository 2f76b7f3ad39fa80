"""Why who was told, and a test page: `GET /api/v1/incidents/N/explain?person=&language=`, `POST /api/v1/page`."""

from __future__ import annotations

from aiohttp import web

from ioc.errors import Refused
from web.api import answer, body
from web.auth import Need
from web.deps import PagingDesk, Route

LANGUAGES = ("vi", "en")


class Page(body.Body):
    """Whom to page (`person:ID`, `receiver:NAME`, `schedule:ID`), and who asks for it."""

    to: body.Name
    by: body.Name


class PagingApi:
    """Reads what happened, and pages somebody as a test."""

    def __init__(self, desk: PagingDesk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Both."""
        return [
            Route("GET", r"/api/v1/incidents/{id:\d{1,15}}/explain", Need.READ, self._explain),
            Route("POST", "/api/v1/page", Need.WRITE, self._page),
        ]

    async def _explain(self, request: web.Request) -> web.StreamResponse:
        person, language = request.query.get("person", ""), request.query.get("language", "vi")
        if language not in LANGUAGES:
            raise Refused(f"language={language[:80]!r} is not spoken; one of {', '.join(LANGUAGES)}")
        if len(person) > 100:
            raise Refused(f"person: {len(person)} characters are no id; 100 at most")
        return answer.json(await self._desk.explain(int(request.match_info["id"]), person, language))

    async def _page(self, request: web.Request) -> web.StreamResponse:
        asked = await body.read(request, Page)
        return answer.json({"deliveries": list(await self._desk.page(asked.to, asked.by))})
