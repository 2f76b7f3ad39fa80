"""Lines into a socket, as a process of its own: `python -m benchmarks.kit.pouring SOCKET ENDPOINTS PACE SPAN TOLD`.

The lines are those of `benchmarks.kit.keeping`; TOLD gets how many there were.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import orjson

from benchmarks.kit.keeping import STEPS
from benchmarks.kit.pace import paced
from benchmarks.kit.points import Points, tags
from ioc.clock import Clock
from ioc.demo.child import play, ready
from ioc.store.line import Lines


async def pour(socket: str, endpoints: int, pace: int, span: float, told: Path) -> None:
    """Write lines at that pace for that long."""
    given = await _pour(socket, endpoints, pace, span)
    await asyncio.to_thread(told.write_bytes, orjson.dumps({"given": given}))


async def _pour(socket: str, endpoints: int, pace: int, span: float) -> int:
    clock, points, lines = Clock(), Points(endpoints), Lines(tags)
    _, writer = await asyncio.open_unix_connection(socket)

    def some() -> None:
        made, _ = lines.encode(points.some(pace // STEPS, clock.now()), clock.skew())
        writer.write(("\n".join(made) + "\n").encode())

    ready()
    given = await paced(some, STEPS, span) * (pace // STEPS)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    return given


if __name__ == "__main__":
    play(pour(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5])))
