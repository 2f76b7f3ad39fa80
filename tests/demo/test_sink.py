"""The sink writes down what it receives, with the moment, and answers 200."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from ioc.clock import Clock
from ioc.demo import logs, pages
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


async def test_a_short_message_is_answered_as_its_gateway_does_and_written_down(tmp_path: Path) -> None:
    log = Log(tmp_path / "sink.jsonl")
    sink = Sink(log, Clock())
    await sink.open()
    text = {"phone": "0900000008", "content": "MCU số 2 mất kết nối", "id": "7"}
    answers = []
    try:
        async with aiohttp.ClientSession() as session:
            for name in ("mot", "hai"):
                url = f"http://127.0.0.1:{sink.port}/sms/{name}"
                async with session.post(url, json=text) as answer:
                    answers.append((await answer.json())["code"])
            async with session.get(f"http://127.0.0.1:{sink.port}/watchdog") as heard:
                assert heard.status == 200
    finally:
        await sink.close()
        log.close()
    assert answers == ["4", "0"]
    lines = logs.read(tmp_path / "sink.jsonl")
    assert [(each["path"], each["answer"]["code"]) for each in lines] == [
        ("/sms/mot", "4"),
        ("/sms/hai", "0"),
    ]
    assert pages.read(lines) == ([], [])
