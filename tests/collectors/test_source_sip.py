"""The SIP source over real sockets of this machine, with hosts that answer well, badly or not at all."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from collectors.base import Surroundings
from collectors.sources.sip import Sip, SipOptions
from ioc.clock import Clock
from ioc.errors import NoAnswer, SourceError
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Sample, Verdict
from ioc.telemetry import Telemetry

Answer = Callable[[bytes], list[bytes]]


def answer(status: str, request: bytes, extra: bytes = b"Content-Length: 0\r\n") -> bytes:
    keep = (b"Via:", b"From:", b"To:", b"Call-ID:", b"CSeq:")
    lines = [line for line in request.split(b"\r\n") if line.startswith(keep)]
    return b"SIP/2.0 " + status.encode() + b"\r\n" + b"\r\n".join(lines) + b"\r\n" + extra + b"\r\n"


class Host(asyncio.DatagramProtocol):
    def __init__(self, says: Answer) -> None:
        self.says = says
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(data)
        for each in self.says(data):
            self.transport.sendto(each, addr)


@asynccontextmanager
async def udp_host(says: Answer, address: str = "127.0.0.1") -> AsyncIterator[tuple[int, Host]]:
    host = Host(says)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: host, (address, 0))
    try:
        yield transport.get_extra_info("sockname")[1], host
    finally:
        transport.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def tcp_host(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> AsyncIterator[int]:
    ended: list[asyncio.Event] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over = asyncio.Event()
        ended.append(over)
        try:
            await serve(reader, writer)  # type: ignore[misc]
        except ConnectionError:
            pass
        finally:
            writer.close()
            over.set()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in ended:
            await each.wait()
        await server.wait_closed()


class Asking:
    """A SIP source and what it counts."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.telemetry = Telemetry()
        self.source = Sip(Surroundings(self.clock, self.telemetry, random.Random(3)))

    async def ask(
        self, port: int, within: float = 5.0, address: str = "127.0.0.1", **options: object
    ) -> Sample:
        probe = Probe("sip", 10, 1, SipOptions(port=port, **options))  # type: ignore[arg-type]
        endpoint = Endpoint("e", "e", "room", "vc", "u", address, (probe,))
        return await self.source.gather(endpoint, probe, self.clock.now() + within)

    def dropped(self, kind: str) -> int:
        return self.telemetry.count("ioc_datagrams_dropped", source="sip", kind=kind)


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    asking = Asking()
    yield asking
    await asking.source.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_host_that_answers(asking: Asking, address: str) -> None:
    async with udp_host(lambda data: [answer("200 OK", data)], address) as (port, host):
        sample = await asking.ask(port, address=address)
    assert (sample.verdict, sample.reason, sample.detail) == (Verdict.OK, Reason.ANSWERED, "SIP 200 OK")
    assert 0 < sample.fields["rtt"] < 1000
    assert host.heard[0].startswith(b"OPTIONS sip:" + (b"[::1]" if ":" in address else b"127.0.0.1"))


async def test_the_request_names_the_port_that_hears_the_answer(asking: Asking) -> None:
    async with udp_host(lambda data: [answer("200 OK", data)]) as (port, host):
        await asking.ask(port)
        ours = asking.source._asker.port(socket.AF_INET)
    assert f"Via: SIP/2.0/UDP 127.0.0.1:{ours};".encode() in host.heard[0]


async def test_a_provisional_answer_is_waited_past(asking: Asking) -> None:
    says: Answer = lambda data: [answer("100 Trying", data), answer("503 Service Unavailable", data)]  # noqa: E731
    async with udp_host(says) as (port, _):
        sample = await asking.ask(port)
    assert (sample.verdict, sample.detail) == (Verdict.DEGRADED, "SIP 503 Service Unavailable")
    assert asking.dropped("ignored") == 1


async def test_a_registrar_is_asked_for_the_address_of_record(asking: Asking) -> None:
    async with udp_host(lambda data: [answer("404 Not Found", data)]) as (port, host):
        sample = await asking.ask(
            5060, address="room7@vc.example.vn", via="registrar", registrar=f"127.0.0.1:{port}"
        )
    assert (sample.verdict, sample.reason) == (Verdict.DOWN, Reason.NOT_REGISTERED)
    assert host.heard[0].startswith(b"OPTIONS sip:room7@vc.example.vn SIP/2.0\r\n")


