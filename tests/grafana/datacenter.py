"""A data center beside the demo: a real snmpd, a portal over TLS, and our own /metrics read as an exporter's page."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from aiohttp import web

from tests import certificates
from tests.real.snmpd import COMMUNITY, Snmpd

PACE = {"every": "2s", "timeout": "1s"}
COMMUNITY_FILE = "snmp.community"
SERVER, PORTAL = "may-chu-1", "cong-dvc"


class DataCenter:
    """Two endpoints of a system `dc`: a server by SNMP, and a portal by HTTP whose exporter is this service."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._snmpd = Snmpd(folder / "snmpd")
        self._signer = certificates.authority(folder)
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def open(self) -> None:
        """Answer."""
        self._snmpd.start()
        app = web.Application()
        app.router.add_get("/", _queue)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        shown = certificates.server(self._folder, self._signer, timedelta(days=20), "localhost")
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=shown).start()
        self._port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """End."""
        self._snmpd.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def enter(self, where: Path, url: str) -> None:
        """Add it to a configuration whose service will be at `url`."""
        (where / COMMUNITY_FILE).write_text(COMMUNITY)
        main = where / "ioc.yaml"
        config: dict[str, Any] = yaml.safe_load(main.read_text("utf-8"))
        config["systems"]["dc"] = {"name": "Trung tâm dữ liệu"}
        config["probes"] |= self._probes(urlsplit(url).port or 80)
        main.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), "utf-8")
        self._add(where / "endpoints.csv")

    def _probes(self, own: int) -> dict[str, Any]:
        community = {"file": COMMUNITY_FILE}
        queue = {"cho_xu_ly": {"path": "queue", "unit": ""}}
        probes = {"metric": "ioc_probes_total", "labels": ["source"], "as": "rate"}
        known = {"metric": "ioc_endpoints"}
        return {
            "ping": {"source": "icmp", **PACE},
            "agent": {"source": "snmp", **PACE, "port": self._snmpd.port, "community": community},
            "portal": {
                "source": "http", **PACE, "port": self._port, "ca": str(self._signer.file), "fields": queue,
            },
            "exporter": {"source": "prometheus", **PACE, "port": own, "history": [probes, known]},
        }  # fmt: skip

    def _add(self, table: Path) -> None:
        with table.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        common = {"system": "dc", "unit": "th", "site": "s-th"}
        common |= {"expected": "always", "critical": "true", "kind": "server"}
        rows = [
            {"id": SERVER, "name": "Máy chủ 1", "probes": "ping agent", "address": "127.0.0.1", **common},
            {
                "id": PORTAL,
                "name": "Cổng dịch vụ công",
                "probes": "portal exporter",
                "address": "localhost",
                **common,
            },
        ]
        with table.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, columns, restval="").writerows(rows)


async def _queue(request: web.Request) -> web.Response:
    return web.json_response({"queue": 7})
