"""The HTTP source against golden answers, servers with certificates of every kind, and hostile ones."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.base import Surroundings
from collectors.sources.http import Http, HttpOptions
from ioc.clock import Clock
from ioc.errors import NoAnswer
from ioc.inventory import Endpoint, Probe
from ioc.model import Sample
from ioc.telemetry import Telemetry
from tests.collectors.test_source_sip import tcp_host

CASES = Path(__file__).parents[1] / "cases" / "http"
FOLDERS = sorted(path.name for path in CASES.iterdir())
TIMED = {"rtt", "connect", "first_byte", "transfer"}


async def ask(options: HttpOptions, within: float = 5.0, address: str = "127.0.0.1") -> Sample:
    clock = Clock()
    source = Http(Surroundings(clock, Telemetry(), random.Random(1)))
    probe = Probe("http", 10, 1, options)
    endpoint = Endpoint("e", "e", "service", "portal", "u", address, (probe,))
    await source.open()
    try:
        return await source.gather(endpoint, probe, clock.now() + within)
    finally:
        await source.close()


def options(port: int, **given: Any) -> HttpOptions:
    return HttpOptions.model_validate({"scheme": "http", "port": port, **given})


@pytest.mark.parametrize("folder", FOLDERS)
async def test_case(folder: str) -> None:
    """`options.json`; `server.json`: what it says, whether it then closes; what is found, but for its times."""
    case = CASES / folder
    given = json.loads((case / "options.json").read_text("utf-8"))
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    if "error" in expected:
        with pytest.raises(ValidationError) as refused:
            options(1, **given)
        assert expected["error"] in str(refused.value)
        return
    script = json.loads((case / "server.json").read_text("utf-8"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(script["says"].encode())
        await writer.drain()
        if not script["closes"]:
            await reader.read(-1)

    async with tcp_host(serve) as port:
        found: dict[str, Any]
        try:
            sample = await ask(options(port, **given), within=5.0 if script["closes"] else 0.3)
            assert sample.fields.keys() >= TIMED
            assert all(sample.fields[each] >= 0 for each in TIMED)
            found = {"verdict": sample.verdict, "reason": sample.reason, "detail": sample.detail}
            found["fields"] = {name: each for name, each in sample.fields.items() if name not in TIMED}
        except NoAnswer as error:
            found = {"no_answer": error.reason, "detail": error.detail}
    assert json.loads(json.dumps(found).replace(str(port), "PORT")) == expected
