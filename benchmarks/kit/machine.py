"""The machine that a result comes from, and how busy it was with other things."""

from __future__ import annotations

import os
import platform
import timeit
from importlib.metadata import version
from pathlib import Path
from typing import Any


def facts() -> dict[str, Any]:
    """What of a machine changes a figure."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "python_ns": _pace(),
        "aiohttp": version("aiohttp"),
        "uvloop": version("uvloop"),
    }


def load() -> float:
    """The load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def _pace() -> int:
    """Nanoseconds of one round of a plain loop: how fast this build of Python is on this machine just now."""
    rounds = 100_000
    return round(
        min(timeit.repeat("x = (x * 3 + 1) % 1000", "x = 7", number=rounds, repeat=9)) / rounds * 1e9
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
