"""The file that remembers what a store has taken of a spool.

Two slots are written in turn, each with a checksum and a count, so that a write that is cut short leaves the
one before it. The file has its full length from the beginning: a full disk does not stop it.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ioc.store.losses import Loss
from ioc.store.ranges import Range

SLOT = 16_384
MOST_RANGES = 300
"""ranges kept apart; more would not fit a slot"""


@dataclass(frozen=True, slots=True)
class Position:
    """`end` is the number after the last line spooled, `owed` what the store has not taken, `losses` those unmarked."""

    end: int
    owed: Sequence[Range]
    losses: Sequence[Loss] = ()
    stamp: int = 0
    """the greatest timestamp given to a mark"""


class PositionFile:
    """One open file; `sync` brings it to the disk. Raises OSError."""

    def __init__(self, path: Path, sync: Callable[[int], None] = os.fdatasync) -> None:
        self._sync = sync
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(self._file).st_size < 2 * SLOT:
            os.pwrite(self._file, bytes(2 * SLOT), 0)
            os.fsync(self._file)
        self._turn = 0

    def read(self) -> Position | None:
        """What was written last; None when nothing sound is there."""
        found = [_unpacked(os.pread(self._file, SLOT, slot * SLOT)) for slot in (0, 1)]
        sound = [each for each in found if each is not None]
        if not sound:
            return None
        turn, position = max(sound, key=lambda each: each[0])
        self._turn = turn
        return position

    def write(self, position: Position, sync: bool) -> None:
        """Remember it; with `sync` until after a power cut."""
        self._turn += 1
        os.pwrite(self._file, _packed(self._turn, position), self._turn % 2 * SLOT)
        if sync:
            self._sync(self._file)

    @property
    def removed(self) -> bool:
        """Whether somebody has removed it: what is written would be found by nobody."""
        return os.fstat(self._file).st_nlink == 0

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _packed(turn: int, position: Position) -> bytes:
    losses = [[each.lines, each.oldest, each.newest, each.stamp] for each in position.losses]
    value = {
        "turn": turn, "end": position.end, "owed": list(position.owed), "losses": losses, "stamp": position.stamp
    }  # fmt: skip
    body = orjson.dumps(value)
    if len(body) + 9 > SLOT:
        raise ValueError(f"position of {len(position.owed)} ranges does not fit {SLOT} bytes")
    return b"%08x " % zlib.crc32(body) + body + b"\n" * (SLOT - 9 - len(body))


def _unpacked(slot: bytes) -> tuple[int, Position] | None:
    body = slot[9:].rstrip(b"\n")
    if slot[:9] != b"%08x " % zlib.crc32(body):
        return None
    value: dict[str, Any] = orjson.loads(body)
    owed = [(first, stop) for first, stop in value["owed"]]
    losses = [Loss(*each) for each in value["losses"]]
    return value["turn"], Position(value["end"], owed, losses, value["stamp"])
