"""Simulated power cuts: a process is killed, and its directory becomes what was fsynced of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

SOURCE = Path(__file__).with_name("powercut.c")


def build(folder: Path) -> Path:
    """The shim as a shared object; raises CalledProcessError without a working gcc."""
    shim = folder / "powercut.so"
    subprocess.run(
        ["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", shim, SOURCE, "-ldl", "-lpthread"],
        check=True,
    )
    return shim


class Machine:
    """A directory whose fsynced content is kept apart."""

    def __init__(self, shim: Path, folder: Path) -> None:
        self.disk = (folder / "disk").resolve()
        self.kept = (folder / "kept").resolve()
        self.copy = folder / "copy"
        self.disk.mkdir(parents=True)
        self.kept.mkdir()
        self._shim = shim

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process must be started with to be on this machine."""
        return {
            **os.environ,
            "LD_PRELOAD": str(self._shim),
            "POWERCUT_OF": str(self.disk),
            "POWERCUT_KEPT": str(self.kept),
        }

    def start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Run a program on this machine; its standard output is read by the caller."""
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE)

    def cut(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the process and lose everything that was not fsynced."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.lose()

    def lose(self) -> None:
        """Put what was fsynced in the place of the disk; nothing may be running on it."""
        shutil.rmtree(self.disk)
        for part in self.kept.glob("*.part"):
            part.unlink()
        shutil.copytree(self.kept, self.disk)

    def look(self) -> Path:
        """A copy of the disk: whoever opens a database in place may write to it, unseen by `kept`."""
        shutil.rmtree(self.copy, ignore_errors=True)
        return Path(shutil.copytree(self.disk, self.copy))
