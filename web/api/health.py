"""For machines: `/healthz`, `/readyz`, `/metrics`, `POST /-/reload`."""

from __future__ import annotations

from aiohttp import web

from web.api import answer
from web.auth import Gate, Need, asked_of
from web.deps import Deps, Route

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class HealthApi:
    """How this service is: open to load balancers, in detail only to whoever may read."""

    def __init__(self, deps: Deps, gate: Gate) -> None:
        self._deps = deps
        self._gate = gate

    def routes(self) -> list[Route]:
        """Our own names and Prometheus'."""
        return [
            Route("GET", "/healthz", Need.NOTHING, self._alive),
            Route("GET", "/-/healthy", Need.NOTHING, self._alive),
            Route("GET", "/readyz", Need.NOTHING, self._ready),
            Route("GET", "/-/ready", Need.NOTHING, self._ready),
            Route("GET", "/metrics", Need.READ, self._metrics),
            Route("POST", "/-/reload", Need.WRITE, self._reload),
        ]

    async def _alive(self, request: web.Request) -> web.StreamResponse:
        return answer.json({"ok": True})

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        how = self._deps.desk.readiness()
        said: dict[str, object] = {"ready": how.ready}
        asked = asked_of(request.remote or "", request.headers, request.cookies)
        if self._gate.grant(asked) >= Need.READ:
            said["degraded"] = dict(how.degraded)
        return answer.json(said, 200 if how.ready else 503)

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._deps.telemetry.exposition(), headers={"Content-Type": EXPOSITION})

    async def _reload(self, request: web.Request) -> web.StreamResponse:
        return answer.json({"changes": list(await self._deps.desk.reload())})
