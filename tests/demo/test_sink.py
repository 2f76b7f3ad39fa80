"""The sink writes down what it receives, with the moment, and answers 200."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from ioc.clock import Clock
from ioc.demo import logs
from ioc.demo.logs import Log
from ioc.demo.moment import monotonic
from ioc.demo.sink import Sink


async def test_a_post_is_written_down(tmp_path: Path) -> None:
    clock = Clock()
    log = Log(tmp_path / "sink.jsonl")
    sink = Sink(log, clock)
    await sink.open()
    before = monotonic(clock)
    try:
        async with aiohttp.ClientSession() as session:
            async with session.post(f"http://127.0.0.1:{sink.port}/a", json={"version": "4"}) as answer:
                assert answer.status == 200
            async with session.post(f"http://127.0.0.1:{sink.port}/b", data=b"{") as answer:
                assert answer.status == 400
    finally:
        await sink.close()
        log.close()
    first, second = logs.read(tmp_path / "sink.jsonl")
    assert (first["path"], first["body"]) == ("/a", {"version": "4"})
    assert before <= first["at"] <= second["at"] <= monotonic(clock)
    assert second["path"] == "/b"
    assert second["unreadable"]


def test_a_tail_gives_whole_new_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = logs.Tail(path)
    assert tail.read() == []
    log = Log(path)
    log.write({"n": 1})
    assert tail.read() == [{"n": 1}]
    with path.open("ab") as file:
        file.write(b'{"n": ')
    assert tail.read() == []
    with path.open("ab") as file:
        file.write(b"2}\n")
    log.close()
    assert tail.read() == [{"n": 2}]
