"""A number that configuration names, on its way from a server's page to a rule, a page and history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from tests.service.conftest import Build
from tests.service.house import House, Take

PROBE = {"scheme": "http", "every": "400ms", "timeout": "190ms"}


class Portal:
    """A server with a health page and a page of metrics."""

    def __init__(self) -> None:
        self.queue = 3
        self.status = "200 OK"
        self.served = 0

    def page(self, path: bytes) -> str:
        """What stands under a path."""
        if path == b"/metrics":
            self.served += 1
            return f'served_total{{code="200"}} {self.served * 5}\nqueue_limit 50\n'
        return f'{{"data": {{"queue": {self.queue}}}}}'

    @property
    def take(self) -> Take:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            body = self.page(path)
            writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            await writer.drain()
            await reader.read(1)

        return take


async def watched(build: Build) -> tuple[House, Portal]:
    house, portal = await build("portal"), Portal()
    house.things["portal"].take = portal.take
    house.config["probes"] = {
        "page": {
            "source": "http",
            **PROBE,
            "port": house.port,
            "path": "/health",
            "fields": {"queue": {"path": "data.queue"}},
        },
        "metrics": {
            "source": "prometheus",
            **PROBE,
            "port": house.port,
            "fields": {"limit": {"metric": "queue_limit"}},
            "history": [{"metric": "served_total", "labels": ["code"]}],
        },
    }
    house.config["endpoints"][0]["probes"] = ["page", "metrics"]
    house.config["shipped_rules"] = ["none"]
    house.config["rules"] = [
        {
            "id": "queue-long",
            "if": "queue > prometheus_limit",
            "severity": "warning",
            "title": "{name}: {queue} hồ sơ chờ, giới hạn {prometheus_limit}",
            "runbook": "x",
        }
    ]
    house.write()
    await house.start()
    await house.all_up()
    return house, portal


async def test_a_rule_reads_a_number_of_a_page(build: Build) -> None:
    house, portal = await watched(build)
    await house.until(lambda: house.see("endpoint/portal").get("prometheus_limit") == 50.0)
    assert not house.sink.pages
    portal.queue = 80
    page = (await house.until(lambda: house.sink.of("portal")))[0]
    assert page.notes["summary"].endswith(": 80 hồ sơ chờ, giới hạn 50")
    portal.queue = 1
    await house.until(lambda: house.sink.of("portal", "resolved"))


async def test_a_page_that_is_sick_is_degraded_and_one_that_is_silent_down(build: Build) -> None:
    house, portal = await watched(build)
    portal.status = "503 Service Unavailable"
    await house.until(lambda: house.state("portal") == "degraded")
    assert "503 Service Unavailable" in house.see("endpoint/portal")["detail"]
    await house.things["portal"].fall()
    await house.until(lambda: house.state("portal") == "down")
    portal.status = "200 OK"
    await house.things["portal"].rise()
    await house.all_up()


async def test_history_has_its_numbers_and_the_exporters_series(build: Build) -> None:
    house, _ = await watched(build)

    def written() -> int:
        return int(house.see("self/history").get("written", 0))

    def grown(before: int) -> bool:
        return written() > before

    wanted: list[tuple[str, Callable[[float], bool]]] = [
        ("measurement=endpoint&field=queue&endpoint=portal&source=http", lambda last: last == 3.0),
        ("measurement=endpoint&field=limit&endpoint=portal&source=prometheus", lambda last: last == 50.0),
        (
            "measurement=metric&field=value&endpoint=portal&metric=served_total&label=200",
            lambda last: last >= 5.0,
        ),
    ]
    for query, right in wanted:
        found = await house.get(f"/api/v1/history?{query}")
        while not found["last"]:
            await house.until(partial(grown, written()))
            found = await house.get(f"/api/v1/history?{query}")
        assert right(found["last"][-1]), query
