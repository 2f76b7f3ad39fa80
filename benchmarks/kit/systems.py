"""The systems that are compared, each as the processes that an engineer would run."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import orjson

from benchmarks.kit import province
from benchmarks.kit.stand import Stand
from ioc.demo.children import Child
from ioc.demo.service import Service
from ioc.errors import IocError
from tools.parts import find

LISTEN = "127.0.0.1:19080"
PATIENCE = 120.0
PEERS = Path(__file__).parents[1] / "peers"


class System(Protocol):
    """Something that watches the things of a stand and pages its sink."""

    roots: list[int]
    """ids of its processes"""

    async def start(self, stand: Stand) -> None:
        """Start it and return once it has probed everything."""


class Ours:
    """`ioc run` on a configuration of its own; `observed` names a file for the moments of verdicts and the lag.

    `further` are files of the configuration beside the usual ones, by name.
    """

    def __init__(
        self,
        probe: Mapping[str, Any],
        rules: Sequence[Mapping[str, Any]] | None,
        history: str = "",
        observed: str = "",
        further: Mapping[str, str] | None = None,
    ) -> None:
        self.roots: list[int] = []
        self.url = f"http://{LISTEN}"
        self._probe = probe
        self._rules = rules
        self._history = history
        self._observed = observed
        self._further = further or {}

    async def start(self, stand: Stand) -> None:
        """See System."""
        where = stand.folder / "ioc"
        province.directory(where, stand.things, LISTEN, self._probe, self._rules, self._history)
        for name, text in self._further.items():
            (where / name).write_text(text, encoding="utf-8")
        command = ["-m", "ioc", "run", str(where)]
        if self._observed:
            command = ["-m", "benchmarks.kit.observed", str(where), str(stand.folder / self._observed)]
        child = await stand.child("service", sys.executable, *command)
        stand.drain(child)
        self.roots, self.child = [child.process.pid], child
        ready = await self._ready(child)
        if not ready:
            raise IocError(f"the service is not ready{child.said()}")

    async def _ready(self, child: Child) -> bool:
        """Whether it has probed everything; asked seldom, for the question costs it time at a nation's scale."""
        service = Service(self.url)
        try:
            for _ in range(int(PATIENCE)):
                counts = await service.counts() if child.running else {}
                if counts and not any(each.get("unknown", 0) for each in counts.values()):
                    return True
                await asyncio.sleep(1)
        finally:
            await service.close()
        return False


class Prometheus:
    """Prometheus, blackbox_exporter and Alertmanager with the files `benchmarks/peers/*-NAME.yml`."""

    def __init__(self, name: str) -> None:
        self.roots: list[int] = []
        self._name = name

    async def start(self, stand: Stand) -> None:
        """See System."""
        for file in PEERS.glob("*.yml"):
            shutil.copy(file, stand.folder)
        at = [f"{each.address}:{each.port}" for each in stand.things]
        (stand.folder / "targets.json").write_bytes(orjson.dumps([{"targets": at}]))
        self.roots = [(await self._begin(stand, part)).process.pid for part in _COMMANDS]
        async with aiohttp.ClientSession() as session:
            for part in _COMMANDS:
                await until(session, f"{_READY[part]}", lambda body: True)
            count = f"{_PROMETHEUS}/api/v1/query?query=count(probe_success==1)"
            await until(session, count, lambda body: f'"{len(at)}"' in body)

    async def _begin(self, stand: Stand, part: str) -> Child:
        arguments = [each.format(folder=stand.folder, name=self._name) for each in _COMMANDS[part]]
        child = await stand.child(part, find(part), *arguments)
        stand.drain(child)
        return child


_PROMETHEUS = "http://127.0.0.1:19090"
_COMMANDS = {
    "alertmanager": (
        "--config.file={folder}/alertmanager-{name}.yml",
        "--storage.path={folder}/alertmanager",
        "--web.listen-address=127.0.0.1:19093",
        "--cluster.listen-address=",
    ),
    "blackbox": ("--config.file={folder}/blackbox.yml", "--web.listen-address=127.0.0.1:19115"),
    "prometheus": (
        "--config.file={folder}/prometheus-{name}.yml",
        "--storage.tsdb.path={folder}/prometheus",
        "--web.listen-address=127.0.0.1:19090",
    ),
}
_READY = {
    "alertmanager": "http://127.0.0.1:19093/-/ready",
    "blackbox": "http://127.0.0.1:19115/-/healthy",
    "prometheus": f"{_PROMETHEUS}/-/ready",
}


async def until(session: aiohttp.ClientSession, url: str, good: Any) -> None:
    """Ask until an answer is good; raises IocError when that takes too long."""
    for _ in range(int(PATIENCE / 0.25)):
        try:
            async with session.get(url) as answer:
                if answer.status == 200 and good(await answer.text()):
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.25)
    raise IocError(f"{url} does not say what was waited for within {PATIENCE:g} s")
