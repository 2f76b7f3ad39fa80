"""A real node exporter, of Debian."""

from __future__ import annotations

from pathlib import Path

from tests.real.daemon import Daemon, free_port, http_ok
from tools.parts import find


class NodeExporter:
    """Shows this machine's metrics on a loopback port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/metrics"
        self.daemon = Daemon(
            [
                find("node_exporter"),
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--collector.disable-defaults",
                *(f"--collector.{name}" for name in ("cpu", "loadavg", "meminfo", "stat", "uname", "time")),
            ],
            http_ok(self.url),
            folder,
        )

    def start(self) -> None:
        self.daemon.start()

    def stop(self) -> None:
        self.daemon.stop()
