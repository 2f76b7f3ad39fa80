"""Alerts of other programs: `POST /api/v2/alerts`, as Prometheus posts them to an Alertmanager.

200 with an empty body when all are taken and would be after a crash; 400 when some are not, and every other is; 401
who does not show the token; 413 too large; 415 no JSON; 503 later. Errors are Alertmanager's: one JSON string.

Source: Alertmanager, api/v2/openapi.yaml, `postAlerts`.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from ioc.errors import Refused
from web.api import answer
from web.api.packed import body
from web.auth import Need, same
from web.deps import Deps, Route, Visitors

BODY_CAP = 16 * 1024 * 1024
"""bytes of a post, as sent and unpacked: 10,000 alerts of 1.6 KB"""
AT_ONCE = 8
"""posts that are read or wait; more are told to come later"""
AGAIN = "5"
"""seconds after which whoever is turned away may come again"""
SHOWN = 100
"""refused alerts that an answer tells of"""


class AlertsApi:
    """Takes alerts from whoever shows their own token."""

    def __init__(self, deps: Deps, visitors: Visitors) -> None:
        self._visitors = visitors
        self._running = 0
        tally = deps.telemetry.tally
        self._unfit = tally("ioc_outside_refused_posts", "Posts of alerts that are refused as a whole.")

    def routes(self) -> list[Route]:
        """The one address that Prometheus posts to."""
        return [Route("POST", "/api/v2/alerts", Need.NOTHING, self._post, own_token=True)]

    async def _post(self, request: web.Request) -> web.StreamResponse:
        try:
            refused = await self._taken(request)
        except Refused as error:
            self._unfit.n += 1
            return _said(str(error), error.status)
        if refused:
            return _said(_sentence(refused), 400)
        return web.Response(headers={"Cache-Control": "no-store"})

    async def _taken(self, request: web.Request) -> Sequence[str]:
        _check_token(request.headers.get("Authorization", ""), self._visitors.token())
        if request.content_type != "application/json":
            what = f"Content-Type {request.content_type[:60]!r} is not taken; send application/json"
            raise Refused(what, status=415)
        if self._running >= AT_ONCE:
            raise Refused(f"{AT_ONCE} posts are being read; send it again", status=503)
        self._running += 1
        try:
            return await self._visitors.take(await body(request, BODY_CAP))
        finally:
            self._running -= 1


def _check_token(header: str, token: str) -> None:
    """Raises Refused 401 unless a request shows the token."""
    scheme, _, shown = header.partition(" ")
    if scheme.lower() != "bearer" or not shown.strip():
        raise Refused("a token is needed; send it as Authorization: Bearer TOKEN", status=401)
    if not same(shown.strip(), token):
        raise Refused("this is not the token of outside.token", status=401)


def _sentence(refused: Sequence[str]) -> str:
    rest = f"; and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
    return "; ".join(refused[:SHOWN]) + rest


def _said(what: str, status: int) -> web.Response:
    """An error as Alertmanager says it."""
    headers = {"Retry-After": AGAIN} if status == 503 else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="ioc"'
    return answer.json(what, status, headers)
