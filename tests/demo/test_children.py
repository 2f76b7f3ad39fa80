"""No process of the demo outlives its parent, however the parent ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from ioc.demo.children import Child, ChildError

PARENT = """
import asyncio, sys
from pathlib import Path
from ioc.demo.children import Child

async def main():
    child = await Child.module("sink", Path(sys.argv[1]), Path(sys.argv[1]) / "sink.jsonl")
    await child.ready()
    print(child.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def gone(pid: int) -> None:
    """Wait until a process that is not ours has ended."""
    handle = os.pidfd_open(pid)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), 10)
    finally:
        loop.remove_reader(handle)
        os.close(handle)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_child_ends_with_its_parent(number: int, tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    waiting = asyncio.create_task(gone(child))
    await asyncio.sleep(0)
    parent.send_signal(number)
    await parent.wait()
    await waiting


async def test_a_child_ends_in_order_when_it_is_told(tmp_path: Path) -> None:
    child = await Child.module("sink", tmp_path, tmp_path / "sink.jsonl")
    assert (await child.ready())["port"] > 0
    await child.stop()
    assert child.process.returncode == 0
    await child.stop()


async def test_a_child_that_does_not_start_tells_its_last_lines(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('the reason')"]
    child = await Child.start("broken", command, tmp_path)
    with pytest.raises(ChildError, match="broken did not start: the reason"):
        await child.ready()


async def test_a_child_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.demo.children.STOP_LIMIT", 0.05)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True); signal.pause()"
    child = await Child.start("deaf", [sys.executable, "-c", deaf], tmp_path)
    await child.ready()
    await child.stop()
    assert child.process.returncode == -signal.SIGKILL
