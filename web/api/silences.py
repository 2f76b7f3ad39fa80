"""Silences: `GET`, `POST /api/v1/silences`, `DELETE …/ID`, `POST …/ID/extend`. Times are steady, as `now` is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, StringConstraints

from ioc.config.scalars import UnfitError, duration
from ioc.errors import Refused
from ioc.matchers import MOST, Matcher, MatcherError, of_form, parse_all
from web.api import answer, body
from web.auth import Need
from web.deps import Deps, Route, Silencing

STATES = ("active", "pending", "expired")
Text = Annotated[body.Legible, StringConstraints(max_length=10_000)]
Id = Annotated[body.Legible, StringConstraints(min_length=1, max_length=100)]


class Form(body.Body):
    """A matcher as Alertmanager's API writes it."""

    name: Annotated[body.Legible, StringConstraints(min_length=1, max_length=1_000)]
    value: Annotated[body.Legible, StringConstraints(max_length=1_000)]
    isRegex: bool = False  # noqa: N815 -- Alertmanager's name
    isEqual: bool = True  # noqa: N815


class Wanted(body.Body):
    """A silence of what the matchers hold of, from `start` (now when left out) to `end`, or for a duration (`2h`)."""

    matchers: Text | Annotated[list[Form], Field(max_length=MOST)]
    start: float | None = None
    end: float | None = None
    for_: body.Name | None = Field(default=None, alias="for")
    reason: body.Words
    by: body.Name


class Extended(body.Body):
    """A later end: a time, or so long from now."""

    end: float | None = None
    for_: body.Name | None = Field(default=None, alias="for")
    by: body.Name


class Ended(body.Body):
    """Who ends a silence."""

    by: body.Name


class SilencesApi:
    """Silences as the picture has them: active ones first, soonest end first; then pending, then expired ones."""

    def __init__(self, deps: Deps, silencing: Silencing) -> None:
        self._deps = deps
        self._silencing = silencing

    def routes(self) -> list[Route]:
        """List, begin, extend and end."""
        return [
            Route("GET", "/api/v1/silences", Need.READ, self._list),
            Route("POST", "/api/v1/silences", Need.WRITE, self._begin),
            Route("GET", "/api/v1/silences/{id}", Need.READ, self._one),
            Route("DELETE", "/api/v1/silences/{id}", Need.WRITE, self._end),
            Route("POST", "/api/v1/silences/{id}/extend", Need.WRITE, self._extend),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        asked = request.query.get("state")
        if asked is not None and asked not in STATES:
            raise Refused(f"state={asked[:40]!r} is not a state of a silence; one of {', '.join(STATES)}")
        picture = self._deps.picture
        every = [self._shown(key.removeprefix("silence/")) for key in picture.keys("silence/")]
        found = [each for each in every if asked is None or each["state"] == asked]
        return answer.json({"now": self._deps.clock.now(), "silences": sorted(found, key=_order)})

    async def _one(self, request: web.Request) -> web.StreamResponse:
        return answer.json(self._shown(request.match_info["id"]))

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        wanted = await body.read(request, Wanted)
        now = self._deps.clock.now()
        begins = now if wanted.start is None else wanted.start
        end = _end(wanted.end, wanted.for_, begins)
        matchers = _matchers(wanted.matchers)
        id = await self._silencing.begin(matchers, wanted.start, end, wanted.reason, wanted.by)
        return answer.json(self._shown(id), 201, {"Location": f"/api/v1/silences/{id}"})

    async def _extend(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        self._shown(id)
        said = await body.read(request, Extended)
        await self._silencing.extend(id, _end(said.end, said.for_, self._deps.clock.now()), said.by)
        return answer.json(self._shown(id))

    async def _end(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        self._shown(id)
        said = await body.read(request, Ended)
        await self._silencing.expire(id, said.by)
        return web.Response(status=204)

    def _shown(self, id: str) -> dict[str, Any]:
        found = self._deps.picture.get(f"silence/{id}")
        if found is None:
            raise Refused(f"there is no silence {id[:100]!r}; see /api/v1/silences", status=404)
        said = ", ".join(str(of_form(each)) for each in found["matchers"])
        return {"id": id, "text": said, **found}


def _matchers(given: str | Sequence[Form]) -> tuple[Matcher, ...]:
    """Matchers as text, or in Alertmanager's form; raises Refused 422 with which is wrong."""
    try:
        if isinstance(given, str):
            return parse_all(given)
        return tuple(of_form(each.model_dump()) for each in given)
    except MatcherError as error:
        raise Refused(f"matchers: {error}", status=422) from None


def _end(end: float | None, lasts: str | None, begins: float) -> float:
    if (end is None) == (lasts is None):
        raise Refused('give either end, a time, or for, a duration such as "2h"', status=422)
    if lasts is None:
        return end if end is not None else begins
    try:
        return begins + duration(lasts)
    except UnfitError as error:
        raise Refused(f"for: {error.what}: {lasts!r}; {error.hint}", status=422) from None


def _order(silence: Mapping[str, Any]) -> tuple[int, float]:
    """As Alertmanager has it: active ones by their end, pending ones by their start, expired ones newest first."""
    state = STATES.index(silence["state"])
    return state, (silence["end"], silence["start"], -silence["end"])[state]
