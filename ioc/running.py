"""A service as a process: signals, logging, and the end of it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import typer

from ioc.app import Service
from ioc.clock import Clock
from ioc.errors import ConfigError, IocError
from ioc.reading import read
from ioc.telemetry import Telemetry, setup_logging

LEVELS = ("debug", "info", "warning", "error", "critical")

GARBAGE = (50_000, 20, 50)
"""allocations and generations between two collections: probes make no cycles, and at a nation's scale Python's own
pace spent two fifths of the processor on looking at what lives anyway"""

SWITCH = 0.001
"""seconds after which a thread lets another have the interpreter: history is encoded and written in threads, and
Python's own five milliseconds are what the event loop would wait for each time"""


class Reloads:
    """Reads again when asked, one after another; however often it is asked meanwhile, one more will do."""

    def __init__(self, reload: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._reload = reload
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Have what is there now read, soon."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._wanted:
            self._wanted = False
            await self._reload()


async def run(directory: Path, listen: str | None) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
    clock, telemetry = Clock(), Telemetry()
    setup_logging(sys.stderr, _level(), clock, telemetry)
    config = read(directory, os.environ, clock, listen)
    # A switch for the test that shows that this test can fail; not for people.
    synchronous = os.environ.get("IOC_STATE_SYNCHRONOUS", "FULL")
    service = Service(config, clock, telemetry, os.environ, listen=listen, synchronous=synchronous)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    loop.add_signal_handler(signal.SIGHUP, Reloads(lambda: _reload(service)).ask)
    try:
        port = await service.start()
    except OSError as error:
        await service.stop()
        host, number = config.listen
        raise IocError(
            f"cannot listen on {host}:{number}: {error.strerror}; stop what does, or use --listen"
        ) from error
    settle()
    scheme = "https" if config.access.tls else "http"
    typer.echo(f"IOC: {scheme}://{config.listen[0]}:{port}/")
    await stop.wait()
    await service.stop()


def settle() -> None:
    """Set the interpreter up for a long run: what is loaded lives on, garbage is rare, threads take short turns."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    sys.setswitchinterval(SWITCH)


def _level() -> str:
    """The least level that is logged; raises IocError for what is none."""
    level = os.environ.get("IOC_LOG") or "info"
    if level.lower() not in LEVELS:
        raise IocError(f"IOC_LOG={level!r} is not a level; write one of {', '.join(LEVELS)}")
    return level


async def _reload(service: Service) -> None:
    try:
        await service.reload()
    except ConfigError as error:
        for fault in error.faults:
            typer.echo(fault, err=True)
