"""A whole service on a small configuration of its own, with things that it watches and a sink that it pages.

`start` runs it on the test's loop, `spawn` as the process that people run. Tests see it as a screen does, over its
WebSocket: `until` waits for a frame or a page that makes something so, never for time to pass.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from ioc.app import Service
from ioc.clock import Clock
from ioc.picture import Value
from ioc.reading import read
from ioc.telemetry import Telemetry
from tests.real.daemon import free_port
from web.mirror import Mirror

EVERY, TIMEOUT = 0.4, 0.2
"""seconds between probes, and until one is missed"""
RECOVERY = 1.0
"""seconds that a recovery is confirmed over where the service runs on the test's loop (people have 20)"""
PATIENCE = 20.0

_nets = itertools.count(1)

Take = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Thing:
    """One thing on the network: a TCP port that says its banner, or refuses, or does what a test wants."""

    def __init__(self, address: str, port: int) -> None:
        self.address = address
        self.port = port
        self.take: Take = _greet
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def rise(self) -> None:
        """Answer."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self.address, self.port)

    async def fall(self) -> None:
        """Refuse."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(OSError):
                await self.take(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"ready\r\n")
    await writer.drain()
    await reader.read(1)


@dataclass(frozen=True, slots=True)
class Page:
    """One alert of one POST, as the receiver saw it; `at` is the loop's time."""

    incident: int
    subject: str
    status: str
    kind: str
    notes: Mapping[str, str]
    at: float


@dataclass(slots=True)
class Sink:
    """The webhook's receiver; `answer` decides what it says, after the page is noted."""

    heard: Callable[[], None]
    answer: Callable[[Page], Awaitable[web.Response]] | None = None
    pages: list[Page] = field(default_factory=list)
    tried: int = 0
    """POSTs that came, whatever became of them"""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.tried += 1
        response = web.Response()
        for alert in body["alerts"]:
            labels, notes = alert["labels"], alert["annotations"]
            now = asyncio.get_running_loop().time()
            page = Page(
                int(labels["incident"]), labels["subject"], alert["status"], notes["kind"], notes, now
            )
            if self.answer is not None:
                response = await self.answer(page)
            if response.status < 300:
                self.pages.append(page)
        self.heard()
        return response

    def of(self, subject: str, status: str = "firing") -> list[Page]:
        """The pages of a subject that were taken."""
        return [each for each in self.pages if (each.subject, each.status) == (subject, status)]


