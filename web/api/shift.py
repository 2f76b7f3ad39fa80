"""The shift log: `GET /api/v1/shift?q=&before=&limit=`, newest first, and `POST /api/v1/shift`. Times are civil."""

from __future__ import annotations

import re
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, StringConstraints

from ioc.errors import Refused
from web.api import answer, body
from web.auth import Need
from web.deps import Handover, Route

MOST, DEFAULT = 200, 50
LONGEST_SEARCH = 200
PARAMETERS = ("q", "before", "limit")
_NUMBER = re.compile(r"[0-9]{1,15}")


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000),
    AfterValidator(body.check_legible),
]


class Note(body.Body):
    """What a shift leaves for the next one; `schedule` is the one whose shift it was."""

    by: body.Name
    text: Text
    schedule: Annotated[str, StringConstraints(max_length=64)] = ""


class ShiftApi:
    """Notes with the incidents that were open when they were written; `next` is the `before` of the next page."""

    def __init__(self, log: Handover) -> None:
        self._log = log

    def routes(self) -> list[Route]:
        """Reading and writing."""
        return [
            Route("GET", "/api/v1/shift", Need.READ, self._find),
            Route("POST", "/api/v1/shift", Need.WRITE, self._write),
        ]

    async def _find(self, request: web.Request) -> web.StreamResponse:
        for name in request.query:
            if name not in PARAMETERS:
                raise Refused(f"{name[:80]}= is not a parameter; one of {', '.join(PARAMETERS)}")
        words = request.query.get("q", "")
        if len(words) > LONGEST_SEARCH:
            raise Refused(f"q has {len(words)} characters; at most {LONGEST_SEARCH} are looked for")
        limit = _number(request, "limit") or DEFAULT
        if limit > MOST:
            raise Refused(f"limit={limit} is not between 1 and {MOST}")
        found = await self._log.find(words, _number(request, "before"), limit)
        return answer.json({"notes": found, "next": found[-1]["id"] if len(found) == limit else None})

    async def _write(self, request: web.Request) -> web.StreamResponse:
        said = await body.read(request, Note)
        return answer.json(await self._log.write(said.by, said.schedule, said.text), status=201)


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise Refused(f"{name}={text[:80]!r} is not a whole number")
    return int(text)
