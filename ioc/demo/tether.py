"""Ties a command to the life of its parent: `python -m ioc.demo.tether PARENT COMMAND ...`.

Linux ends the process when its parent ends, however that happens; the tie survives `exec`. A parent that is
gone before the tie was made is seen by its changed id.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tie(parent: int) -> None:
    """Have this process killed when its parent ends; raises OSError where the system can not."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the system can not tie a process to its parent (Linux can)")
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")


if __name__ == "__main__":
    tie(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606
