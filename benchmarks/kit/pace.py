"""So many messages a second for so long, and what each of them says: the same to every server that pushes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

FRAME = 1024
"""bytes of one frame"""
_PAD = "x" * (FRAME - 150)


def value() -> dict[str, Any]:
    """A value that makes a frame of about 1 KB and says when it was made."""
    return {"sent": time.monotonic(), "pad": _PAD}


async def metered(
    do: Callable[[], None], rate: float, span: float, spent: Callable[[], float] = time.process_time
) -> dict[str, float]:
    """Do something at a pace; processor seconds (of this process, unless told what counts them), rounds, and when."""
    begin, cpu = time.monotonic(), spent()
    rounds = await paced(do, rate, span)
    return {"cpu": spent() - cpu, "rounds": rounds, "begin": begin, "end": time.monotonic()}


async def paced(do: Callable[[], None], rate: float, span: float) -> int:
    """Do something so many times a second for so long; how many times it was."""
    start = time.monotonic()
    rounds = 0
    while rounds < round(rate * span):
        await asyncio.sleep(max(0.0, start + rounds / rate - time.monotonic()))
        do()
        rounds += 1
    await asyncio.sleep(max(0.0, start + span - time.monotonic()))
    return rounds
