"""The sink: `python -m ioc.demo.sink LOG [PORT]` records each POST, answers 200.

A POST to `/sms/NAME` is a short message, and is answered as that gateway does (`ioc.demo.gateway`); any other is a
webhook. `GET /watchdog` is the dead man's switch that the service calls; it is not recorded.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import orjson
from aiohttp import web

from ioc.clock import Clock
from ioc.demo import gateway
from ioc.demo.child import play, ready
from ioc.demo.logs import Log
from ioc.demo.moment import monotonic

BODY_LIMIT = 4 * 1024 * 1024


class Sink:
    """Receives webhooks on a loopback port; `port` is known once it is open."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def open(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Listen on a port, 0 for a free one."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_get("/watchdog", self._heard)
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _heard(self, _: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def _take(self, request: web.Request) -> web.Response:
        at = monotonic(self._clock)
        raw = await request.read()
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            self._log.write({"at": at, "path": request.path, "unreadable": str(error)})
            return web.Response(status=400, text=f"not JSON: {error}")
        name = gateway.of(request.path)
        answered = {"answer": gateway.answer(name, body)} if name else {}
        self._log.write({"at": at, "path": request.path, "body": body, **answered})
        return web.json_response(answered["answer"]) if name else web.Response()


async def serve(log: Path, port: int) -> None:
    """Be a sink until told to stop."""
    with Log(log) as written:
        sink = Sink(written, Clock())
        await sink.open(port)
        ready(port=sink.port)
        try:
            await asyncio.Event().wait()
        finally:
            await sink.close()


if __name__ == "__main__":
    play(serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
