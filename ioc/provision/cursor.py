"""How far a migration has come: a small file beside the embedded history, replaced whole after each part.

Beside the place of each tier it holds what was moved so far, so that a part that was written and not noted, because we
were killed in between, is written again and counted once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ioc.errors import StoreError
from ioc.store.sqlite_export import Part, Place

VERSION = 1


@dataclass(slots=True)
class Moved:
    """What of one tier is in InfluxDB: up to which place, since when, how much, and how many lines it refused."""

    place: Place | None = None
    since: int | None = None
    lines: int = 0
    held: int = 0
    refused: int = 0

    def add(self, part: Part, refused: int) -> None:
        """A part that InfluxDB has taken."""
        self.place = part.place
        self.lines += len(part.lines)
        self.held += part.held
        self.refused += refused


@dataclass(slots=True)
class Cursor:
    """The progress of one migration: of which file, into which InfluxDB."""

    path: Path
    of: tuple[int, int]
    """device and inode of the file"""
    into: str
    moved: dict[str, Moved] = field(default_factory=dict)

    def save(self) -> None:
        """Write it down; raises StoreError."""
        body = {
            "version": VERSION,
            "of": self.of,
            "into": self.into,
            "moved": {
                tier: {"place": each.place, "since": each.since, "lines": each.lines, "held": each.held,
                       "refused": each.refused}
                for tier, each in self.moved.items()
            },
        }  # fmt: skip
        fresh = self.path.with_name(f"{self.path.name}.new")
        try:
            fresh.write_text(json.dumps(body), "utf-8")
            fresh.replace(self.path)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot write: {error.strerror}", permanent=True) from error


def load(file: Path, into: str, tiers: tuple[str, ...]) -> Cursor:
    """The cursor of a file's migration; a new one where none has begun.

    Raises StoreError where the one there is of another file or target, or cannot be read.
    """
    path = file.with_name(f"{file.name}.migration")
    info = file.stat()
    fresh = Cursor(path, (info.st_dev, info.st_ino), into, {tier: Moved() for tier in tiers})
    try:
        held = json.loads(path.read_text("utf-8"))
        cursor = _of(held, path)
    except FileNotFoundError:
        return fresh
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: not a cursor of ours ({error}); {_AFRESH}", permanent=True) from error
    if set(cursor.moved) != set(tiers):
        raise StoreError(f"{path}: of another version; {_AFRESH}", permanent=True)
    if cursor.of != fresh.of:
        raise StoreError(f"{path}: begun with another file at {file}; {_AFRESH}", permanent=True)
    if cursor.into != into:
        raise StoreError(f"{path}: begun into {cursor.into}, not {into}; {_AFRESH}", permanent=True)
    return cursor


_AFRESH = "remove it to begin anew, which harms nothing that was moved"


def _of(held: Mapping[str, Any], path: Path) -> Cursor:
    if held["version"] != VERSION:
        raise ValueError(f"version {held['version']}")
    device, inode = map(int, held["of"])
    return Cursor(path, (device, inode), str(held["into"]), {k: _moved(v) for k, v in held["moved"].items()})


def _moved(held: Mapping[str, Any]) -> Moved:
    place = held["place"]
    slot, series, at = map(int, place) if place is not None else (0, 0, 0)
    since = held["since"]
    return Moved(
        place=(slot, series, at) if place is not None else None,
        since=int(since) if since is not None else None,
        lines=int(held["lines"]),
        held=int(held["held"]),
        refused=int(held["refused"]),
    )
