"""How long a year's chart takes out of either store, with the data of a whole province in it."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.kit.figures import spread
from benchmarks.kit.result import Result, main, progress
from ioc.clock import Clock
from ioc.store import downsampling
from ioc.store.base import Query, Reader
from ioc.store.buckets import DAY, HOUR
from ioc.store.influx import Address
from ioc.store.influx_reading import InfluxReader
from ioc.store.sqlite import Sqlite
from ioc.store.sqlite_rows import pack_folds
from ioc.store.sqlite_schema import HOURS_A_SLOT
from tests.real.influx import InfluxServer
from tools.parts import PartMissing, find

NOW = 1_699_999_200
FIELDS = ("rtt", "loss")
UNEQUAL = """
a year of hourly roll-ups is made synthetically, as upkeep would have made it; raw history holds the last values alone
each question is another endpoint, one after another, as a Reader answers it; the answer's JSON and HTTP add about 1 ms
the embedded file is read warm from the page cache, as InfluxDB's files are
""".strip().splitlines()


@dataclass(frozen=True, slots=True)
class _Size:
    endpoints: int
    days: int
    questions: int


FULL, QUICK = _Size(600, 365, 100), _Size(10, 30, 10)


class _Standing(Clock):
    """It is always the end of the year."""

    __slots__ = ()

    def now(self) -> float:
        return float(NOW)

    def skew(self) -> float:
        return 0.0


async def measure(quick: bool) -> Result:
    """A year of 600 endpoints in each store; the chart of one endpoint's round trip, 600 points."""
    size = QUICK if quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        embedded = await _embedded(Path(folder), size)
        influx = await _influx(Path(folder), size)
    return Result(
        what=f"a year's chart, {size.endpoints} endpoints",
        ours={
            "embedded_p95_ms": embedded["p95_ms"],
            "influx_p95_ms": influx.get("p95_ms"),
            "embedded": embedded,
            "influx": influx,
        },
        targets={"embedded_p95_ms": 500, "influx_p95_ms": 500},
        unequal=UNEQUAL,
        peers={},
    )


async def _embedded(folder: Path, size: _Size) -> dict[str, Any]:
    store = Sqlite(folder / "history.db", _Standing())
    lines = [
        f"endpoint,endpoint=e{n},site=s{n},source=sip,system=vc,unit=u{n % 27} rtt=20.0,loss=0.0 {NOW - 60}000000"
        for n in range(size.endpoints)
    ]
    await store.write(lines)
    await asyncio.to_thread(_fill, folder / "history.db", size)
    found = await _ask(store, size)
    await store.close()
    return found | {"file_mb": round((folder / "history.db").stat().st_size / 2**20)}


def _fill(file: Path, size: _Size) -> None:
    db = sqlite3.connect(file, isolation_level=None)
    fields = dict(db.execute("SELECT name, id FROM field").fetchall())
    series = [each for (each,) in db.execute("SELECT id FROM series")]
    first, chance = NOW // HOUR - size.days * 24, random.Random(1)
    db.execute("BEGIN")
    for hour in range(first, NOW // HOUR):
        slot, at = divmod(hour, HOURS_A_SLOT)
        folds = pack_folds({fields[name]: _fold(chance) for name in FIELDS})
        db.executemany("INSERT INTO hours VALUES (?, ?, ?, ?)", [(slot, each, at, folds) for each in series])
        if (hour - first) % 2_000 == 1_999:
            progress(f"embedded: {(hour - first + 1) // 24} days")
    db.execute("UPDATE mark SET value = ? WHERE name = 'hours'", (NOW // HOUR,))
    db.execute("UPDATE mark SET value = ? WHERE name = 'minutes'", (NOW // 60,))
    db.execute("COMMIT")
    db.close()


def _fold(chance: random.Random) -> tuple[int, float, float, float, float]:
    mean = chance.lognormvariate(3, 0.5)
    return 360, mean * 360, mean / 2, mean * 2, mean


async def _influx(folder: Path, size: _Size) -> dict[str, Any]:
    try:
        find("influxd")
    except PartMissing as missing:
        return {"not_run": str(missing)}
    server = InfluxServer(folder / "influxd")
    await asyncio.to_thread(server.start)
    try:
        await asyncio.to_thread(_fill_influx, server, size)
        at = server.address
        reader = InfluxReader(Address(at.url, at.org, at.bucket, at.token, timeout=60.0), _Standing())
        found = await _ask(reader, size)
        await reader.close()
    finally:
        await asyncio.to_thread(server.stop)
    return found


def _fill_influx(server: InfluxServer, size: _Size) -> None:
    for tier in downsampling.TIERS:
        _make_bucket(server, tier)
    bucket = downsampling.HOURS.bucket(server.bucket)
    for count, lines in enumerate(_hours(size)):
        _post(
            server, f"/api/v2/write?org={server.org}&bucket={bucket}&precision=s", "\n".join(lines).encode()
        )
        if count % 200 == 199:
            progress(f"influx: {(count + 1) * 5_000} points")


def _hours(size: _Size) -> Iterator[Sequence[str]]:
    """A year of roll-ups, 5,000 lines at a time, in order of time as tasks write them."""
    chance, lines = random.Random(1), []
    for hour in range(NOW // HOUR - size.days * 24, NOW // HOUR):
        for n in range(size.endpoints):
            _, total, least, most, last = _fold(chance)
            lines.append(
                f"endpoint,endpoint=e{n},site=s{n},source=sip,system=vc,unit=u{n % 27} rtt_mean={total / 360!r},"
                f"rtt_sum={total!r},rtt_min={least!r},rtt_max={most!r},rtt_count=360i,rtt_last={last!r} {hour * HOUR}"
            )
            if len(lines) == 5_000:
                yield lines
                lines = []
    yield lines


def _make_bucket(server: InfluxServer, tier: downsampling.Tier) -> None:
    """As `ioc influx init` makes it."""
    org = json.loads(_post(server, f"/api/v2/orgs?org={server.org}", None))["orgs"][0]["id"]
    rule = {"type": "expire", "everySeconds": tier.kept, "shardGroupDurationSeconds": tier.shard}
    body = {"name": tier.bucket(server.bucket), "orgID": org, "retentionRules": [rule]}
    _post(server, "/api/v2/buckets", json.dumps(body).encode())


def _post(server: InfluxServer, path: str, body: bytes | None) -> bytes:
    headers = {"Authorization": f"Token {server.token}"}
    with urllib.request.urlopen(
        urllib.request.Request(server.url + path, body, headers), timeout=120
    ) as answer:
        said: bytes = answer.read()
        return said


async def _ask(reader: Reader, size: _Size) -> dict[str, Any]:
    """Seconds of one question after another, the first, which opens and imports, apart."""
    chance, taken = random.Random(2), []
    for _ in range(size.questions + 1):
        tags = {"endpoint": f"e{chance.randrange(size.endpoints)}", "source": "sip"}
        query = Query("endpoint", "rtt", tags, NOW - size.days * DAY, NOW, 600)
        begin = time.perf_counter()
        found = await reader.read(query)
        taken.append(time.perf_counter() - begin)
        if len(found.buckets) < min(600, size.days) / 2:
            raise RuntimeError(f"{len(found.buckets)} buckets in answer to {query}")
    return {"first_ms": round(taken[0] * 1e3, 1), **spread(taken[1:], "ms", 1e3)}


if __name__ == "__main__":
    main("history_read", measure)
