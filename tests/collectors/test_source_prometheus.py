"""The exporter source against golden pages, hostile exporters and a real node exporter."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.base import Surroundings
from collectors.sources.prometheus import A_TURN, Prometheus, PrometheusOptions
from ioc.errors import NoAnswer
from ioc.inventory import Endpoint, Probe
from ioc.model import Point
from ioc.telemetry import Telemetry
from tests.collectors.test_source_sip import tcp_host
from tests.fakes import HandClock

CASES = Path(__file__).parents[1] / "cases" / "prometheus"
FOLDERS = sorted(path.name for path in CASES.iterdir())


def options(port: int, **given: Any) -> PrometheusOptions:
    return PrometheusOptions.model_validate({"port": port, **given})


class Asking:
    """A source with what it records, on a clock that a test moves."""

    def __init__(self) -> None:
        self.clock = HandClock(1000.0)
        self.recorded: list[Point] = []
        self.telemetry = Telemetry()
        around = Surroundings(self.clock, self.telemetry, random.Random(1), self.recorded.extend)
        self.source = Prometheus(around)

    async def ask(self, given: PrometheusOptions, within: float = 5.0) -> dict[str, Any]:
        """What one page gives: a sample and points, or why there is none."""
        self.recorded.clear()
        probe = Probe("prometheus", 10, 1, given)
        endpoint = Endpoint("e", "e", "server", "dc", "u", "127.0.0.1", (probe,))
        try:
            sample = await self.source.gather(endpoint, probe, self.clock.now() + within)
        except NoAnswer as error:
            return {"no_answer": error.reason, "detail": error.detail}
        fields = {name: each for name, each in sample.fields.items() if name != "rtt"}
        found = {
            "verdict": sample.verdict,
            "reason": sample.reason,
            "detail": sample.detail,
            "fields": fields,
        }
        points = [[dict(point.tags), dict(point.fields)] for point in self.recorded]
        assert {(point.measurement, point.subject) for point in self.recorded} <= {("metric", "e")}
        return found | ({"points": points} if points else {})


def page(body: bytes, status: str = "200 OK", head: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("folder", FOLDERS)
async def test_case(folder: str) -> None:
    """`options.json`; the pages and, in `server.json`, when each is read; what is found of each, or the error."""
    expected = json.loads((CASES / folder / "expected.json").read_text("utf-8"))
    given = json.loads((CASES / folder / "options.json").read_text("utf-8"))
    if isinstance(expected, dict):
        with pytest.raises(ValidationError) as refused:
            options(1, **given)
        assert expected["error"] in str(refused.value)
        return
    assert await found(CASES / folder, given) == expected


async def found(case: Path, given: dict[str, Any]) -> list[dict[str, Any]]:
    script = json.loads((case / "server.json").read_text("utf-8"))
    pages = iter([(case / f"page-{n}.txt").read_bytes() for n in range(1, len(script["at"]) + 1)])
    asking, answers = Asking(), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(page(next(pages), script["status"], script["head"]))
        await writer.drain()

    async with tcp_host(serve) as port:
        given_options = options(port, **given)
        for at in script["at"]:
            asking.clock.at = 1000.0 + at
            answers.append(await asking.ask(given_options))
    await asking.source.close()
    return json.loads(json.dumps(answers))  # type: ignore[no-any-return]


async def test_numbers_are_forgotten_with_another_profile() -> None:
    asking, counts = Asking(), iter((100, 200, 900))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(page(b"n_total %d\n" % next(counts)))

    async with tcp_host(serve) as port:
        before = options(port, fields={"n": {"metric": "n_total", "as": "rate"}})
        await asking.ask(before)
        asking.clock.at += 10
        assert (await asking.ask(before))["fields"]["n"] == 10.0
        asking.clock.at += 10
        after = options(port, fields={"n": {"metric": "n_total", "as": "rate"}})
        assert "n" not in (await asking.ask(after))["fields"]
    await asking.source.close()


async def test_a_hundred_megabytes_are_cut_at_the_cap() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        block = b'wanted{n="1"} 5\n' * 4096
        while sent < 100_000_000:
            writer.write(block)
            await writer.drain()
            sent += len(block)

    asking = Asking()
    async with tcp_host(serve) as port:
        found = await asking.ask(
            options(port, history=[{"metric": "wanted", "labels": ["n"]}], most=1_000_000)
        )
    await asking.source.close()
    assert (found["verdict"], found["fields"]) == ("degraded", {"size": 1_000_000.0})
    assert "its page is longer than 1,000,000 bytes" in found["detail"]
    assert sent < 20_000_000  # what the sockets' buffers hold, not the page


async def test_what_is_left_out_is_counted() -> None:
    lines = "".join(f'q{{n="{n}"}} 1\n' for n in range(6000)).encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(page(lines))

    asking = Asking()
    async with tcp_host(serve) as port:
        found = await asking.ask(options(port, history=[{"metric": "q", "labels": ["n"], "most": 10}]))
    await asking.source.close()
    assert len(found["points"]) == 10
    assert "5,990 series left out" in found["detail"]
    assert asking.source._left.n == 5990


async def test_a_page_of_nothing_but_line_breaks_lets_others_have_their_turn() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"\n" * 1_000_000)
        await writer.drain()
        writer.close()

    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    asking, counting = Asking(), asyncio.create_task(others())
    fields = {"n": {"metric": "m"}}
    said = await asking.ask(options(server.sockets[0].getsockname()[1], fields=fields), within=20.0)
    counting.cancel()
    assert "none of the metrics wanted is among its 1,000,000 lines" in said["detail"]
    assert turns >= 1_000_000 // A_TURN
    await asking.source.close()
    server.close()
