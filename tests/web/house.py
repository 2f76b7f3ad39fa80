"""A desk that writes down what it is asked, and one web part with its neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from ioc.errors import ConfigError, Refused
from ioc.picture import Picture
from ioc.telemetry import Telemetry
from web.deps import Deps, Readiness
from web.serve import Server


@dataclass
class FakeDesk:
    """Does what it is asked in the picture, as the service would."""

    picture: Picture
    asked: list[tuple[object, ...]] = field(default_factory=list)
    how: Readiness = field(default_factory=lambda: Readiness(True))
    faults: Sequence[str] = ()

    async def acknowledge(self, incident: int, by: str, note: str, seen: float | None = None) -> None:
        self.asked.append(("acknowledge", incident, by, note, seen))
        was = self.picture.get(f"incident/{incident}") or {}
        if was.get("status") == "closed":
            raise Refused(f"incident {incident} is closed; nothing to take", status=409, code="closed")
        self.picture.put(f"incident/{incident}", {**was, "acknowledged": {"by": by, "note": note}})

    async def assign(self, incident: int, to: str, by: str) -> None:
        self.asked.append(("assign", incident, to, by))

    async def comment(self, incident: int, text: str, by: str) -> None:
        self.asked.append(("comment", incident, text, by))

    async def close_incident(self, incident: int, reason: str, by: str) -> None:
        self.asked.append(("close", incident, reason, by))

    async def maintain(
        self, kind: str, id: str, start: float | None, end: float, reason: str, by: str
    ) -> str:
        self.asked.append(("maintain", kind, id, start, end, reason, by))
        self.picture.put("maintenance/m1", {"scope": {"kind": kind, "id": id}, "end": end, "by": by})
        return "m1"

    async def end_maintenance(self, id: str, by: str) -> None:
        self.asked.append(("end", id, by))
        self.picture.remove(f"maintenance/{id}")

    async def reload(self) -> Sequence[str]:
        if self.faults:
            raise ConfigError(self.faults)
        return ["endpoint dc1 added"]

    def readiness(self) -> Readiness:
        return self.how


@dataclass
class House:
    """One web part with its neighbours, listening."""

    deps: Deps
    desk: FakeDesk
    server: Server

    @property
    def picture(self) -> Picture:
        return self.deps.picture

    @property
    def telemetry(self) -> Telemetry:
        return self.deps.telemetry

    def cut(self) -> None:
        """Break every screen's connection, as a network does: without a word."""
        listening = self.server._runner.server
        assert listening is not None
        for connection in listening.connections:
            assert connection.transport is not None
            connection.transport.abort()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/ws"


Open = Callable[..., Awaitable[House]]


def fresh_picture(epoch: str = "e1", **more: int) -> Picture:
    def complain(see: object, error: Exception) -> None:
        raise error

    return Picture(epoch, complain, **more)


async def until(holds: Callable[[], bool], turns: int = 10_000) -> None:
    """Let the loop and the kernel run until something holds; fails after a generous while."""
    for _ in range(turns):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came to hold")
