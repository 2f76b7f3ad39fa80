"""A whole service as a process of its own, between responders and a sink that keep the truth.

The responders answer real SIP OPTIONS on loopback addresses; the sink takes the pages over HTTP and may kill the
service in the middle of a delivery. What either sees that must not be is a sentence in `Sink.faults`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import aiohttp
import yaml
from aiohttp import web

from ioc.demo.answers import answer
from ioc.errors import CodecError

PORT = 5960
EVERY, TIMEOUT = 0.5, 0.25


class Responder(asyncio.DatagramProtocol):
    """One room: answers while it is well, says nothing while it is not."""

    def __init__(self) -> None:
        self.well = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.well:
            try:
                self.transport.sendto(answer(data, 200, "t"), addr)
            except CodecError:
                return


class Rooms:
    """The responders, by the id of their endpoint."""

    def __init__(self, count: int) -> None:
        net = 64 + os.getpid() % 64  # of its own, so that two runs at a time do not meet
        self.addresses = {f"room-{n}": f"127.{net}.{n // 200}.{n % 200 + 1}" for n in range(count)}
        self._responders: dict[str, Responder] = {}
        self.silent: set[str] = set()
        self.once_silent: set[str] = set()

    async def open(self) -> None:
        """Have every room answer."""
        loop = asyncio.get_running_loop()
        for id, address in self.addresses.items():
            _, self._responders[id] = await loop.create_datagram_endpoint(Responder, (address, PORT))

    def silence(self, id: str) -> None:
        """Have a room say nothing from now on."""
        self._responders[id].well = False
        self.silent.add(id)
        self.once_silent.add(id)

    def heal(self) -> None:
        """Have all rooms answer again."""
        for id in self.silent:
            self._responders[id].well = True
        self.silent = set()

    def close(self) -> None:
        """Free the addresses."""
        for each in self._responders.values():
            each.transport.close()


@dataclass(frozen=True, slots=True)
class Page:
    """One POST; `answered` is False when the service was killed by it."""

    incident: str
    subject: str
    kind: str
    repeat: bool
    answered: bool


@dataclass(slots=True)
class Sink:
    """Takes pages. `deadly` says of each whether it kills; `kill` does it."""

    kill: Callable[[], None]
    deadly: Callable[[str], bool] = field(default=lambda status: False)
    pages: list[Page] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """One POST of Alertmanager's payload, version 4."""
        body = await request.json()
        for alert in body["alerts"]:
            deadly = self.deadly(alert["status"])
            if deadly:
                self.kill()
            self._note(alert["labels"], alert["annotations"], answered=not deadly)
        self.came.set()
        return web.Response()

    def _note(self, labels: Mapping[str, str], notes: Mapping[str, str], *, answered: bool) -> None:
        page = Page(labels["incident"], labels["subject"], notes["kind"], "repeat" in notes, answered)
        same = [each for each in self.pages if (each.incident, each.kind) == (page.incident, page.kind)]
        if same and not page.repeat:
            self.faults.append(f"told twice without saying so: {page}")
        if any(each.subject != page.subject for each in self.pages if each.incident == page.incident):
            self.faults.append(f"an incident's number was used again: {page}")
        self.pages.append(page)

    def told(self, kind: str, *, answered: bool = False) -> dict[str, set[str]]:
        """Incidents of each subject told so, or told so and answered."""
        found: dict[str, set[str]] = {}
        for page in self.pages:
            if page.kind == kind and (page.answered or not answered):
                found.setdefault(page.subject, set()).add(page.incident)
        return found


class House:
    """The service, its rooms and its sink. `environment` and `state` decide where and how it keeps its state."""

    def __init__(self, folder: Path, rooms: int, state: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.rooms = Rooms(rooms)
        self.sink = Sink(self.kill)
        self._state = state
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._url = ""

    async def open(self) -> None:
        """Open rooms and sink and write the configuration; the service is not started yet."""
        await self.rooms.open()
        app = web.Application()
        app.router.add_post("/", self.sink.take)
        self._web = web.AppRunner(app)
        await self._web.setup()
        site = web.TCPSite(self._web, "127.0.0.1", 0)
        await site.start()
        port = self._web.addresses[0][1]
        (self.folder / "config").mkdir()
        config = _config(self.rooms.addresses, self._state, f"http://127.0.0.1:{port}/")
        (self.folder / "config/ioc.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    async def close(self) -> None:
        """End everything."""
        self.kill()
        await self.ended()
        await self._web.cleanup()
        self.rooms.close()

    async def spawn(self) -> None:
        """Start the service; it is not ready yet."""
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ioc", "run", str(self.folder / "config")),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=dict(self._environment),
            )

    async def ready(self) -> None:
        """Return once it listens."""
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            line = (await self._process.stdout.readline()).decode()
        assert line.startswith("IOC: "), f"it did not start: {line!r}\n{self._last_words()}"
        self._url = line.removeprefix("IOC: ").strip()

    def kill(self) -> None:
        """End the service as `kill -9` does."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)

    async def ended(self) -> None:
        """Return once the service is no more; it must not have ended by itself."""
        if self._process is not None:
            code = await self._process.wait()
            self._process = None
            assert code == -signal.SIGKILL, f"it ended by itself: {code}\n{self._last_words()}"

    async def get(self, path: str) -> Any:
        """What the HTTP API answers."""
        async with aiohttp.ClientSession() as session, session.get(self._url.rstrip("/") + path) as answer:
            assert answer.status == 200, f"{path}: {answer.status}"
            return await answer.json()

    def _last_words(self) -> str:
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])


def _config(addresses: Mapping[str, str], state: Path, webhook: str) -> dict[str, Any]:
    room = {"kind": "room", "system": "vc", "unit": "u", "probes": ["quick"], "owner": "A", "phone": "1"}
    return {
        "center": {"id": "test", "name": "Endurance"},
        "listen": "127.0.0.1:0",
        "state": str(state),
        "systems": {"vc": {"name": "Rooms"}},
        "units": [{"id": "u", "name": "Unit"}],
        "probes": {
            "quick": {
                "source": "sip",
                "every": f"{EVERY * 1000:g}ms",
                "timeout": f"{TIMEOUT * 1000:g}ms",
                "port": PORT,
            }
        },
        "endpoints": [{"id": id, "name": id, "address": at, **room} for id, at in addresses.items()],
        "shipped_rules": "none",
        "rules": [
            {
                "id": "down",
                "if": 'state == "down"',
                "for": 0,
                "severity": "critical",
                "title": "{name}",
                "next_action": "call",
                "runbook": "outage#room",
            }
        ],
        "receivers": {"oncall": {"channel": "webhook", "url": webhook}},
    }
