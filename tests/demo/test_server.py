"""A demo server's pages: read by the service's own reader, going on with time, sick when told."""

from __future__ import annotations

import orjson
import pytest

from collectors.wire.exposition import Page
from ioc.demo.server import PROCESSORS, Server
from ioc.errors import CodecError


def page(server: Server, path: str, code: int = 200, time: float = 0.0) -> tuple[str, bytes]:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    head, _, body = server.answer(request, code, time).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    return head.partition(b"\r\n")[0].decode(), body


def numbers(server: Server, time: float) -> dict[tuple[str, str], float]:
    read = Page(
        ("node_load1", "node_memory_MemAvailable_bytes", "http_requests_total", "node_cpu_seconds_total")
    )
    read.feed(page(server, "/metrics", time=time)[1])
    assert read.bad == 0
    return {(each.metric, ",".join(each.labels.values())): each.value for each in read.samples}


def test_health_follows_what_it_is_told() -> None:
    server = Server("srv-1")
    line, body = page(server, "/health")
    assert line == "HTTP/1.1 200 OK"
    assert orjson.loads(body)["status"] == "UP"
    assert 0 < orjson.loads(body)["data"]["queue"] < 100
    line, body = page(server, "/health", 503)
    assert line == "HTTP/1.1 503 Service Unavailable"
    assert orjson.loads(body)["status"] == "DOWN"
    assert page(server, "/metrics", 503)[0] == "HTTP/1.1 200 OK"  # the application is sick, not the machine


def test_counters_go_on_and_processors_work_no_more_than_there_is_time() -> None:
    server = Server("srv-1")
    before, after = numbers(server, 100.0), numbers(server, 160.0)
    assert before.keys() == after.keys()
    assert len(before) == 3 + 2 * PROCESSORS
    for name in before:
        if name[0].endswith("_total"):
            assert after[name] >= before[name]
    for number in range(PROCESSORS):
        spent = [
            after["node_cpu_seconds_total", f"{number},{mode}"]
            - before["node_cpu_seconds_total", f"{number},{mode}"]
            for mode in ("user", "idle")
        ]
        assert sum(spent) == pytest.approx(60.0, abs=0.1)
        assert min(spent) > 0
    assert numbers(Server("srv-1"), 100.0) == before
    assert numbers(Server("srv-2"), 100.0) != before


def test_other_requests() -> None:
    server = Server("srv-1")
    assert page(server, "/")[0] == "HTTP/1.1 404 Not Found"
    assert server.answer(b"POST /health HTTP/1.1\r\n\r\n", 200, 0.0).startswith(b"HTTP/1.1 405 ")
    with pytest.raises(CodecError, match="not an HTTP request"):
        server.answer(b"OPTIONS sip:x SIP/2.0\r\n\r\n", 200, 0.0)
