"""What is kept in tests/cases/influx is what a real influxd says, word for word."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import AsyncIterator

import pytest

from ioc.store.influx import HOUR, Address, Influx
from ioc.telemetry import Telemetry
from tests.real.influx import InfluxServer
from tests.store.influx_cases import cases, settled

pytestmark = pytest.mark.real

AT = 1_700_000_000_000_000


def bucket(influxd: InfluxServer, seconds: int) -> str:
    """A new bucket that keeps points so long."""
    name = f"case-{secrets.token_hex(4)}"
    org = json.loads(influxd._call(f"/api/v2/orgs?org={influxd.org}"))["orgs"][0]["id"]
    rules = [{"type": "expire", "everySeconds": seconds}] if seconds else []
    influxd._call("/api/v2/buckets", {"orgID": org, "name": name, "retentionRules": rules})
    return name


def write(influxd: InfluxServer, bucket: str, text: str, how: dict[str, str]) -> tuple[int, str]:
    org, into = how.get("org", influxd.org), how.get("bucket", bucket)
    headers = {"Authorization": f"Token {how.get('token', influxd.token)}"}
    if "encoding" in how:
        headers["Content-Encoding"] = how["encoding"]
    url = f"{influxd.url}/api/v2/write?org={org}&bucket={into}&precision=us"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, text.encode(), headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_what_is_recorded_is_what_it_says(influxd: InfluxServer) -> None:
    said: dict[str, tuple[int, str]] = {}
    for case in cases():
        into = bucket(influxd, int(case.how.get("retention", 0)))
        if before := case.read("before.txt"):
            assert write(influxd, into, before, {})[0] == 204
        status, body = write(influxd, into, case.read("lines.txt"), case.how)
        said[str(case)] = status, settled(body)
    assert said == {str(case): case.answer for case in cases()}


def record(influxd: InfluxServer) -> None:
    """Write down what it says now; look at the difference before keeping it."""
    for case in cases():
        into = bucket(influxd, int(case.how.get("retention", 0)))
        if before := case.read("before.txt"):
            write(influxd, into, before, {})
        status, body = write(influxd, into, case.read("lines.txt"), case.how)
        (case.folder / "answer.txt").write_text(f"{status}\n{settled(body)}\n", "utf-8")


# --- and what our client makes of it ---


@pytest.fixture
async def influx(influxd: InfluxServer) -> AsyncIterator[tuple[Influx, Telemetry]]:
    telemetry = Telemetry()
    influx = Influx(Address(influxd.url, influxd.org, influxd.bucket, influxd.token, timeout=30.0), telemetry)
    yield influx, telemetry
    await influx.close()


def requests(telemetry: Telemetry) -> int:
    return telemetry.count("ioc_history_requests")


def stored(influxd: InfluxServer) -> int:
    rows = influxd.flux("from(bucket: BUCKET) |> range(start: 0) |> count() |> group() |> sum()")
    return int(rows[0]["_value"])


async def test_bad_lines_among_five_thousand_cost_one_more_request(
    influxd: InfluxServer, influx: tuple[Influx, Telemetry]
) -> None:
    lines = [f"endpoint,endpoint=e{n} rtt={n}.5 {AT + n}" for n in range(5_000)]
    for bad in (0, 1_234, 4_999):
        lines[bad] = f"endpoint,endpoint=e{bad} rtt=what {AT}"
    assert await influx[0].write(lines) == 3
    assert requests(influx[1]) == 2
    assert stored(influxd) == 4_997
    assert "invalid boolean" in influx[0].last_refusal


async def test_every_line_bad_is_known_at_once(influx: tuple[Influx, Telemetry]) -> None:
    assert await influx[0].write([f"endpoint rtt=what{n} {AT}" for n in range(5_000)]) == 5_000
    assert requests(influx[1]) == 1


async def test_conflicts_in_several_shards_are_counted_exactly(
    influxd: InfluxServer, influx: tuple[Influx, Telemetry]
) -> None:
    days = [AT + day * 7 * 24 * HOUR for day in range(4)]
    await influx[0].write([f"m v=1.0 {at}" for at in days])
    lines = [f"m v={n}i {at + n}" for at in days for n in range(1, 4)]
    lines += [f"m v={n}.0 {at + n}" for at in days for n in range(10, 20)]
    assert await influx[0].write(lines) == 12
    assert stored(influxd) == 44


async def test_unreadable_and_unfit_lines_at_once(
    influxd: InfluxServer, influx: tuple[Influx, Telemetry]
) -> None:
    await influx[0].write([f"m v=1.0 {AT}"])
    lines = [f"m v={n}.0 {AT + n}" for n in range(1, 101)]
    lines[7], lines[70] = f"m v=1i {AT + 8}", "m v=what"
    assert await influx[0].write(lines) == 2
    assert stored(influxd) == 99
