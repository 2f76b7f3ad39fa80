"""Commits 1, 2, 3… to a state file and prints each number once its future says that it is committed."""

from __future__ import annotations

import asyncio
import os
import sys

from ioc.state.ledger import Ledger, Write
from ioc.telemetry import Telemetry

TOGETHER = 8
PAYLOAD = "x" * 2_000
"""large enough that a few hundred commits cross a checkpoint of the write-ahead log"""


async def main(path: str, synchronous: str) -> None:
    ledger = Ledger.open(path, telemetry=Telemetry(), synchronous=synchronous)
    last = ledger.read("SELECT count(*) FROM states")[0][0]
    while True:
        numbers = range(last + 1, last + 1 + TOGETHER)
        futures = [ledger.commit(*writes(number)) for number in numbers]
        for number, future in zip(numbers, futures, strict=True):
            await future
            os.write(1, f"{number}\n".encode())
        last += TOGETHER


def writes(number: int) -> tuple[Write, Write]:
    """Two rows that are there both or not at all."""
    return (
        Write("INSERT INTO states VALUES (?, 'up', 1.0, '', ?)", (f"{number:09}", PAYLOAD)),
        Write("INSERT INTO verdicts VALUES (?, 'sip', 'ok', 1.0)", (f"{number:09}",)),
    )


asyncio.run(main(sys.argv[1], sys.argv[2]))
