"""Processor time and memory of a process and all that descend from it, as Linux counts them in /proc (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found = [root]
    for each in found:
        found += children.get(each, ())
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """Seconds in user and system mode of these trees, ended children that were waited for included."""
    ticks = 0
    for pid in [each for root in roots for each in tree(root)]:
        if stat := _stat(pid):
            ticks += sum(map(int, stat[11:15]))
    return ticks * _TICK


def resident_mb(roots: Iterable[int]) -> float:
    """Resident memory of these trees in MB (10^6 bytes); pages that processes share count in each."""
    return sum(resident_bytes(pid) for root in roots for pid in tree(root)) / 1e6


def resident_bytes(pid: int) -> int:
    """Resident memory of one process, 0 when it is gone."""
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty when the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
