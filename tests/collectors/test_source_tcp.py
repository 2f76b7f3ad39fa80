"""The TCP source against golden scripts of servers, and against hostile ones."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from collectors.base import Surroundings
from collectors.sources.tcp import Tcp, TcpOptions
from ioc.clock import Clock
from ioc.errors import NoAnswer, SourceError
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Sample, Verdict
from ioc.telemetry import Telemetry
from tests.collectors.test_source_sip import tcp_host

CASES = Path(__file__).parents[1] / "cases" / "tcp"
FOLDERS = sorted(path.name for path in CASES.iterdir())


async def ask(options: TcpOptions, within: float = 5.0, address: str = "127.0.0.1") -> Sample:
    clock = Clock()
    source = Tcp(Surroundings(clock, Telemetry(), random.Random(1)))
    probe = Probe("tcp", 10, 1, options)
    return await source.gather(
        Endpoint("e", "e", "mcu", "vc", "u", address, (probe,)), probe, clock.now() + within
    )


@pytest.mark.parametrize("folder", FOLDERS)
async def test_case(folder: str) -> None:
    """`options.json`; `server.json`: what it hears first, what it says, whether it then closes; what is found."""
    case = CASES / folder
    given = json.loads((case / "options.json").read_text("utf-8"))
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    if "error" in expected:
        with pytest.raises(ValidationError) as refused:
            TcpOptions.model_validate({"port": 1, **given})
        assert expected["error"] in str(refused.value)
        return
    script = json.loads((case / "server.json").read_text("utf-8"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if script["hears"]:
            assert (await reader.readexactly(len(script["hears"]))).decode() == script["hears"]
        for piece in script["says"]:
            writer.write(piece.encode())
            await writer.drain()
        if not script["closes"]:
            await reader.read(-1)

    async with tcp_host(serve) as port:
        found: tuple[Verdict | None, Reason, str]
        try:
            sample = await ask(TcpOptions(port=port, **given), within=5.0 if script["closes"] else 0.3)
            found = (sample.verdict, sample.reason, sample.detail)
        except NoAnswer as error:
            found = (None, Reason(error.reason), error.detail)
    detail = found[2].replace(str(port), "PORT")
    assert {"verdict": found[0], "reason": found[1], "detail": detail} == expected


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"S")
    await writer.drain()
    await reader.read(-1)  # the next byte would come after the deadline


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\xff" * 65536)
        await writer.drain()


async def in_crumbs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0)


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@pytest.mark.parametrize(
    ("serve", "within", "reason", "detail"),
    [
        (says_nothing, 0.1, Reason.NO_ANSWER, "nothing came in time"),
        (drips, 0.2, Reason.WRONG_ANSWER, "'S' came in time, but not 'SSH-'"),
        (endless, 5.0, Reason.WRONG_ANSWER, "4096 bytes"),
        (in_crumbs, 20.0, Reason.WRONG_ANSWER, "without 'SSH-'"),
        (resets, 5.0, Reason.CLOSED_EARLY, "receive: Connection reset by peer"),
    ],
)
async def test_a_hostile_server(serve: object, within: float, reason: Reason, detail: str) -> None:
    async with tcp_host(serve) as port:  # type: ignore[arg-type]
        with pytest.raises(NoAnswer) as refused:
            await ask(TcpOptions(port=port, expect="SSH-"), within)
    assert refused.value.reason is reason
    assert detail in refused.value.detail


async def test_a_closed_port_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer) as refused:
            await ask(TcpOptions(port=free.getsockname()[1]))
    assert refused.value.reason is Reason.REFUSED


async def test_ipv6() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        sample = await ask(TcpOptions(port=server.getsockname()[1]), address="::1")
    assert sample.verdict is Verdict.OK


async def test_without_descriptors_it_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socket", none_left)
    with pytest.raises(SourceError, match="Too many open files; raise the limit of open files"):
        await ask(TcpOptions(port=1))


@pytest.mark.parametrize(
    "pattern",
    [r"^220[ -].{0,200}(?:ESMTP|SMTP)", ".*x", r"^\+OK [*+?|]{2}\?\*", "a?d{2,}", "(?i)ready", "a{"],
)
def test_patterns_that_end_are_taken(pattern: str) -> None:
    assert TcpOptions(port=25, expect_pattern=pattern).expect_pattern == pattern
