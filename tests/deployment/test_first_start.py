"""The first start of the composition, without containers: a fresh InfluxDB, `influx init`, `run`, `health`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.real.daemon import Daemon, free_port, http_ok
from tests.real.fixtures import part

pytestmark = pytest.mark.real

CONFIGURATION = Path(__file__).parents[2] / "examples" / "docker"
TOKENS = {"IOC_READ_TOKEN": "r" * 48, "IOC_WRITE_TOKEN": "w" * 48}


def settled(folder: Path, influx: int, listen: int) -> Path:
    """The configuration that ships, with addresses and paths of this machine."""
    where = folder / "config"
    shutil.copytree(CONFIGURATION, where)
    main = where / "ioc.yaml"
    text = main.read_text("utf-8")
    for was, now in {
        "http://influxdb:8086": f"http://127.0.0.1:{influx}",
        "0.0.0.0:8080": f"0.0.0.0:{listen}",
        "/var/lib/ioc": str(folder / "state"),
        "address: influxdb": "address: 127.0.0.1",
        "port: 8086": f"port: {influx}",
        "address: grafana": "address: 127.0.0.1",
    }.items():
        assert was in text
        text = text.replace(was, now)
    main.write_text(text, "utf-8")
    return where


def ioc(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`python -m ioc …`, with the composition's environment."""
    command = [sys.executable, "-m", "ioc", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, **TOKENS}, check=False
    )


def get(url: str, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(url, headers=dict(headers))
    with urllib.request.urlopen(request, timeout=10) as answer:
        body: bytes = answer.read()
    return body


def test_it_is_healthy_on_the_first_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, listen = free_port(), free_port()
    database = tmp_path / "influxdb2"
    fresh = Daemon(
        (
            *(
                part("influxd"),
                "--bolt-path",
                database / "influxd.bolt",
                "--engine-path",
                database / "engine",
            ),
            *("--sqlite-path", database / "influxd.sqlite", "--reporting-disabled"),
            *("--http-bind-address", f"127.0.0.1:{port}"),
        ),
        http_ok(f"http://127.0.0.1:{port}/health"),
        database,
    )
    where = settled(tmp_path, port, listen)
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    url = f"http://127.0.0.1:{listen}"
    service = Daemon((sys.executable, "-m", "ioc", "run", where), http_ok(f"{url}/healthz"), tmp_path / "run")
    with fresh:
        for _ in range(2):  # the second time changes nothing
            done = ioc("influx", "init", where)
            assert done.returncode == 0, done.stdout + done.stderr
        with service:
            said = ioc("health", url)
            assert (said.returncode, said.stdout) == (0, f"{url}/healthz: answered 200\n")
            metrics = get(f"{url}/metrics", {"Authorization": f"Bearer {TOKENS['IOC_READ_TOKEN']}"})
            assert b"ioc_endpoints 2.0" in metrics
            assert buckets(port, where) == ["ioc", "ioc_1h", "ioc_5m"]
    assert ioc("health", url).returncode == 1


def buckets(port: int, where: Path) -> list[str]:
    """What Grafana's token may see."""
    token = (where / "secrets" / "influx-grafana-token").read_text().strip()
    found = json.loads(get(f"http://127.0.0.1:{port}/api/v2/buckets", {"Authorization": f"Token {token}"}))
    return sorted(each["name"] for each in found["buckets"])
