"""What a server of the demo's data center answers by HTTP: its health as JSON, its metrics as an exporter does. Pure.

Everything follows from the server's id and the time. It is the judge's own side of HTTP, apart from the service's.
"""

from __future__ import annotations

from random import Random

import orjson

from ioc.demo.device import DAY, swing
from ioc.errors import CodecError

HEALTH, METRICS = "/health", "/metrics"
STARTED = 1_700_000_000.0
PROCESSORS = 4
MEMORY, DISK = 16 << 30, 500 << 30
PHRASES = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
_JSON, _TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"


class Server:
    """One server, as it is so many seconds after it was first asked."""

    def __init__(self, id: str) -> None:
        rng = Random(f"server {id}")
        self._age = rng.uniform(10, 300) * DAY
        self._queue = swing(rng, rng.uniform(10, 60))
        self._sessions = swing(rng, rng.uniform(50, 400))
        self._requests = swing(rng, rng.uniform(5, 80), self._age * 20)
        self._busy = [swing(rng, rng.uniform(5, 30), self._age * 10) for _ in range(PROCESSORS)]
        """hundredths of a second that each processor works a second"""
        self._memory = swing(rng, rng.uniform(0.2, 0.5))
        self._disk = rng.uniform(0.3, 0.8)

    def answer(self, request: bytes, code: int, time: float) -> bytes:
        """The response to a request's head; `code` is how its application is. Raises CodecError for no request."""
        method, _, rest = request.partition(b" ")
        path, _, version = rest.partition(b"\r\n")[0].partition(b" ")
        if not version.startswith(b"HTTP/1."):
            raise CodecError(f"not an HTTP request: {request[:40]!r}")
        if method != b"GET":
            return response(405, _TEXT, b"only GET\n")
        if path == METRICS.encode():
            return response(200, _TEXT, self.metrics(time))
        if path != HEALTH.encode():
            return response(404, _TEXT, b"no such page\n")
        return response(code, _JSON, self.health(code, time))

    def health(self, code: int, time: float) -> bytes:
        """Whether its application is well, how many requests wait and how many people are there."""
        return orjson.dumps(
            {
                "status": "UP" if code == 200 else "DOWN",
                "data": {"queue": int(self._queue.at(time)), "sessions": int(self._sessions.at(time))},
            }
        )

    def metrics(self, time: float) -> bytes:
        """What a node exporter and an application tell, in Prometheus' text format."""
        used = self._memory.at(time)
        lines = [
            "# TYPE node_load1 gauge",
            f"node_load1 {sum(each.at(time) for each in self._busy) / 100:.2f}",
            "# TYPE node_memory_MemTotal_bytes gauge",
            f"node_memory_MemTotal_bytes {MEMORY}",
            f"node_memory_MemAvailable_bytes {int(MEMORY * (1.0 - used))}",
            f'node_filesystem_size_bytes{{device="/dev/sda2",fstype="ext4",mountpoint="/"}} {DISK}',
            f'node_filesystem_avail_bytes{{device="/dev/sda2",fstype="ext4",mountpoint="/"}} {self._avail(time)}',
            f"node_boot_time_seconds {STARTED - self._age:.0f}",
            "# TYPE http_requests_total counter",
            f"http_requests_total {self._requests.total(time)}",
            "# TYPE node_cpu_seconds_total counter",
        ]
        for number, each in enumerate(self._busy):
            busy = each.total(time) / 100
            lines.append(f'node_cpu_seconds_total{{cpu="{number}",mode="user"}} {busy:.2f}')
            lines.append(
                f'node_cpu_seconds_total{{cpu="{number}",mode="idle"}} {self._age + time - busy:.2f}'
            )
        return ("\n".join(lines) + "\n").encode()

    def _avail(self, time: float) -> int:
        return int(DISK * self._disk - 1000 * time)


def response(code: int, kind: str, body: bytes) -> bytes:
    """A whole response."""
    head = f"HTTP/1.1 {code} {PHRASES.get(code, 'Demo')}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
