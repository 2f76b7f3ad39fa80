"""What is kept in tests/cases/influx is what a real influxd says, word for word."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request

import pytest

from tests.real.influx import InfluxServer
from tests.store.influx_cases import cases, settled

pytestmark = pytest.mark.real


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
