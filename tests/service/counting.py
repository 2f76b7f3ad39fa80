"""A house that reads an outside program which counts, and writes to a real InfluxDB behind a gateway of moods.

`Count` is the truth: what the program gave, when, by each of its voices. `missing` is what of it InfluxDB does not
hold, and a number that it holds twice, or that was never given, is a failure at once.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.endurance.emitter import COMMUNITY
from tests.real.daemon import free_port
from tests.real.gateway import PASS, UNREADABLE, Gateway, Mood
from tests.real.influx import InfluxServer
from tests.service.house import House, endpoint

ROOT = Path(__file__).parents[2]
POLLED = ("snmp", "http", "prometheus")
VOICES = (*POLLED, "line")
FIELDS = {"snmp": "uptime", "http": "number", "prometheus": "number"}
TOKEN = "inlet-0123456789abcdef"
PATIENCE = 60.0
ACKNOWLEDGED = 1.0 + 1.0
"""seconds before a kill: what was given sooner is on disk; a second, and the pace of a probe"""
SELECTED = """
from(bucket: BUCKET) |> range(start: -3h)
  |> filter(fn: (r) => r._measurement == "MEASUREMENT" and r._field == "FIELD" and r.endpoint == "counter")
  |> filter(fn: (r) => SOURCE) |> group() |> keep(columns: ["_time", "_value"])
"""


@dataclass(frozen=True, slots=True)
class Given:
    """A number a voice gave, and the machine's monotonic seconds."""

    voice: str
    number: int
    at: float


class Count:
    """The program, and what it has told of itself."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.snmp, self.web, self.inlet = (free_port(host) for _ in range(3))
        self.given: list[Given] = []
        self._news = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run it; returns once it answers."""
        where = f"http://127.0.0.1:{self.inlet}/api/v2/write?org=o&bucket=b&precision=us"
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.endurance.emitter"),
            *(self.host, str(self.snmp), str(self.web), where, TOKEN),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert json.loads(await self._process.stdout.readline())[0] == "ready"
        self._reading = asyncio.create_task(self._read(self._process.stdout))

    async def stop(self) -> None:
        """Have it end: it answers nobody, and what it was pushing is taken. Raises when it ended by itself."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._reading is not None
        self._process.stdin.write(b"\n")
        async with asyncio.timeout(PATIENCE):
            await self._reading
            assert await self._process.wait() == 0

    async def kill(self) -> None:
        """End it, whatever it does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._reading is not None:
            self._reading.cancel()

    async def more(self, of_each: int, voices: Sequence[str] = VOICES) -> None:
        """Return once each voice has given so many more."""
        wanted = {voice: self.last(voice) + of_each for voice in voices}
        async with asyncio.timeout(PATIENCE):
            while any(self.last(voice) < least for voice, least in wanted.items()):
                self._news.clear()
                await self._news.wait()

    def last(self, voice: str) -> int:
        """How far a voice has counted."""
        return max((each.number for each in self.of(voice)), default=0)

    def of(self, voice: str) -> list[Given]:
        """What one voice gave."""
        return [each for each in self.given if each.voice == voice]

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            voice, number, at = json.loads(line)
            if voice in VOICES:
                self.given.append(Given(voice, number, at))
            self._news.set()


