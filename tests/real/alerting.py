"""A real Prometheus of Debian's with one rule, which posts its alert to an address as to an Alertmanager."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from tests.real.daemon import Daemon, free_port, http_ok
from tools.parts import find

CONFIG = """\
global: {{evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - api_version: v2
      authorization: {{credentials: "{token}"}}
      static_configs: [{{targets: ["{target}"]}}]
"""
RULES = """\
groups:
  - name: disk
    rules:
      - alert: DiskFull
        expr: vector({value}) > 90
        labels: {{severity: page, instance: "db1:9100"}}
        annotations:
          summary: Kho ảnh đầy
          next_action: Xóa ảnh cũ
          runbook_url: http://wiki.example/disk
"""


class AlertingPrometheus:
    """Fires from its start on, until `resolve`; evaluates each second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._daemon = Daemon(
            (
                find("prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-lifecycle",
                # it knows where to post five seconds after its start, and what it sent before is lost for so long
                "--rules.alert.resend-delay=1s",
                "--log.level=warn",
            ),
            http_ok(f"{self._url}/-/ready"),
            folder,
        )

    def start(self, url: str, token: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        target = urlsplit(url).netloc
        (self._folder / "prometheus.yml").write_text(CONFIG.format(target=target, token=token))
        self._write(99)
        self._daemon.start()

    def stop(self) -> None:
        self._daemon.stop()

    def resolve(self) -> None:
        """Have the rule hold no more."""
        self._write(1)
        asked = urllib.request.Request(f"{self._url}/-/reload", method="POST")
        with urllib.request.urlopen(asked, timeout=20) as answer:
            answer.read()

    def _write(self, value: int) -> None:
        (self._folder / "rules.yml").write_text(RULES.format(value=value))
