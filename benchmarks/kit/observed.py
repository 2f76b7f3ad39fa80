"""`ioc run` with a notebook: `python -m benchmarks.kit.observed DIR NOTES`.

The service is the same. NOTES.verdicts gets a line whenever an endpoint is found down, with the monotonic moment at
which the verdict was emitted and the picture's offset that carries it; NOTES.lag what the event loop's lag was; with
IOC_BENCH_PROFILE=FILE a cProfile of the event loop's thread is written there at the end.
"""

from __future__ import annotations

import cProfile
import os
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.kit.lag import Sampler
from ioc import running
from ioc.app import Service
from ioc.demo.logs import Log
from ioc.model import Sample, Verdict

NOTES = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("notes")


class Observed(Service):
    """A service that notes when it knew."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._verdicts = Log(NOTES.with_suffix(".verdicts"))
        self._sampler = Sampler()
        self._down: set[str] = set()
        super().__init__(*arguments, **more)

    async def start(self) -> int:
        """As the service's own."""
        port = await super().start()
        self._sampler.start()
        return port

    async def stop(self) -> None:
        """As the service's own."""
        self._sampler.write(NOTES.with_suffix(".lag"))
        await super().stop()

    def _emit(self, sample: Sample) -> None:
        if sample.verdict is not Verdict.DOWN or sample.subject in self._down:
            super()._emit(sample)
            return
        self._down.add(sample.subject)
        at = time.monotonic()
        super()._emit(sample)
        offset = self._picture.offset
        self._verdicts.write({"at": at, "subject": sample.subject, "offset": offset})


def main() -> None:
    """Run until told to stop."""
    setattr(running, "Service", Observed)  # noqa: B010 -- the one seam there is: it builds the service
    wanted = os.environ.get("IOC_BENCH_PROFILE")
    if not wanted:
        uvloop.run(running.run(Path(sys.argv[1]), None))
        return
    with cProfile.Profile() as profile:
        uvloop.run(running.run(Path(sys.argv[1]), None))
    profile.dump_stats(wanted)


if __name__ == "__main__":
    main()