class Counting:
    """All of it together, and what is missing in the end."""

    def __init__(self, house: House, influxd: InfluxServer) -> None:
        self.house = house
        self.influxd = influxd
        self.count = Count(house.things["counter"].address)
        at = urlsplit(influxd.url)
        self.gateway = Gateway(at.hostname or "", at.port or 0)

    async def open(self, size: str = "64MiB") -> None:
        """Have everything around the service ready, and its configuration written."""
        (self.house.folder / "inlet-token").write_text(TOKEN)
        (self.house.folder / "influx-token").write_text(self.influxd.token)
        (self.house.folder / "config/community").write_text(COMMUNITY)
        await self.house.things["counter"].fall()
        url = await self.gateway.open()
        self.house.config |= self._configured(url, size)
        self.house.write()
        await self.count.start()

    async def close(self) -> None:
        """End what is around the service."""
        await self.count.kill()
        await self.gateway.close()

    def _configured(self, url: str, size: str) -> dict[str, Any]:
        web = {"scheme": "http", "port": self.count.web, "every": "1s", "timeout": "900ms"}
        token = {"file": str(self.house.folder / "influx-token")}
        where = {"url": url, "org": self.influxd.org, "bucket": self.influxd.bucket, "token": token}
        return {
            "listen": f"127.0.0.1:{self.count.inlet}",
            "state": str(self.house.folder / "state/ioc.db"),
            "history": {
                "store": "influx",
                "influx": where,
                "spool": {"directory": str(self.house.folder / "spool"), "size": size},
            },
            "probes": {
                "page": {
                    "source": "http", "path": "/health", "fields": {"number": {"path": "data.number"}}, **web
                },
                "exporter": {
                    "source": "prometheus", "path": "/metrics", "fields": {"number": {"metric": "number"}}, **web
                },
                "agent": {
                    "source": "snmp", "port": self.count.snmp, "every": "1s", "timeout": "900ms",
                    "what": ["uptime"], "community": {"file": "community"},
                },
            },
            "endpoints": [endpoint("counter", self.count.host, probes=["page", "exporter", "agent"])],
            "inlet": {
                "token": {"file": str(self.house.folder / "inlet-token")},
                "endpoint_tag": "host",
                "measurements": {"count": {"tags": ["id"]}},
            },
        }  # fmt: skip

    # --- while it runs ---

    async def under(self, mood: Mood, times: int = 2, of_each: int = 2) -> None:
        """Have the gateway so until it was met, and everybody went on counting; then have it pass again."""
        self.gateway.mood = mood
        met = asyncio.create_task(self.gateway.until_met(mood, times, PATIENCE))
        await self.count.more(of_each)
        await met
        self.gateway.mood = PASS

    async def refusing(self, lines: int) -> None:
        """Have the gateway answer 400 until it has refused some lines for good."""
        await self.drained()  # so that what is refused is little, and found line by line
        self.gateway.mood = UNREADABLE
        await self.gateway.until_refused(lines, PATIENCE)
        self.gateway.mood = PASS

    async def without_influxd(self, how: str, of_each: int = 2) -> None:
        """InfluxDB ends, by `stop` or `kill`, everybody goes on counting, and it begins again."""
        await asyncio.to_thread(getattr(self.influxd, how))
        await self.count.more(of_each)
        await asyncio.to_thread(self.influxd.start)

    async def drained(self) -> None:
        """Return once the store has everything."""
        async with asyncio.timeout(PATIENCE):
            while (await self.house.metrics())["ioc_history_waiting"]:
                await asyncio.sleep(0.1)

    async def over(self) -> Mapping[str, float]:
        """Stop the count and wait until all that was given is written; the service's last /metrics."""
        await self.count.stop()
        await self.house.until(lambda: self.house.state("counter") in ("down", "unknown"))
        await self.drained()
        return await self.house.metrics()

    # --- what came of it ---

    async def missing(self) -> dict[str, list[Given]]:
        """What was given and is not in InfluxDB, by voice; one number twice, or of nobody, is an AssertionError."""
        return {voice: await self._missing(voice) for voice in VOICES}

    async def _missing(self, voice: str) -> list[Given]:
        rows = await asyncio.to_thread(self.influxd.flux, _query(voice))
        found = [int(float(row["_value"])) for row in rows]
        given = {each.number: each for each in self.count.of(voice)}
        assert sorted(given) == list(range(1, len(given) + 1)), f"{voice}: the count itself has a hole"
        assert len(found) == len(set(found)), f"{voice}: a number is there twice"
        extra = set(found) - given.keys()
        assert not extra, f"{voice}: {sorted(extra)} were never given"
        return [each for number, each in given.items() if number not in set(found)]

    def refused(self, voice: str) -> set[int]:
        """The numbers of a voice in lines that came alone and were answered 400."""
        return {found for line in self.gateway.refused if (found := number(line, voice))}


def number(line: str, voice: str) -> int:
    """The number a voice gave that a line of history tells; 0 when it is another's line."""
    measurement, source, field = _place(voice)
    if not line.startswith(f"{measurement},") or f"{source[0]}={source[1]}" not in line:
        return 0
    found = re.search(rf"[ ,]{field}=([\d.]+)", line)
    return int(float(found[1])) if found else 0


def _place(voice: str) -> tuple[str, tuple[str, str], str]:
    """Measurement, telling tag and field in which a voice's numbers are kept."""
    return (
        ("count", ("id", "x"), "number")
        if voice == "line"
        else ("endpoint", ("source", voice), FIELDS[voice])
    )


def _query(voice: str) -> str:
    measurement, (tag, value), field = _place(voice)
    selected = SELECTED.replace("MEASUREMENT", measurement).replace("FIELD", field)
    return selected.replace("SOURCE", f'r.{tag} == "{value}"')


def monotonic() -> float:
    """The machine's monotonic seconds, which the counting program tells, too."""
    return time.monotonic()
