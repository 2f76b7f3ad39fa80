"""Endpoints: `GET /api/v1/endpoints?state=&unit=&system=&limit=` and `GET /api/v1/endpoints/ID`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ioc.errors import Refused
from ioc.model import State
from ioc.picture import Picture
from web.api import answer
from web.auth import Need
from web.deps import Deps, Route

LIMIT = 1_000
LARGEST_LIMIT = 50_000
WORST_FIRST = (
    State.DOWN,
    State.DEGRADED,
    State.UNREACHABLE,
    State.UNKNOWN,
    State.MAINTENANCE,
    State.UP,
    State.OFF,
)
RANK: Mapping[str, int] = {state.value: rank for rank, state in enumerate(WORST_FIRST)}


class EndpointsApi:
    """Each endpoint's static and live side as one object, worst first, then by id."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        """The list and the single one."""
        return [
            Route("GET", "/api/v1/endpoints", Need.READ, self._list),
            Route("GET", "/api/v1/endpoints/{id}", Need.READ, self._one),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        picture = self._deps.picture
        limit = _limit(request.query.get("limit"))
        found = select(
            picture,
            _state(request.query.get("state")),
            request.query.get("unit"),
            request.query.get("system"),
        )
        return answer.json({"now": self._deps.clock.now(), "total": len(found), "endpoints": found[:limit]})

    async def _one(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        picture = self._deps.picture
        if f"about/{id}" not in picture and f"endpoint/{id}" not in picture:
            raise Refused(f"there is no endpoint {id!r}", status=404)
        return answer.json(joined(picture, id))


def select(picture: Picture, state: str | None, unit: str | None, system: str | None) -> list[dict[str, Any]]:
    """The endpoints in a state, in a unit or below it, of a system; worst first, then by id."""
    ids = [key.removeprefix("about/") for key in picture.keys("about/")]
    found = [joined(picture, id) for id in ids]
    kept = [
        each
        for each in found
        if (state is None or each.get("state") == state)
        and (system is None or each.get("system") == system)
        and (unit is None or within(picture, each.get("unit", ""), unit))
    ]
    return sorted(kept, key=lambda each: (RANK.get(each.get("state", ""), len(RANK)), each["id"]))


def joined(picture: Picture, id: str) -> dict[str, Any]:
    """An endpoint's id, static side and live side."""
    return {"id": id, **(picture.get(f"about/{id}") or {}), **(picture.get(f"endpoint/{id}") or {})}


def within(picture: Picture, unit: str, above: str) -> bool:
    """Whether a unit is another or somewhere below it."""
    seen: set[str] = set()
    while unit and unit not in seen:
        if unit == above:
            return True
        seen.add(unit)
        unit = (picture.get(f"unit/{unit}") or {}).get("parent", "")
    return False


def _state(text: str | None) -> str | None:
    if text is not None and text not in RANK:
        raise Refused(f"state={text!r} is not a state; one of {', '.join(RANK)}")
    return text


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT
    if not (text.isascii() and text.isdigit() and len(text) < 9) or not 1 <= int(text) <= LARGEST_LIMIT:
        raise Refused(f"limit={text[:40]!r} is not a number from 1 to {LARGEST_LIMIT}")
    return int(text)
