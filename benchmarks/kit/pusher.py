"""The push alone, driven at an exact pace: `python -m benchmarks.kit.pusher PORT COURSE FILE`.

The web part as the service runs it, over a picture in which one value of about 1 KB changes; no coalescing, so that
each change is one frame to each screen. COURSE is JSON: `endpoints` in the picture, `rate` a second, `warm`,
`span` and `bare` seconds. It begins on SIGUSR1. After it the same sockets get the same bytes by nothing but `send`:
what the system call alone costs here. FILE gets processor time and deliveries of both, and the moments.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from benchmarks.kit import province
from benchmarks.kit.pace import FRAME, metered, paced, value
from ioc.clock import Clock
from ioc.demo.child import allow_descriptors, play, ready
from ioc.errors import Refused
from ioc.picture import Picture
from ioc.telemetry import Telemetry
from web.app import build
from web.deps import Deps, Readiness
from web.push import Pace
from web.serve import serve

MOST_SCREENS = 6_000
STATIC = Path(__file__).parents[2] / "web" / "ui" / "dist"


class Nobody:
    """A desk at which nothing can be asked for."""

    async def acknowledge(self, incident: int, by: str, note: str, seen: float | None = None) -> None:
        """See web.deps.Desk."""
        raise Refused("a benchmark")

    async def assign(self, incident: int, to: str, by: str) -> None:
        """See web.deps.Desk."""
        raise Refused("a benchmark")

    async def comment(self, incident: int, text: str, by: str) -> None:
        """See web.deps.Desk."""
        raise Refused("a benchmark")

    async def close_incident(self, incident: int, reason: str, by: str) -> None:
        """See web.deps.Desk."""
        raise Refused("a benchmark")

    async def maintain(
        self, kind: str, id: str, start: float | None, end: float, reason: str, by: str
    ) -> str:
        """See web.deps.Desk."""
        raise Refused("a benchmark")

    async def end_maintenance(self, id: str, by: str) -> None:
        """See web.deps.Desk."""
        raise Refused("a benchmark")

    async def reload(self) -> Sequence[str]:
        """See web.deps.Desk."""
        raise Refused("a benchmark")

    def readiness(self) -> Readiness:
        """See web.deps.Desk."""
        return Readiness(ready=True)


def filled(endpoints: int) -> Picture:
    """A picture with endpoints as a service's has."""
    picture = Picture("bench", _raise)
    for each in province.things(endpoints, "sip-udp"):
        picture.put(f"about/{each.id}", {"name": each.name, "kind": each.kind, "address": each.address})
        live = {
            "state": "up",
            "since": 1.7e9,
            "at": 1.7e9,
            "reason": "answered",
            "answering": True,
            "rtt": 12.3,
        }
        picture.put(f"endpoint/{each.id}", live)
    return picture


async def run(port: int, course: dict[str, float], file: Path) -> None:
    """Listen, wait for the signal, do the course, write the figures."""
    allow_descriptors(MOST_SCREENS + 512)
    picture = filled(int(course["endpoints"]))
    pace = Pace(coalesce=0.0, screens=MOST_SCREENS)
    telemetry = Telemetry()
    app = build(Deps(Clock(), picture, telemetry, Nobody(), STATIC, pace=pace))
    server = await serve(app, "127.0.0.1", port)
    gc.collect()
    gc.freeze()
    go = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, go.set)
    ready(port=server.port)
    await go.wait()

    def change() -> None:
        picture.put("bench/1", value())

    await paced(change, course["rate"], course["warm"])
    frames = telemetry.count("ioc_push_frames")
    pushed = await metered(change, course["rate"], course["span"])
    pushed["deliveries"] = telemetry.count("ioc_push_frames") - frames
    bare = await _bare(port, course)
    written = file.with_suffix(".new")
    written.write_bytes(orjson.dumps({"push": pushed, "bare": bare}))
    written.rename(file)
    await asyncio.Event().wait()


async def _bare(port: int, course: dict[str, float]) -> dict[str, float]:
    """The same number of bytes to the same sockets by `send` alone."""
    sockets = _connections(port)
    payload = b'{"sent":0,"pad":"' + b"x" * (FRAME - 23) + b'"}'
    frame = bytes((0x81, 126)) + len(payload).to_bytes(2, "big") + payload

    def send() -> None:
        for each in sockets:
            each.send(frame)

    found = await metered(send, course["rate"], course["bare"])
    found["deliveries"] = found["rounds"] * len(sockets)
    for each in sockets:
        each.close()
    return found


def _connections(port: int) -> list[socket.socket]:
    """Our side of every connection that came in at a port, as sockets of their own."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            sock = socket.socket(fileno=os.dup(int(entry.name)))
        except OSError:
            continue
        try:
            if sock.getsockname()[1] == port and sock.getpeername():
                found.append(sock)
                continue
        except (OSError, IndexError):
            pass
        sock.close()
    return found


def _raise(see: object, error: Exception) -> None:
    raise error


if __name__ == "__main__":
    play(run(int(sys.argv[1]), orjson.loads(sys.argv[2]), Path(sys.argv[3])))
