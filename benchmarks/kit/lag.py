"""How late an event loop is: a timer every few milliseconds, and by how much it came too late.

`python -m benchmarks.kit.lag FILE` measures an idle loop until it is told to stop: what the machine alone does.
"""

from __future__ import annotations

import asyncio
import sys
import time
from array import array
from pathlib import Path

from ioc.demo.child import play, ready

STEP = 0.005


class Sampler:
    """Notes (monotonic moment, seconds too late) every STEP until `write`."""

    def __init__(self) -> None:
        self._found = array("d")
        self._due = 0.0

    def start(self) -> None:
        """Begin on the running loop."""
        self._due = time.monotonic() + STEP
        asyncio.get_running_loop().call_later(STEP, self._ring)

    def write(self, path: Path) -> None:
        """Write all that was noted."""
        path.write_bytes(self._found.tobytes())

    def _ring(self) -> None:
        at = time.monotonic()
        self._found.extend((at, at - self._due))
        self.start()


def read(path: Path, begin: float, end: float) -> list[float]:
    """What was noted between two monotonic moments."""
    found = array("d", path.read_bytes())
    return [late for at, late in zip(found[::2], found[1::2], strict=True) if begin <= at <= end]


async def idle(path: Path) -> None:
    """Do nothing but measure."""
    sampler = Sampler()
    sampler.start()
    ready()
    try:
        await asyncio.Event().wait()
    finally:
        sampler.write(path)


if __name__ == "__main__":
    play(idle(Path(sys.argv[1])))
