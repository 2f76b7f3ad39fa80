"""A whole service as a process of its own, between rooms and ends of channels that keep the truth."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from ioc.clock import Clock
from tests.alerts.channels.postman import serving
from tests.endurance.household import PEOPLE, config
from tests.endurance.post import MailServer, Post
from tests.endurance.rooms import Rooms

PAGE = 1_000
"""deliveries of one answer"""


class Gone(Exception):
    """The service was killed meanwhile."""


class House:
    """The service and all around it. `environment` and `state` decide where and how it keeps its state."""

    def __init__(
        self, folder: Path, quiet: int, noisy: int, state: Path, environment: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.rooms = Rooms(quiet, noisy)
        self.rooms.asked = self._first_asked
        self.came = asyncio.Event()
        """set with every message"""
        self.post = Post(self.kill, self.came.set, PEOPLE)
        self.first_probe: list[float] = []
        """seconds from each start to its first probe: before it every rule was evaluated once"""
        self.alone: list[float] = []
        """the same without what it waited for other programs on a busy machine"""
        self.listening: list[float] = []
        self.lived = 0.0
        """seconds of all lives"""
        self._state = state
        self._environment = _installed(environment, folder)
        self._clock = Clock()
        self._began: float | None = None
        self._process: asyncio.subprocess.Process | None = None
        self.listens = asyncio.Event()
        self._url = ""
        self._around = AsyncExitStack()

    async def open(self) -> None:
        """Open rooms and ends and write the configuration; the service is not started yet."""
        await self.rooms.open()
        app = web.Application()
        app.router.add_post("/webhook", self.post.webhook)
        app.router.add_post("/sms", self.post.gateway)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        self._around.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ends = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        smtp = await self._around.enter_async_context(serving(MailServer(self.post)))
        (self.folder / "config").mkdir()
        written = config(self.rooms.addresses, self._state, ends, smtp)
        (self.folder / "config/ioc.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
        self._http = await self._around.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        )

    async def close(self) -> None:
        """End everything."""
        self.kill()
        await self.ended()
        await self._around.aclose()
        self.rooms.close()

    async def spawn(self) -> None:
        """Start the service; it is not ready yet."""
        self.post.alive = True
        self.listens.clear()
        self._began = self._spawned = self._clock.now()
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ioc", "run", str(self.folder / "config")),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environment,
            )

    async def ready(self) -> None:
        """Return once it listens; raises Gone when it was killed before."""
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            line = (await self._process.stdout.readline()).decode()
        if not line and not self.post.alive:
            raise Gone
        assert line.startswith("IOC: "), f"it did not start: {line!r}\n{self._last_words()}"
        self.listening.append(self._clock.now() - self._spawned)
        self._url = line.removeprefix("IOC: ").strip().rstrip("/")
        self.listens.set()

    def kill(self) -> None:
        """End the service as `kill -9` does."""
        self.post.alive = False
        self._began = None
        if self._process is not None and self._process.returncode is None:
            self.lived += self._clock.now() - self._spawned
            self._process.send_signal(signal.SIGKILL)

    async def ended(self) -> None:
        """Return once the service is no more; it must not have ended by itself."""
        if self._process is not None:
            code = await self._process.wait()
            self._process = None
            assert code == -signal.SIGKILL, f"it ended by itself: {code}\n{self._last_words()}"

    async def get(self, path: str) -> Any:
        """What the HTTP API answers. Raises Gone when it was killed meanwhile."""
        status, said = await self.ask("GET", path)
        assert status == 200, f"{path}: {status} {said}"
        return said

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask for something to be done: status and what was said. Raises Gone when it was killed meanwhile."""
        try:
            headers = {"Origin": self._url}
            async with self._http.request(method, self._url + path, json=body, headers=headers) as answer:
                known = answer.content_type == "application/json"
                return answer.status, await answer.json() if known else await answer.text()
        except (aiohttp.ClientError, OSError):
            if self.post.alive:
                raise
            raise Gone from None

    async def deliveries(self) -> list[dict[str, Any]]:
        """The whole delivery ledger, oldest first."""
        found: list[dict[str, Any]] = []
        before = ""
        while True:
            said = await self.get(f"/api/v1/deliveries?limit={PAGE}{before}")
            found += said["deliveries"]
            if said["next"] is None:
                return found[::-1]
            before = f"&before={said['next']}"

    def _first_asked(self) -> None:
        if self._began is not None and self._process is not None:
            took = self._clock.now() - self._began
            self.first_probe.append(took)
            self.alone.append(took - _kept_waiting(self._process.pid))
            self._began = None

    def _last_words(self) -> str:
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])


def _installed(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Where compiled modules are kept, as of every start of an installation but the first."""
    kept = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def _kept_waiting(pid: int) -> float:
    """Seconds that a process could run and had no core (Linux, Documentation/scheduler/sched-stats)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
