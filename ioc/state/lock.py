"""One running service a file: an advisory lock that the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ioc.errors import StateUnusable


class Lock:
    """Holds `PATH.lock` until closed; raises StateUnusable when another process holds it."""

    def __init__(self, path: Path, what: str = "state file") -> None:
        self._what = what
        self.path = path.with_name(path.name + ".lock")
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StateUnusable(
                f"{self.path}: cannot make the lock file: {error.strerror}; "
                f"give this user a directory it may write to"
            ) from error
        self._take()

    def _take(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StateUnusable(
                f"{self.path}: another running service (process {holder}) uses this {self._what}; "
                f"stop it first, or give this one its own directory"
            ) from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._file)
