"""A real InfluxDB 2: one of our own making, or the one that `IOC_TEST_INFLUX_URL` lends, behind a link we can cut."""

from __future__ import annotations

import csv
import json
import os
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.real.daemon import Daemon, free_port, http_ok
from tests.real.relay import Relay
from tools.parts import find


@dataclass(frozen=True, slots=True)
class InfluxAddress:
    """What a client needs to know."""

    url: str
    org: str
    bucket: str
    token: str


class InfluxServer:
    """Set up at the first start; what was written stays over stop and start."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        lent = os.environ.get("IOC_TEST_INFLUX_URL")
        self._link: Daemon | Relay
        if lent:
            at = urlsplit(lent)
            self._link = Relay((at.hostname or "127.0.0.1", at.port or 8086))
            url = f"http://{self._link.host}:{self._link.port}"
        else:
            self._link, url = own(folder, port)
        self.address = InfluxAddress(
            url,
            os.environ.get("IOC_TEST_INFLUX_ORG", "ioc") if lent else "ioc",
            f"ioc-{secrets.token_hex(4)}",
            os.environ.get("IOC_TEST_INFLUX_TOKEN", "") if lent else "",
        )
        self._ready = False

    @property
    def url(self) -> str:
        return self.address.url

    @property
    def org(self) -> str:
        return self.address.org

    @property
    def bucket(self) -> str:
        return self.address.bucket

    @property
    def token(self) -> str:
        return self.address.token

    def start(self) -> None:
        self._link.start()
        if not self._ready:
            self._set_up()
            self._ready = True

    def stop(self) -> None:
        self._link.stop()

    def kill(self) -> None:
        """End it as a power cut would; one that is lent is only cut off."""
        if isinstance(self._link, Daemon):
            self._link.kill()
        else:
            self._link.stop()

    def flux(self, query: str) -> list[dict[str, str]]:
        """The rows of a Flux query; `BUCKET` in it stands for the bucket's name."""
        text = self._call(
            f"/api/v2/query?org={self.org}",
            {"query": query.replace("BUCKET", json.dumps(self.bucket)), "dialect": {"header": True}},
        )
        rows: list[dict[str, str]] = []
        for table in text.replace("\r\n", "\n").split("\n\n"):
            rows += csv.DictReader(table.splitlines())
        return rows

    def write(self, lines: str, precision: str = "ns") -> None:
        """Write line protocol, as another program would."""
        path = f"/api/v2/write?org={self.org}&bucket={self.bucket}&precision={precision}"
        self._call(path, lines.encode())

    def add_bucket(self, name: str) -> str:
        """A further bucket; its name."""
        found = json.loads(self._call(f"/api/v2/orgs?org={self.org}"))["orgs"]
        self._call("/api/v2/buckets", {"name": name, "orgID": found[0]["id"], "retentionRules": []})
        return name

    def remove_bucket(self, name: str) -> None:
        """Delete a bucket with all that is in it."""
        found = json.loads(self._call(f"/api/v2/buckets?org={self.org}&name={name}"))["buckets"]
        self._call(f"/api/v2/buckets/{found[0]['id']}", method="DELETE")

    def _set_up(self) -> None:
        token = self.token or secrets.token_hex(16)
        if json.loads(self._call("/api/v2/setup"))["allowed"]:
            self._call(
                "/api/v2/setup",
                {
                    "username": "ioc",
                    "password": secrets.token_hex(8),
                    "org": self.org,
                    "bucket": self.bucket,
                    "token": token,
                },
            )
            self.address = InfluxAddress(self.url, self.org, self.bucket, token)
            return
        if not self.token:
            raise RuntimeError(
                f"{os.environ['IOC_TEST_INFLUX_URL']} is set up already; name an operator token in"
                " IOC_TEST_INFLUX_TOKEN and its organization in IOC_TEST_INFLUX_ORG"
            )
        self.add_bucket(self.bucket)

    def _call(self, path: str, body: dict[str, Any] | bytes | None = None, method: str | None = None) -> str:
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {"Accept": "*/*"}
        if isinstance(body, dict):
            headers["Content-Type"] = "application/json"
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                text: bytes = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"InfluxDB: {path}: {error.code} {error.read().decode()}") from None
        return text.decode()


def own(folder: Path, port: int = 0) -> tuple[Daemon, str]:
    """An InfluxDB of our own making, not started and not set up, and its address."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(find("influxd"), "run", "--http-bind-address", f"127.0.0.1:{port}"),
        *("--bolt-path", folder / "influxd.bolt", "--sqlite-path", folder / "influxd.sqlite"),
        *("--engine-path", folder / "engine", "--reporting-disabled", "--log-level", "warn"),
    ]
    return Daemon(command, http_ok(f"{url}/health"), folder), url
