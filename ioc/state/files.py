"""What a path leads to, and whether its name is there after a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def inode(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def sync_directory(directory: Path) -> None:
    """Return when the names in it are there after a power cut; raises OSError."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
