"""Where a door's lines go in tests: kept, or not for trouble, once the gate is open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from ioc.errors import StoreError


@dataclass
class Shelf:
    """Keeps what it is given, or is full."""

    lines: list[str] = field(default_factory=list)
    trouble: StoreError | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def keep(self, lines: Sequence[str]) -> None:
        await self.gate.wait()
        if self.trouble:
            raise self.trouble
        self.lines += lines