class House:
    """The service with all around it. `config` is what will be written; change it and `write` it again."""

    def __init__(self, folder: Path, *things: str) -> None:
        self.folder = folder
        self.port = free_port()
        net = 128 + (os.getpid() + 31 * next(_nets)) % 100
        self.things = {id: Thing(f"127.{net}.0.{n}", self.port) for n, id in enumerate(things, start=1)}
        self.sink = Sink(self.stir)
        self.slow = Sink(self.stir)
        """a second receiver, at the path `slow`"""
        self.screen = Mirror()
        self.url = ""
        self.token = "of-the-test"
        """shown with every request"""
        self.service: Service | None = None
        self.telemetry = Telemetry()
        self.config: dict[str, Any] = {}
        self._news = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._following: asyncio.Task[None] | None = None
        self._hook: web.AppRunner | None = None

    async def open(self) -> None:
        """Have everything around it ready, and a configuration written; the service is not started."""
        for each in self.things.values():
            await each.rise()
        app = web.Application()
        app.router.add_post("/", self.sink.take)
        app.router.add_post("/slow", self.slow.take)
        self._hook = web.AppRunner(app, shutdown_timeout=0.1)
        await self._hook.setup()
        await web.TCPSite(self._hook, "127.0.0.1", 0).start()
        self.hook = f"http://127.0.0.1:{self._hook.addresses[0][1]}/"
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        self.config = base(self.hook, self.port, {id: each.address for id, each in self.things.items()})
        self.write()

    async def close(self) -> None:
        """End everything."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self.stop()
        await self.http.close()
        if self._hook is not None:
            await self._hook.cleanup()
        for each in self.things.values():
            await each.fall()

    def write(self) -> None:
        """Write the configuration as it stands."""
        directory = self.folder / "config"
        directory.mkdir(exist_ok=True)
        (directory / "ioc.yaml").write_text(yaml.safe_dump(self.config, sort_keys=False))

    # --- the service ---

    async def start(self, clock: Clock | None = None) -> None:
        """Run it on this loop."""
        clock = clock or Clock()
        self.telemetry = Telemetry()
        config = read(self.folder / "config", {}, clock)
        self.service = Service(config, clock, self.telemetry, {})
        self.url = f"http://127.0.0.1:{await self.service.start()}"
        self._follow()

    async def spawn(self, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        """Run it as a process; returns once it listens. Raises AssertionError with what it said when it ends."""
        log = self.folder / "log"
        with log.open("ab") as stream:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ioc", "run", str(self.folder / "config"), *arguments),
                stdout=asyncio.subprocess.PIPE,
                stderr=stream,
                env={**os.environ, **(env or {})},
            )
        assert self._process.stdout is not None
        line = ""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                line = (await self._process.stdout.readline()).decode()
        assert line.startswith("IOC: http://"), log.read_text(errors="replace")[-2000:]
        self.url = line.removeprefix("IOC: ").strip().rstrip("/")
        self._follow()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None
        return self._process.pid

    def signal(self, which: signal.Signals) -> None:
        """Send the process a signal."""
        assert self._process is not None
        self._process.send_signal(which)

    async def kill(self) -> int:
        """End the process as `kill -9` does; its exit code, which is another where it had ended by itself."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        return await self.stop()

    async def stop(self) -> int:
        """Stop it as an operator does; a process's exit code."""
        code = 0
        if self.service is not None:
            service, self.service = self.service, None
            await service.stop()
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                code = await process.wait()
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            self._following = None
        self.screen = Mirror()
        return code

    # --- what is seen of it ---

    def stir(self) -> None:
        """Something has happened: look again."""
        self._news.set()

    async def until(self, so: Callable[[], Any], within: float = PATIENCE) -> Any:
        """What `so` gives once that is true, looked at with every frame and every page."""
        try:
            async with asyncio.timeout(within):
                while True:
                    self._news.clear()
                    if found := so():
                        return found
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not so within {within:g} s: {self._told()}") from None

    def see(self, key: str) -> Value:
        """A value of the picture; empty when there is none."""
        return self.screen.values.get(key, {})

    def state(self, thing: str) -> str:
        """A thing's state on the wall."""
        return str(self.see(f"endpoint/{thing}").get("state", ""))

    async def all_up(self) -> None:
        """Return once everything is seen to be up."""
        await self.until(lambda: all(self.state(each) == "up" for each in self.things))

    def incidents(self, subject: str | None = None, status: str = "open") -> list[Value]:
        """The incidents shown of a subject, or of all."""
        return [
            each
            for _, each in self.screen.under("incident/")
            if each["status"] == status and subject in (None, each["root"])
        ]

    def incident(self, subject: str) -> Value:
        """The open incident of a subject; empty when there is none."""
        return next(iter(self.incidents(subject)), {})

    def told(self, subject: str, receiver: str = "oncall") -> str:
        """How far telling a receiver of a subject's open incident has come."""
        return str(self.incident(subject).get("told", {}).get(receiver, {}).get("state", ""))

    async def get(self, path: str) -> Any:
        """What the API answers."""
        async with self.http.get(self.url + path, headers=self._shown()) as answer:
            assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def metrics(self) -> dict[str, float]:
        """Each series of /metrics by its name with labels."""
        async with self.http.get(self.url + "/metrics", headers=self._shown()) as answer:
            lines = (await answer.text()).splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(number) for name, number in pairs}

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask for something to be done: the status and what was said."""
        async with self.http.request(method, self.url + path, json=body, headers=self._shown()) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else None

    def _shown(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _follow(self) -> None:
        self.screen = Mirror()
        self._following = asyncio.create_task(self._listen(self.screen))

    async def _listen(self, screen: Mirror) -> None:
        loop = asyncio.get_running_loop()
        headers = self._shown()
        async with self.http.ws_connect(f"{self.url}/ws", max_msg_size=0, headers=headers) as socket:
            async for message in socket:
                screen.take(message.data, loop.time())
                self.stir()

    def _told(self) -> str:
        picture = self.screen.values
        kept = {
            key: value
            for key, value in picture.items()
            if key.startswith(("endpoint/", "incident/", "self/"))
        }
        return f"{kept}\npages: {self.sink.pages}"


def base(hook: str, port: int, addresses: Mapping[str, str]) -> dict[str, Any]:
    """A configuration that watches things by TCP and pages at once."""
    return {
        "center": {"id": "test", "name": "Trung tâm thử nghiệm"},
        "listen": "127.0.0.1:0",
        "systems": {"vc": {"name": "Hội nghị truyền hình"}},
        "units": [{"id": "province", "name": "Tỉnh"}, {"id": "commune", "name": "Xã", "parent": "province"}],
        "sites": [{"id": "hall", "name": "Trụ sở", "unit": "commune"}],
        "probes": {"tcp": {"source": "tcp", "every": span(EVERY), "timeout": span(TIMEOUT), "port": port}},
        "endpoints": [endpoint(id, address) for id, address in addresses.items()],
        "shipped_rules": "none",
        "rules": [rule("down", 'state == "down"')],
        "receivers": {"oncall": {"channel": "webhook", "url": hook, "timeout": 2}},
    }


def span(seconds: float) -> str:
    """A duration as configuration writes it."""
    return f"{seconds * 1000:g}ms"


def endpoint(id: str, address: str, **more: Any) -> dict[str, Any]:
    """An endpoint as configuration writes it."""
    owner = {"owner": "Tổ CNTT", "phone": "0237 000 0101"}
    common = {"kind": "room", "system": "vc", "unit": "commune", "site": "hall", "probes": ["tcp"]}
    return {"id": id, "name": f"Phòng {id}", "address": address, **common, **owner, **more}


def rule(id: str, condition: str, **more: Any) -> dict[str, Any]:
    """A rule as configuration writes it: it fires at once."""
    told = {
        "severity": "critical",
        "title": "{name} mất kết nối",
        "next_action": "Gọi {owner}",
        "runbook": "r",
    }
    return {"id": id, "if": condition, "for": 0, **told, **more}
