"""`ioc watch URL`: the wall in a terminal, for a shell over a slow line or a script (`once`)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode, urlsplit, urlunsplit

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from ioc.clock import Clock
from ioc.errors import CodecError, Refused
from ioc.legible import legible
from web.mirror import Mirror
from web.terminal import wall

LARGEST_MESSAGE = 64 * 2**20
"""bytes: a whole picture of the country"""
FIRST_WAIT = 0.5
LONGEST_WAIT = 15.0
FINAL = (400, 401, 403, 404, 421)
"""statuses that trying again does not change"""
MISSED_BEATS = 3
SNAPSHOT_SECONDS = 10.0


def run(url: str, token: str = "", once: bool = False) -> int:
    """Show a service's wall until interrupted, or one snapshot when `once`; the exit code.

    0 when a snapshot was shown, 1 when there was none to show, 2 when the service refuses us.
    """
    console = Console()
    try:
        watcher = Watcher(address(url), token, Clock(), random.Random(), console)
        asyncio.run(watcher.snapshot() if once else watcher.follow())
    except Refused as error:
        console.print(Text(legible(str(error)), style="bold red"))
        return 2
    except (OSError, WebSocketException, CodecError) as error:
        console.print(Text(legible(f"không kết nối được {url}: {error}"), style="bold red"))
        return 1
    except KeyboardInterrupt:
        pass
    return 0


class Watcher:
    """Keeps a mirror of one service's picture and shows it."""

    def __init__(self, url: str, token: str, clock: Clock, chance: random.Random, console: Console) -> None:
        self.url = url
        self.console = console
        self.mirror = Mirror()
        self._token = token
        self._clock = clock
        self._chance = chance
        self._cut: float | None = clock.now()
        self._why = "đang kết nối"

    async def snapshot(self) -> None:
        """Show the picture once; raises Refused, OSError or WebSocketException when there is none to show."""
        async with asyncio.timeout(SNAPSHOT_SECONDS), self._connect() as screen:
            while not self.mirror.live:
                await self._take(screen)
        self.console.print(self.render())

    async def follow(self) -> None:
        """Show the picture until cancelled, resuming after every cut; raises Refused when we may not read."""
        with Live(self.render(), console=self.console, auto_refresh=False) as live:
            ticking = asyncio.create_task(self._refresh(live))
            try:
                await self._keep_connected()
            finally:
                ticking.cancel()

    async def _keep_connected(self) -> None:
        waits = 0
        while True:
            try:
                async with self._connect() as screen:
                    waits = 0
                    await self._listen(screen)
            except (OSError, WebSocketException, CodecError) as error:
                self._lose(str(error) or type(error).__name__)
            await asyncio.sleep(wait(waits, self._chance.random()))
            waits += 1

    async def _listen(self, screen: ClientConnection) -> None:
        while True:
            try:
                async with asyncio.timeout(MISSED_BEATS * self.mirror.beat_s):
                    await self._take(screen)
            except TimeoutError:
                raise OSError(
                    f"không nhận được gì trong {MISSED_BEATS * self.mirror.beat_s:.0f} giây"
                ) from None

    async def _take(self, screen: ClientConnection) -> None:
        self.mirror.take(await screen.recv(), self._clock.now())
        if self.mirror.live:
            self._cut = None

    def _lose(self, why: str) -> None:
        if self._cut is None:
            self._cut = self._clock.now()
        self._why = why

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[ClientConnection]:
        """A connection that resumes where the mirror stands; raises Refused when the service refuses us."""
        resume = urlencode({"epoch": self.mirror.epoch, "offset": self.mirror.offset})
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        opening = connect(
            f"{self.url}?{resume}",
            additional_headers=headers,
            max_size=LARGEST_MESSAGE,
            ping_interval=None,  # beats tell that the link lives
            proxy=None,
        )
        try:
            screen = await opening
        except InvalidStatus as error:
            if error.response.status_code in FINAL:
                body = (error.response.body or b"").decode("utf-8", "replace")
                raise Refused(f"{error.response.status_code}: {body[:300]}") from None
            raise
        async with screen:
            yield screen

    async def _refresh(self, live: Live) -> None:
        while True:
            live.update(self.render(), refresh=True)
            await asyncio.sleep(1.0)

    def render(self) -> RenderableType:
        """The wall as it stands now."""
        now = self._clock.now() + self.mirror.ahead
        cut = None if self._cut is None else self._clock.now() - self._cut
        return wall(self.mirror, now, cut, self._why)


def wait(tries: int, chance: float) -> float:
    """Seconds before connecting again: doubled each time, spread so that not everybody comes at once."""
    doubled: float = FIRST_WAIT * 2 ** min(tries, 10)
    return min(LONGEST_WAIT, doubled) * (0.5 + chance)


def address(url: str) -> str:
    """A wall's URL as that of its push; raises Refused for what is not a web address."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise Refused(f"{url!r} is not an address; for example https://ioc.example.gov.vn")
    path = parts.path.rstrip("/")
    return urlunsplit((scheme, parts.netloc, path if path.endswith("/ws") else f"{path}/ws", "", ""))