async def test_an_answer_that_is_not_sip_is_a_wrong_answer(asking: Asking) -> None:
    def broken(data: bytes) -> list[bytes]:
        return [answer("200 OK", data).replace(b"CSeq: 1", b"CSeq: x")]

    async with udp_host(broken) as (port, _):
        with pytest.raises(NoAnswer) as refused:
            await asking.ask(port)
    assert refused.value.reason is Reason.WRONG_ANSWER
    assert refused.value.detail.startswith("not SIP: CSeq: 'x OPTIONS'")


async def test_datagrams_that_answer_nothing_are_counted(asking: Asking) -> None:
    def noise(data: bytes) -> list[bytes]:
        good = answer("200 OK", data)
        stranger = good.replace(b"z9hG4bK", b"z9hG4bK0")
        return [b"\x00" * 10, stranger, b"x" * 9000, good, good]

    async with udp_host(noise) as (port, _):
        await asking.ask(port)
        await asking.ask(port)  # by now the double of the first answer has been read
    assert asking.dropped("ignored") >= 1
    assert asking.dropped("stray") >= 2
    assert asking.dropped("oversized") >= 1


async def test_an_answer_that_is_too_large_is_a_wrong_answer(asking: Asking) -> None:
    async with udp_host(lambda data: [answer("200 OK", data) + b"x" * 9000]) as (port, _):
        with pytest.raises(NoAnswer) as refused:
            await asking.ask(port)
    assert refused.value.reason is Reason.WRONG_ANSWER
    assert refused.value.detail == "an answer of more than 8192 bytes"
    assert asking.dropped("oversized") == 1


async def test_an_answer_from_another_host_is_not_taken(asking: Asking) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.9", 0))

        def elsewhere(data: bytes) -> list[bytes]:
            other.sendto(answer("200 OK", data), ("127.0.0.1", asking.source._asker.port(socket.AF_INET)))
            return []

        async with udp_host(elsewhere) as (port, _):
            with pytest.raises(NoAnswer):
                await asking.ask(port, within=0.1)
    assert asking.dropped("foreign") == 1


async def test_silence_ends_and_leaves_nothing_open(asking: Asking) -> None:
    async with udp_host(lambda _: []) as (port, _):
        with pytest.raises(NoAnswer) as refused:
            await asking.ask(port, within=0.1)
    assert refused.value.reason is Reason.NO_ANSWER
    assert not asking.source._asker._open


async def test_an_address_that_does_not_exist_is_our_fault(asking: Asking) -> None:
    with pytest.raises(SourceError, match="write a host, host:port or"):
        await asking.ask(5060, address="host:port:extra:")
    with pytest.raises(SourceError, match=r"the name 'no-such\.invalid' is not known"):
        await asking.ask(5060, address="no-such.invalid")


async def test_over_tcp_in_pieces(asking: Asking) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        for byte in answer("100 Trying", request) + answer("200 OK", request):
            writer.write(bytes([byte]))
            await writer.drain()

    async with tcp_host(serve) as port:
        sample = await asking.ask(port, transport="tcp")
    assert (sample.verdict, sample.detail) == (Verdict.OK, "SIP 200 OK")


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"SIP/2.0 200 OK\r\n" + b"X-Filler: y\r\n" * 500)
        await writer.drain()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x00\x01\x02 SSH-2.0\r\n")
    await reader.read(-1)


async def provisional_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    while True:
        writer.write(answer("180 Ringing", request))
        await writer.drain()


@pytest.mark.parametrize(
    ("serve", "within", "reason"),
    [
        (silent, 0.1, Reason.NO_ANSWER),
        (closes, 5.0, Reason.CLOSED_EARLY),
        (endless, 5.0, Reason.WRONG_ANSWER),
        (garbage, 5.0, Reason.WRONG_ANSWER),
        (provisional_for_ever, 5.0, Reason.WRONG_ANSWER),
    ],
)
async def test_a_hostile_host_over_tcp(asking: Asking, serve: object, within: float, reason: Reason) -> None:
    async with tcp_host(serve) as port:  # type: ignore[arg-type]
        with pytest.raises(NoAnswer) as refused:
            await asking.ask(port, within=within, transport="tcp")
    assert refused.value.reason is reason


async def test_a_closed_port_over_tcp_is_refused(asking: Asking) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer) as refused:
            await asking.ask(free.getsockname()[1], transport="tcp")
    assert refused.value.reason is Reason.REFUSED
