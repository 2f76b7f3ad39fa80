"""`GET /ws`: where a screen connects. The push speaks; here are the handshake and what a client may say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from aiohttp import WSCloseCode, WSMsgType, web

from ioc.clock import Clock
from ioc.errors import Refused
from ioc.telemetry import Telemetry
from web import frames
from web.auth import Need
from web.deps import MAY, Route, Wall
from web.push import Push, Screen

MESSAGE_LIMIT = 4096
"""bytes of a client's message; none is ever needed"""
MESSAGES = 20
"""messages, pings included, that a client may send within `WITHIN` seconds"""
WITHIN = 10.0
GOODBYE = 1.0
"""seconds to wait for a client's answer to our close frame"""
LARGEST = 2**53
"""offsets are below this: they pass through JavaScript's numbers"""


class Socket(web.WebSocketResponse):
    """A WebSocket that leaves the push before its close frame goes out; nothing may follow that."""

    def __init__(self, leave: Callable[[], None]) -> None:
        super().__init__(timeout=GOODBYE, autoping=False, autoclose=False, max_msg_size=MESSAGE_LIMIT)
        self._leave = leave

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Push no more, then close; aiohttp calls this itself when a client breaks the protocol."""
        self._leave()
        return await super().close(code=code, message=message, drain=drain)


class Screens:
    """Takes screens in, hands them to the push and takes leave of those that misbehave."""

    def __init__(
        self, push: Push, clock: Clock, telemetry: Telemetry, wall: Wall, epoch: str, build: str
    ) -> None:
        self._push = push
        self._clock = clock
        self._wall = wall
        self._epoch = epoch
        self._build = build
        self._open: set[Socket] = set()
        self._violations = telemetry.tally("ioc_push_violations", "Screens closed for what they sent.")

    def routes(self) -> list[Route]:
        """The one address of the push."""
        return [Route("GET", "/ws", Need.READ, self.connect, upgrades=True)]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Greet one screen, push to it, and listen until it is gone."""
        cursor = self._cursor(request)
        if not self._push.admit():
            raise Refused(
                f"{len(self._push)} screens are connected, no more are taken; try later", status=503
            )
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the screen went while it shook hands")
        screen = Screen(transport, cursor)
        socket = Socket(partial(self._push.leave, screen))
        await socket.prepare(request)
        socket.headers.clear()  # they are sent, and would stay in memory as long as the screen does
        screen.window = int(socket.compress)
        self._open.add(socket)
        self._push.join(screen, self._hello(request[MAY]))
        try:
            await self._listen(socket)
        finally:
            self._push.leave(screen)
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        """Say goodbye to every screen at once, since this service stops."""
        code, why = WSCloseCode.GOING_AWAY, b"service stops"
        await asyncio.gather(*(socket.close(code=code, message=why) for socket in self._open))

    def _cursor(self, request: web.Request) -> int:
        text = request.query.get("offset", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 17) or int(text) > LARGEST:
            raise Refused(f"offset={text[:40]!r} is not an offset; leave it out for the whole picture")
        return int(text) if request.query.get("epoch") == self._epoch else 0

    def _hello(self, may: Need) -> bytes:
        return frames.hello(
            build=self._build,
            epoch=self._epoch,
            now=self._clock.now(),
            name=self._wall.name,
            beat_s=self._push.pace.beat,
            coalesce_ms=round(self._push.pace.coalesce * 1000),
            viewing={"distance_m": self._wall.distance_m, "screen_height_m": self._wall.screen_height_m},
            languages=self._wall.languages,
            may_write=may >= Need.WRITE,
        )

    async def _listen(self, socket: Socket) -> None:
        heard: list[float] = []  # a screen says nothing, and an empty deque takes 700 bytes
        while True:
            message = await socket.receive()
            if message.type is WSMsgType.ERROR:
                self._violations.n += 1
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG):
                await socket.close()
                return
            now = self._clock.now()
            if len(heard) == MESSAGES and now - heard[0] < WITHIN:
                self._violations.n += 1
                await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too many messages")
                return
            heard.append(now)
            del heard[:-MESSAGES]
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
