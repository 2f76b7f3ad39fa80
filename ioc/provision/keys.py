"""Secrets in files that only their owner may read; none is ever printed."""

from __future__ import annotations

import os
from pathlib import Path

from ioc.errors import IocError

MOST = 4_096
MODE = 0o600


def read(file: Path) -> str:
    """The secret in a file; empty where there is none. Raises IocError."""
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(MOST).strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise IocError(
            f"{file}: cannot read this secret: {why}; give this user the right to, or remove it"
        ) from None


def write(file: Path, secret: str) -> None:
    """Put a secret in a file, whole or not at all, for its owner alone. Raises IocError."""
    fresh = file.with_name(f"{file.name}.new")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, MODE)
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(f"{secret}\n")
            opened.flush()
            os.fsync(handle)
        fresh.replace(file)
    except OSError as error:
        raise IocError(
            f"{file}: cannot write this secret: {error.strerror}; make the directory writable"
        ) from None


def open_to_others(file: Path) -> bool:
    """Whether somebody but the owner may read or write a file."""
    try:
        return bool(file.stat().st_mode & 0o077)
    except OSError:
        return False
