"""The whole demo: every process starts, and ends with the parent in whatever way it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from ioc.demo.run import demo
from ioc.errors import IocError


@pytest.fixture
def place() -> Iterator[str]:
    """A directory for temporary files with a short name: a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory() as path:
        yield path


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@asynccontextmanager
async def watched(pids: list[int]) -> AsyncIterator[list[asyncio.Event]]:
    """An event for each process, set when it has ended."""
    loop, handles, ends = asyncio.get_running_loop(), [os.pidfd_open(pid) for pid in pids], []
    for handle in handles:
        ends.append(ended := asyncio.Event())
        loop.add_reader(handle, ended.set)
    try:
        yield ends
    finally:
        for handle in handles:
            loop.remove_reader(handle)
            os.close(handle)


async def started(place: str, *options: str) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ioc", "demo", "--listen", f"127.0.0.1:{free_port()}", *options),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"TMPDIR": place},
    )
    assert process.stdout is not None
    return process, process.stdout


async def until_said(output: asyncio.StreamReader, piece: str) -> None:
    async with asyncio.timeout(90):
        while piece not in (line := await output.readline()).decode():
            assert line, f"the demo ended before it said {piece!r}"


async def test_ctrl_c_ends_every_process_in_order_and_a_report_is_written(tmp_path: Path, place: str) -> None:
    options = ("--report", str(tmp_path / "r.json"), "--keep", str(tmp_path / "kept"))
    process, output = await started(place, *options)
    await until_said(output, "The wall: http://127.0.0.1:")
    async with watched(children(process.pid)) as ends:
        process.send_signal(signal.SIGINT)
        said = (await output.read()).decode()
        assert await process.wait() == 0, said
        await asyncio.wait_for(asyncio.gather(*(each.wait() for each in ends)), 10)
    assert len(ends) == 4
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["endpoints"], report["rooms"]) == (1224, 600)
    assert report["false_alarms"] == report["missed"] == 0
    assert not any(Path(place).iterdir())
    assert {each.name for each in (tmp_path / "kept").iterdir()} >= {"ioc.yaml", "endpoints.csv", "state"}


async def test_a_killed_demo_leaves_no_process_behind(place: str) -> None:
    process, output = await started(place, "--duration", "60")
    await until_said(output, "waiting until all")
    async with watched(children(process.pid)) as ends:
        process.kill()
        await process.wait()
        await asyncio.wait_for(asyncio.gather(*(each.wait() for each in ends)), 10)
    assert len(ends) == 3


@pytest.mark.parametrize(
    ("duration", "report", "keep", "why"),
    [
        (0.0, None, None, "--duration 0 is not more than nothing"),
        (float("nan"), None, None, "is not more than nothing"),
        (60.0, "no/such/r.json", None, "there is no directory no/such"),
        (60.0, None, ".", "--keep . is not empty"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(
    duration: float, report: str | None, keep: str | None, why: str
) -> None:
    with pytest.raises(IocError, match=why):
        demo(
            f"127.0.0.1:{free_port()}",
            duration,
            Path(report) if report else None,
            1,
            Path(keep) if keep else None,
        )
