"""A real Telegraf that gathers once, writes to an address in InfluxDB's way and to a file of its own, and ends."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.parts import find

CONFIG = """\
[agent]
  hostname = {host}
  interval = "1s"
  metric_batch_size = {batch}
  skip_processors_after_aggregators = true
{output}
  urls = [{url}]
  content_encoding = {encoding}
[[outputs.file]]
  files = [{sent}]
  data_format = "influx"
  influx_sort_fields = true
{inputs}
"""
OUTPUT = """\
[[outputs.influxdb_v2]]
  token = {token}
  organization = "ioc"
  bucket = "ioc"
"""
OLDER_OUTPUT = """\
[[outputs.influxdb]]
  username = "telegraf"
  password = {token}
  skip_database_creation = true
"""
HOST_INPUTS = """\
[[inputs.cpu]]
  percpu = true
  totalcpu = true
  collect_cpu_time = true
[[inputs.mem]]
[[inputs.disk]]
  mount_points = ["/"]
"""
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    """What one run did: whether all was delivered, what it wrote to its own file, its log."""

    delivered: bool
    sent: str
    log: str


@dataclass(frozen=True, slots=True)
class Telegraf:
    """Blocks; from a coroutine use `asyncio.to_thread`."""

    folder: Path
    url: str
    token: str
    host: str = "server-1"
    encoding: str = "gzip"
    batch: int = 1000
    output: str = OUTPUT

    def once(self, inputs: str = HOST_INPUTS) -> Run:
        """Gather once and deliver."""
        sent = self.folder / "sent.influx"
        sent.unlink(missing_ok=True)
        config = self.folder / "telegraf.conf"
        output = self.output.format(token=json.dumps(self.token))
        said = {key: json.dumps(str(each)) for key, each in self._settings(sent).items()}
        config.write_text(CONFIG.format(inputs=inputs, output=output, batch=self.batch, **said), "utf-8")
        command = [str(find("telegraf")), "--once", "--non-strict-env-handling", "--config", str(config)]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        written = sent.read_text("utf-8") if sent.exists() else ""
        return Run(done.returncode == 0, written, done.stderr)

    def _settings(self, sent: Path) -> dict[str, object]:
        return {
            "host": self.host,
            "url": self.url,
            "encoding": self.encoding,
            "sent": sent,
        }
