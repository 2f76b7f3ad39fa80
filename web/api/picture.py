"""The operating picture as JSON: `GET /api/v1/picture?prefix=`."""

from __future__ import annotations

from aiohttp import web

from web.api import answer
from web.auth import Need
from web.deps import Deps, Route


class PictureApi:
    """The picture, whole or the keys that begin with a prefix."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        """One address."""
        return [Route("GET", "/api/v1/picture", Need.READ, self._show)]

    async def _show(self, request: web.Request) -> web.StreamResponse:
        picture = self._deps.picture
        prefix = request.query.get("prefix", "")
        return answer.json(
            {
                "epoch": picture.epoch,
                "offset": picture.offset,
                "now": self._deps.clock.now(),
                "picture": {key: picture.get(key) for key in picture.keys(prefix)},
            }
        )
