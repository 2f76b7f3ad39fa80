"""Channels that a new configuration replaced: let go of when nothing is under way through them any more.

A message centre may allow one connection only, and a modem one program: the old channel must go before the new one is
needed, but not in the middle of a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from alerts.channels.base import Channel


class Farewells:
    """`settled` returns when what is under way at the moment of the call has ended."""

    def __init__(self, settled: Callable[[], Awaitable[None]]) -> None:
        self._settled = settled
        self._tasks: set[asyncio.Task[None]] = set()

    def say(self, channels: Collection[Channel]) -> None:
        """Close these soon."""
        if channels:
            task = asyncio.get_running_loop().create_task(self._close(channels))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Return when all are closed."""
        await asyncio.gather(*self._tasks)

    async def _close(self, channels: Collection[Channel]) -> None:
        await self._settled()
        for channel in channels:
            await channel.close()
