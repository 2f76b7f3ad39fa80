"""The service between real third parties: Kamailio, SIPp and hosts that it probes, InfluxDB that it writes to.

Each is stopped and started. What the database holds in the end is counted against what was emitted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest

from ioc.app import Service
from ioc.clock import Clock
from ioc.model import Sample
from tests.real.influx import InfluxServer
from tests.real.kamailio import Kamailio
from tests.real.sipp import Sipp
from tests.service import house as module
from tests.service.conftest import Build
from tests.service.house import House, endpoint

pytestmark = pytest.mark.real

Point = tuple[str, str, int]
"""endpoint, source, microseconds"""

POINTS = """
from(bucket: BUCKET) |> range(start: -1h) |> filter(fn: (r) => r._measurement == "endpoint")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> keep(columns: ["_time", "endpoint", "source", "system", "site", "unit", "rtt", "loss"]) |> group()
"""
STATES = """
from(bucket: BUCKET) |> range(start: -1h)
  |> filter(fn: (r) => r._measurement == "state" and r._field == "state" and r.endpoint == "pbx")
  |> group() |> sort(columns: ["_time"])
"""


class Watched(Service):
    """A service whose samples are written down as they are emitted."""

    emitted: list[Sample]

    def _emit(self, sample: Sample) -> None:
        self.emitted.append(sample)
        super()._emit(sample)


class SteadyClock(Clock):
    """A clock whose system never drifts, so that the moment of a point is known to the microsecond."""

    def skew(self) -> float:
        return 0.0


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[Sample]:
    """Every sample from the runner; recovery takes as long as it does for people."""
    Watched.emitted = []
    monkeypatch.setattr(module, "Service", Watched)
    monkeypatch.setattr("collectors.confirm.RECOVERY", 20.0)
    return Watched.emitted


async def furnished(build: Build, influxd: InfluxServer, pbx: Kamailio, room: Sipp) -> House:
    """A house that watches them."""
    house = await build("other")
    probe = {"every": "500ms", "timeout": "250ms"}
    house.config["probes"] |= {
        "pbx-udp": {"source": "sip", "port": pbx.port, **probe},
        "pbx-tcp": {"source": "sip", "port": pbx.port, "transport": "tcp", **probe},
        "room": {"source": "sip", "port": room.port, **probe},
        "ping": {"source": "icmp", **probe},
        "port": {"source": "tcp", "port": pbx.port, **probe},
    }
    house.config["endpoints"] += [
        endpoint("pbx", pbx.host, probes=["pbx-udp"]),
        endpoint("pbx-tcp", pbx.host, probes=["pbx-tcp"], parent="pbx"),
        endpoint("pbx-port", pbx.host, probes=["port"], parent="pbx"),
        endpoint("room", room.host, probes=["room"]),
        endpoint("v4", "127.0.0.1", probes=["ping"]),
        endpoint("v6", "::1", probes=["ping"]),
    ]
    (house.folder / "config" / "token").write_text(influxd.token)
    house.config["history"] = {
        "influx": {
            "url": influxd.url, "org": influxd.org, "bucket": influxd.bucket, "token": {"file": "token"},
        }
    }  # fmt: skip
    house.write()
    return house


async def test_each_of_them_goes_and_comes_back(
    build: Build,
    emitted: list[Sample],
    influxd: InfluxServer,
    kamailio: Callable[..., Kamailio],
    sipp: Callable[..., Sipp],
) -> None:
    pbx, room = await asyncio.gather(asyncio.to_thread(kamailio), asyncio.to_thread(sipp))
    house = await furnished(build, influxd, pbx, room)
    await house.start(SteadyClock())
    names = [each["id"] for each in house.config["endpoints"]]
    await house.until(lambda: all(house.state(each) == "up" for each in names))
    await house.until(lambda: house.see("self/history").get("written", 0) > 0)

    await asyncio.gather(asyncio.to_thread(pbx.stop), asyncio.to_thread(room.stop))
    first = (await house.until(lambda: house.sink.of("pbx")))[0]
    await house.until(lambda: house.sink.of("room"))
    await house.until(lambda: house.state("pbx") == house.state("room") == "down")
    await house.until(lambda: {house.state("pbx-tcp"), house.state("pbx-port")} == {"unreachable"})
    assert house.see("endpoint/pbx-tcp")["reason"] == "parent_down"
    assert {house.state("v4"), house.state("v6"), house.state("other")} == {"up"}
    assert {each.subject for each in house.sink.pages} == {"pbx", "room"}
    await asyncio.gather(asyncio.to_thread(pbx.start), asyncio.to_thread(room.start))

    await without_history(house, influxd)

    over = (await house.until(lambda: house.sink.of("pbx", "resolved"), within=40))[0]
    await house.until(lambda: house.sink.of("room", "resolved"))
    await house.until(lambda: all(house.state(each) == "up" for each in names))
    assert over.incident == first.incident
    assert over.at - first.at >= 19
    assert len(house.sink.pages) == 4
    await house.until(lambda: house.see("self/history")["waiting"] < 50, within=40)
    await house.stop()
    await compare(influxd, emitted, house)


async def without_history(house: House, influxd: InfluxServer) -> None:
    """The database goes and comes back; nothing slows for it."""
    await asyncio.to_thread(influxd.stop)
    away = await house.until(
        lambda: house.see("self/history")["state"] == "away" and house.see("self/history")
    )
    assert influxd.url in away["detail"]
    ready = await house.get("/readyz")
    assert ready["ready"] is True
    assert influxd.url in ready["degraded"]["history"]
    before = await house.metrics()
    assert before["ioc_history_ok"] == 0
    assert before["ioc_history_failures_total"] > 0
    at = house.see("endpoint/v4")["at"]
    began = asyncio.get_running_loop().time()
    await house.until(lambda: house.see("endpoint/v4")["at"] >= at + 3)
    assert asyncio.get_running_loop().time() - began < 5
    after = await house.metrics()
    probed = sum(after[name] - before[name] for name in after if name.startswith("ioc_probes_total"))
    assert probed >= 0.75 * 3 * 14  # seconds, and probes in each
    assert after["ioc_history_waiting"] > before["ioc_history_waiting"]
    assert {house.state("v4"), house.state("v6"), house.state("other")} == {"up"}
    await asyncio.to_thread(influxd.start)
    await house.until(lambda: house.see("self/history")["state"] == "ok", within=40)
    assert (await house.get("/readyz"))["degraded"] == {}


async def compare(influxd: InfluxServer, emitted: list[Sample], house: House) -> None:
    """The database holds exactly what was emitted, and the states that were shown."""
    sent = {key(each): each.fields for each in emitted if each.fields}
    rows = await asyncio.to_thread(influxd.flux, POINTS)
    found = {(row["endpoint"], row["source"], microseconds(row["_time"])): row for row in rows}
    assert len(found) == len(rows)
    assert found.keys() == sent.keys()
    for point, fields in sent.items():
        row = found[point]
        assert {name: float(row[name]) for name in ("rtt", "loss") if row.get(name)} == dict(fields)
        assert (row["system"], row["site"], row["unit"]) == ("vc", "hall", "commune")
    states = [row["_value"] for row in await asyncio.to_thread(influxd.flux, STATES)]
    assert states == ["up", "down", "up"]
    told = house.telemetry
    marks = told.count("ioc_history_written") - len(sent)
    assert marks == told.count("ioc_state_changes") - _first_looks(house)
    assert told.count("ioc_history_dropped") == told.count("ioc_history_refused") == 0


def _first_looks(house: House) -> int:
    """Changes from nothing to *unknown*, before anybody watches the picture."""
    return len(house.config["endpoints"])


def key(sample: Sample) -> Point:
    """A sample's place in the database."""
    return sample.subject, sample.source, round(sample.at * 1e6)


def microseconds(text: str) -> int:
    """InfluxDB's RFC 3339 time."""
    whole = datetime.fromisoformat(text)
    return int(whole.replace(microsecond=0).timestamp()) * 1_000_000 + whole.microsecond
