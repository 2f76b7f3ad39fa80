"""The push: every screen is one integer, the offset of the picture that it holds.

A tick looks up what changed since each screen's offset; screens at the same offset, which is nearly all of
them, share one `since`, one encoding and one deflating. A screen that does not read keeps its offset while
more than `WAITING` bytes wait for it, and is given what changed meanwhile, each key once, when it reads on:
conflation needs no queue. aiohttp shakes hands and answers control frames; it never sends data, which is
written here to the transport, whole frames only.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ioc.clock import Clock
from ioc.picture import Change, Picture
from ioc.telemetry import Telemetry
from web import frames

WAITING = 64 * 1024
"""bytes waiting in a screen's write buffer above which it is skipped"""
UNSENT = 16 * 1024
"""bytes the kernel takes beyond what the network does, so that what waits is still ours to conflate"""
DEAD_AFTER = 300
"""seconds after which the kernel gives a peer up that does not acknowledge. It also gives up one that lives but has
not read for so long (Linux counts a closed window as well), so it is long: such a screen reconnects and resumes"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often screens are written to, and how many there may be."""

    coalesce: float = 0.08
    """seconds from a change to the frame that carries it"""
    beat: float = 2.0
    """seconds of silence after which a beat is sent"""
    screens: int = 2_000


class Screen:
    """One connected screen; `window` is how its frames are deflated, `cursor` the offset that it holds."""

    __slots__ = ("behind", "cursor", "transport", "window")

    def __init__(self, transport: asyncio.Transport, cursor: int, window: int = frames.PLAIN) -> None:
        self.transport = transport
        self.window = window
        self.cursor = cursor
        self.behind = False


class Timer(Protocol):
    """A call that is yet to come."""

    def cancel(self) -> None:
        """Have it not come."""


Later = Callable[[float, Callable[[], None]], Timer]


def call_later(seconds: float, call: Callable[[], None]) -> Timer:
    """The event loop's own timer."""
    return asyncio.get_running_loop().call_later(seconds, call)


class Push:
    """Writes the changes of a picture to every screen, and drops none of them for being slow."""

    def __init__(
        self,
        clock: Clock,
        picture: Picture,
        telemetry: Telemetry,
        pace: Pace = Pace(),
        later: Later = call_later,
    ) -> None:
        self.pace = pace
        self._later = later
        self._clock = clock
        self._picture = picture
        self._screens: dict[Screen, None] = {}
        self._joining: list[Screen] = []
        self._tick: Timer | None = None
        self._beat: Timer | None = None
        self._wrote = clock.now()
        self._told = picture.offset
        self._sent = telemetry.tally("ioc_push_frames", "Frames written to screens.")
        self._skips = telemetry.tally(
            "ioc_push_skips", "Frames not written since the screen was not reading."
        )
        self._caught_up = telemetry.tally("ioc_push_conflated", "Screens that read again and were caught up.")
        self._refused = telemetry.tally("ioc_push_refused", "Screens refused since there were too many.")
        self._bad = telemetry.tally("ioc_push_unencodable", "Values left out since JSON cannot carry them.")
        telemetry.gauge("ioc_push_screens", "Screens connected.", self.__len__)
        picture.watch(self._changed)

    def __len__(self) -> int:
        return len(self._screens) + len(self._joining)

    def admit(self) -> bool:
        """Whether one more screen may join; a refusal is counted."""
        if len(self) < self.pace.screens:
            return True
        self._refused.n += 1
        return False

    def join(self, screen: Screen, hello: bytes) -> None:
        """Greet a screen; the next tick brings it from its cursor to the present, the same as all others."""
        tune(screen.transport)
        screen.transport.write(frames.frame(hello, screen.window))
        self._joining.append(screen)
        self._arm()
        if self._beat is None:
            self._beat = self._later(self.pace.beat, self._quiet)

    def leave(self, screen: Screen) -> None:
        """Write to a screen no more."""
        self._screens.pop(screen, None)
        if screen in self._joining:
            self._joining.remove(screen)

    def stop(self) -> None:
        """Write to nobody any more; closing the connections is for whoever opened them."""
        for handle in (self._tick, self._beat):
            if handle is not None:
                handle.cancel()
        self._tick = self._beat = None
        self._screens.clear()
        self._joining.clear()

    def tick(self) -> None:
        """Bring every screen that reads to the present."""
        self._tick = None
        now = self._clock.now()
        offset = self._picture.offset
        made: dict[int, frames.Prepared] = {}
        for screen in self._joining:
            if not screen.transport.is_closing():
                self._write(screen, made, now)
                self._screens[screen] = None
        self._joining.clear()
        if self._give(made, offset, now):
            self._arm()
        if offset != self._told:
            self._told, self._wrote = offset, now

    def _give(self, made: dict[int, frames.Prepared], offset: int, now: float) -> bool:
        """Write to the screens that are not at `offset`; whether some were not reading."""
        skipped = written = 0
        for screen in self._screens:
            transport = screen.transport
            if screen.cursor == offset or transport.is_closing():
                continue
            if transport.get_write_buffer_size() > WAITING:
                screen.behind = True
                skipped += 1
                continue
            prepared = made.get(screen.cursor)
            if prepared is None:
                prepared = self._prepare(screen.cursor, made, now)
            transport.write(prepared.frame(screen.window))
            screen.cursor = offset
            written += 1
            if screen.behind:
                screen.behind = False
                self._caught_up.n += 1
        self._sent.n += written
        self._skips.n += skipped
        return skipped > 0

    def _write(self, screen: Screen, made: dict[int, frames.Prepared], now: float) -> None:
        prepared = made.get(screen.cursor) or self._prepare(screen.cursor, made, now)
        screen.transport.write(prepared.frame(screen.window))
        screen.cursor = self._picture.offset
        self._sent.n += 1

    def _prepare(self, cursor: int, made: dict[int, frames.Prepared], now: float) -> frames.Prepared:
        change = self._picture.since(self._picture.epoch, cursor)
        prepared = made[cursor] = frames.Prepared(frames.delta(change, now, self._unencodable))
        return prepared

    def _unencodable(self, key: str) -> None:
        self._bad.n += 1

    def _changed(self, change: Change) -> None:
        if self._tick is None and self._screens:
            self._arm()

    def _arm(self) -> None:
        if self._tick is None:
            self._tick = self._later(self.pace.coalesce, self.tick)

    def _quiet(self) -> None:
        """Send a beat when nothing was sent for long enough, and look again when that could next be so."""
        self._beat = None
        if not len(self):
            return
        now = self._clock.now()
        if now - self._wrote >= self.pace.beat:
            self._wrote = now
            self._send_beat(now)
        wait = self._wrote + self.pace.beat - now
        self._beat = self._later(wait, self._quiet)

    def _send_beat(self, now: float) -> None:
        beat = frames.frame(frames.beat(self._told, now))
        for screen in self._screens:
            transport = screen.transport
            if screen.cursor != self._told or transport.is_closing():
                continue
            if transport.get_write_buffer_size() <= WAITING:
                transport.write(beat)
                self._sent.n += 1


def tune(transport: asyncio.Transport) -> None:
    """Have the kernel queue little for a screen and give it up when its peer is gone (tcp(7))."""
    transport.set_write_buffer_limits(high=WAITING)
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, DEAD_AFTER // 5)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, DEAD_AFTER // 30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER * 1000)
