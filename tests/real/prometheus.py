"""A real Prometheus of Debian's that scrapes one address, asked in PromQL."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.real.daemon import Daemon, free_port, http_ok
from tools.parts import find

CONFIG = """\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: ioc
    static_configs:
      - targets: ["{target}"]
"""


class Prometheus:
    """Scrapes /metrics of `target` (HOST:PORT) each second from its start on."""

    def __init__(self, folder: Path, target: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._config = folder / "prometheus.yml"
        self._target = target
        self._daemon = Daemon(
            (
                find("prometheus"),
                f"--config.file={self._config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ),
            http_ok(f"{self.url}/-/ready"),
            folder,
        )

    def start(self) -> None:
        self._config.parent.mkdir(parents=True, exist_ok=True)
        self._config.write_text(CONFIG.format(target=self._target))
        self._daemon.start()

    def stop(self) -> None:
        self._daemon.stop()

    def range(self, query: str, start: float, stop: float, step: float) -> list[dict[str, Any]]:
        """The series of a query over a time; each has `metric` (labels) and `values` ([time, text])."""
        asked = urllib.parse.urlencode({"query": query, "start": start, "end": stop, "step": step})
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{asked}", timeout=20) as response:
                found = json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"Prometheus: {query}: {error.read().decode()}") from None
        series: list[dict[str, Any]] = found["data"]["result"]
        return series
