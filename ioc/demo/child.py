"""What the demo's own processes have in common: they say when they are ready, and end on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import orjson
import uvloop

from ioc.errors import IocError

EXIT_TOLD = 2
"""the exit status of a child that ends with a sentence on stderr"""


def ready(**facts: Any) -> None:
    """Tell the parent, on standard output, that this process does its work from now on."""
    sys.stdout.buffer.write(orjson.dumps({"ready": True, **facts}) + b"\n")
    sys.stdout.buffer.flush()


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def play(work: Coroutine[Any, Any, None]) -> None:
    """Run a process' work until it is over, or cancel it on SIGTERM and Ctrl-C.

    An error made on purpose is a sentence on stderr.
    """
    try:
        uvloop.run(_until_told(work))
    except IocError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_TOLD) from None


def allow_descriptors(needed: int) -> None:
    """Raise this process' limit of open descriptors; raises IocError when it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise IocError(
            f"{needed} open descriptors are needed and {hard} are allowed; raise it with: ulimit -Hn {needed}"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
