"""A program that is not ours as a child process: started until it answers, stopped, started again.

Calls block; from a coroutine use `asyncio.to_thread`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, Self

PATIENCE = 30.0
GRACE = 10.0


class Daemon:
    """One program with its log in its own folder."""

    def __init__(self, command: Sequence[object], answers: Callable[[], bool], folder: Path) -> None:
        self.command = [str(word) for word in command]
        self.folder = folder
        self.log = folder / f"{Path(self.command[0]).name}.log"
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.command[0]} was not started")
        return self._process.pid

    def start(self) -> None:
        """Start it and return once it answers."""
        if self.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        give_up = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None:
                self._fail("went away")
            if time.monotonic() > give_up:
                self._fail(f"did not answer in {PATIENCE:.0f} s")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask it to end, and see to it that it and its children have."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, by: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            if by == signal.SIGTERM:
                process.terminate()
            else:
                os.killpg(process.pid, by)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _fail(self, why: str) -> NoReturn:
        self.stop()
        raise RuntimeError(f"{' '.join(self.command)} {why}:\n{self._last_words()}")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free for both TCP and UDP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with (
            socket.socket(family, socket.SOCK_STREAM) as tcp,
            socket.socket(family, socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind((host, 0))
            port: int = tcp.getsockname()[1]
            with suppress(OSError):
                udp.bind((host, port))
                return port


def http_ok(url: str) -> Callable[[], bool]:
    """Whether the address answers 2xx."""

    def answers() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=1) as response:
                return bool(200 <= response.status < 300)
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False

    return answers
