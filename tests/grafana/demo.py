"""The demo province beside the service that people run, with its history in a real InfluxDB, and what breaks in it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import yaml

from ioc.demo import directory
from ioc.demo.children import Child
from ioc.demo.control import Responders
from ioc.demo.places import choose
from ioc.demo.province import Province, build, save
from ioc.demo.service import Service
from ioc.demo.truth import Manner, Mode
from tests.grafana.datacenter import DataCenter
from tests.real.daemon import free_port
from tests.real.influx import InfluxServer

PATIENCE = 60.0
TOKEN = "history.token"


class Demo:
    """Responders and service as processes; `play` lets things break and come back."""

    def __init__(self, folder: Path, influx: InfluxServer) -> None:
        self.folder = folder
        self.listen = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.listen}"
        self._influx = influx
        self._center = DataCenter(folder)
        self._children: list[Child] = []
        self._drains: list[asyncio.Task[None]] = []

    async def start(self) -> Province:
        """Return once everything was probed."""
        ports = choose()
        province = build(1, ports, 0)
        save(province, self.folder / "roster.json")
        responders = await Child.module(
            "responders", self.folder, self.folder / "roster.json", self.folder / "control"
        )
        self._children.append(responders)
        await responders.ready()
        self._drain(responders)
        where = self.folder / "config"
        directory.write(where, province, ports, "00:00-24:00", self.listen, "http://127.0.0.1:9/")
        await self._center.open()
        self._center.enter(where, self.url)
        self._write_history(where)
        command = [sys.executable, "-m", "ioc", "run", str(where)]
        running = await Child.start("service", command, self.folder)
        self._children.append(running)
        self._drain(running)
        await self._ready(running)
        return province

    async def play(self, province: Province) -> None:
        """Cut off a line and a room, have another answer 503; see them so, heal the room, see it up again."""
        line = province.of_kind("uplink")[0]
        aside = [
            each for each in province.of_kind("room") if each.front != line.id and each.speaks == "sip-udp"
        ]
        room, busy = aside[:2]
        control = await Responders.connect(self.folder / "control")
        await control.cut([line.id, room.id])
        await control.mode([busy.id], Mode(Manner.CODE, 503))
        await self.until(lambda: self._state(room.id, "down"))
        await self.until(lambda: self._state(line.id, "down"))
        await self.until(lambda: self._state(busy.id, "degraded"))
        await control.heal([room.id])
        await self.until(lambda: self._state(room.id, "up"))
        await control.close()

    async def stop(self) -> None:
        """End everything; the service writes what it still has."""
        for child in reversed(self._children):
            await child.stop()
        await self._center.close()
        for task in self._drains:
            task.cancel()
        await asyncio.gather(*self._drains, return_exceptions=True)

    async def until(self, so: Callable[[], Awaitable[bool]]) -> None:
        """Return once something is so."""
        async with asyncio.timeout(PATIENCE):
            while not await so():
                await asyncio.sleep(0.25)

    async def metrics(self) -> str:
        """The page of /metrics."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            return await answer.text()

    async def _ready(self, running: Child) -> None:
        service = Service(self.url)
        try:
            async with asyncio.timeout(PATIENCE):
                assert await service.until_ready(lambda: running.running), running.said()
        finally:
            await service.close()

    async def _state(self, endpoint: str, state: str) -> bool:
        asked = f"{self.url}/api/v1/endpoints/{endpoint}"
        async with aiohttp.ClientSession() as session, session.get(asked) as answer:
            return bool((await answer.json())["state"] == state)

    def _write_history(self, where: Path) -> None:
        (where / TOKEN).write_text(self._influx.token)
        at = self._influx.address
        influx = {"url": at.url, "org": at.org, "bucket": at.bucket, "token": {"file": TOKEN}}
        text = yaml.safe_dump({"history": {"influx": influx}})
        (where / "history.yaml").write_text(text)

    def _drain(self, child: Child) -> None:
        self._drains.append(asyncio.create_task(child.drain()))
