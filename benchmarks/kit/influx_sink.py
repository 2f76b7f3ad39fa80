"""Takes what a service writes to InfluxDB 2 and keeps nothing: `python -m benchmarks.kit.influx_sink PORT`.

`POST` is answered 204, as InfluxDB answers what it has stored; `GET /lines` says how many lines came.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

from ioc.demo.child import play, ready

BODY_LIMIT = 64 << 20


async def serve(port: int) -> None:
    """Take writes until told to stop."""
    lines = 0

    async def take(request: web.Request) -> web.Response:
        nonlocal lines
        lines += (await request.read()).count(b"\n") + 1
        return web.Response(status=204)

    async def tell(request: web.Request) -> web.Response:
        return web.Response(text=str(lines))

    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_post("/{path:.*}", take)
    app.router.add_get("/lines", tell)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    ready(port=port)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    play(serve(int(sys.argv[1])))
