"""Clients that misbehave: each costs itself its connection, is counted, and nobody else notices."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import orjson
import pytest
import websockets.asyncio.client as client
from websockets.exceptions import InvalidStatus

from ioc.clock import Clock
from ioc.telemetry import Telemetry
from tests.web.house import FakeDesk, House, Open, fresh_picture, until
from web.app import build
from web.deps import Deps
from web.push import DEAD_AFTER, UNSENT, WAITING, Pace
from web.screens import MESSAGES
from web.serve import serve

MASK = b"\x01\x02\x03\x04"


class Raw:
    """A socket of bytes."""

    opened: ClassVar[list[Raw]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.opened.append(self)

    @staticmethod
    async def open(house: House) -> Raw:
        return Raw(*await asyncio.open_connection("127.0.0.1", house.server.port))

    @staticmethod
    async def screen(house: House, path: str = "/ws") -> Raw:
        """A socket that has shaken hands and read the whole answer's head."""
        raw = await Raw.open(house)
        await raw.send(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(b'k' * 16).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        head = await raw.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")
        return raw

    async def send(self, data: str | bytes) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def frame(self) -> tuple[int, bytes]:
        """The next server frame's opcode and payload."""
        first, length = await self.reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack(">H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", await self.reader.readexactly(8))
        return first & 0x0F, await self.reader.readexactly(length)

    async def closed(self) -> int:
        """Read on to the server's close frame: its code; then nothing may come."""
        async with asyncio.timeout(10):
            while True:
                opcode, payload = await self.frame()
                if opcode == 0x8:
                    (code,) = struct.unpack(">H", payload[:2])
                    assert await self.reader.read() == b""
                    return int(code)

    async def rest(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.read()

    async def cut(self) -> bytes:
        """What came before the service hung up; who still sends may learn of it by a reset (RFC 9293 §3.10.7.1)."""
        came = b""
        with contextlib.suppress(ConnectionResetError):
            async with asyncio.timeout(10):
                while block := await self.reader.read(65536):
                    came += block
        return came


def masked(first: int, payload: bytes) -> bytes:
    length = (
        bytes((0x80 | len(payload),)) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
    )
    return bytes((first,)) + length + MASK + bytes(each ^ MASK[n % 4] for n, each in enumerate(payload))


@pytest.fixture(autouse=True)
async def hung_up() -> AsyncIterator[None]:
    yield
    for raw in Raw.opened:
        raw.writer.close()
        with contextlib.suppress(ConnectionError):
            await raw.writer.wait_closed()
    Raw.opened.clear()


@pytest.fixture
async def here(house: Open) -> House:
    return await house()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x81\xff" + struct.pack(">Q", 2**40) + MASK, 1009),  # a terabyte is announced
        (b"\x81\xff" + struct.pack(">Q", 2**63 + 1) + MASK, 1009),
        (masked(0x81, b"x" * 4096), 1009),
        (masked(0x01, b"x" * 3000) + masked(0x80, b"x" * 3000), 1009),
        (masked(0x81, b"\xff\xfe"), 1007),
        (masked(0xF1, b"x"), 1002),  # reserved bits
        (masked(0x83, b"x"), 1002),  # an opcode that is none
        (masked(0x09, b"x"), 1002),  # a control frame in fragments
        (masked(0x80, b"x"), 1002),  # a continuation of nothing
        (b"\x89\xfe\x00\x7e" + MASK + b"x" * 126, 1002),  # a control frame that is too long
        (masked(0x81, b"x") * (MESSAGES + 1), 1008),
        (masked(0x89, b"ping") * (MESSAGES + 1), 1008),
    ],
)
async def test_what_breaks_the_protocol_is_closed_with_its_code(here: House, sent: bytes, code: int) -> None:
    raw = await Raw.screen(here)
    async with client.connect(here.ws) as honest:
        await honest.recv()
        await honest.recv()
        await raw.send(sent)
        assert await raw.closed() == code
        here.picture.put("a", {"n": 1})
        assert orjson.loads(await honest.recv())["put"] == {"a": {"n": 1}}
    assert here.telemetry.count("ioc_push_violations") == 1
    await until(lambda: b"ioc_push_screens 0.0" in here.telemetry.exposition())


async def test_unmasked_frames_count_as_messages_and_harm_nobody(here: House) -> None:
    """aiohttp 3.14 takes them though RFC 6455 §5.1 has us close; what they say is never used."""
    raw = await Raw.screen(here)
    await raw.send(b"\x81\x01x" * (MESSAGES + 1))
    assert await raw.closed() == 1008


async def test_a_flood_of_empty_fragments_holds_nobody_up(here: House) -> None:
    raw = await Raw.screen(here)
    async with client.connect(here.ws) as honest:
        await honest.recv()
        await honest.recv()
        await raw.send(masked(0x01, b"") + masked(0x00, b"") * 50_000)
        here.picture.put("a", {"n": 1})
        assert orjson.loads(await honest.recv())["put"] == {"a": {"n": 1}}
    await raw.send(masked(0x80, b"") + masked(0x88, b""))
    assert await raw.closed() == 1000


async def test_a_peer_that_goes_without_a_word_leaves_nothing_behind(here: House) -> None:
    raw = await Raw.screen(here)
    await until(lambda: here.telemetry.count("ioc_push_frames") == 1)
    raw.writer.transport.abort()
    here.picture.put("a", {"n": 1})
    await until(lambda: b"ioc_push_screens 0.0" in here.telemetry.exposition())


async def test_a_few_messages_and_pings_are_harmless(here: House) -> None:
    raw = await Raw.screen(here)
    await raw.send(masked(0x81, b"hello") + masked(0x89, b"are you there"))
    seen = [await raw.frame() for _ in range(3)]
    assert (0xA, b"are you there") in seen
    await raw.send(masked(0x88, struct.pack(">H", 1000)))
    assert await raw.closed() == 1000
    assert here.telemetry.count("ioc_push_violations") == 0


async def test_the_closing_service_says_goodbye(here: House) -> None:
    """All screens are told at once: those that do not answer cost one wait together, not one each."""
    raws = [await Raw.screen(here) for _ in range(20)]
    async with asyncio.timeout(10):
        await here.server.close()
        assert [await raw.closed() for raw in raws] == [1001] * 20


async def test_slow_heads_are_cut(house: Open) -> None:
    here = await house(idle=0.2)
    raw = await Raw.open(here)
    await raw.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    dripping = asyncio.create_task(drip(raw))
    assert await raw.cut() == b""
    dripping.cancel()


async def drip(raw: Raw) -> None:
    while True:
        await raw.send("X-Slow: 1\r\n")
        await asyncio.sleep(0.01)  # the attack itself


async def test_slow_bodies_are_refused(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.api.body.BODY_SECONDS", 0.1)
    raw = await Raw.open(here)
    await raw.send(
        "POST /api/v1/maintenance HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    said = await raw.rest()
    assert said.startswith(b"HTTP/1.1 408")
    assert b"the body did not come within" in said


@pytest.mark.parametrize(
    "sent",
    [
        "GET /" + "x" * 10_000 + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + "x" * 10_000 + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + "X: 1\r\n" * 200 + "\r\n",
        "\x00\x01\x02\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
    ids=["long line", "long header", "many headers", "no HTTP", "two lengths"],
)
async def test_heads_that_are_too_much_are_400(here: House, sent: str) -> None:
    raw = await Raw.open(here)
    await raw.send(sent)
    answer = await raw.rest()
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))


async def test_what_is_not_http_is_counted_and_leaves_no_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = Telemetry()
    deps = Deps(Clock(), fresh_picture(), telemetry, FakeDesk(fresh_picture()), tmp_path)
    tally = telemetry.tally("ioc_web_malformed", "Requests that were not HTTP.")
    server = await serve(build(deps), "127.0.0.1", 0, malformed=tally)
    try:
        for sent in (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent)
            assert b" 400 " in await reader.readline()
            writer.close()
    finally:
        await server.close()
    assert tally.n == 2
    assert caplog.records == []


@pytest.mark.parametrize("offset", ["9" * 400, "0" * 17 + "9" * 300, str(2**53 + 1), "\u0665"])
async def test_an_offset_that_is_none_is_refused(here: House, offset: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await client.connect(f"{here.ws}?offset={quote(offset)}")
    assert refused.value.response.status_code == 400


async def test_too_many_screens_are_503(house: Open) -> None:
    here = await house(pace=Pace(screens=1))
    async with client.connect(here.ws):
        with pytest.raises(InvalidStatus, match="503"):
            await client.connect(here.ws)
    assert here.telemetry.count("ioc_push_refused") == 1


async def test_a_screen_that_stops_reading_is_conflated_while_the_others_go_on(here: House) -> None:
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(slow, ("127.0.0.1", here.server.port))
    raw = Raw(*await asyncio.open_connection(sock=slow, limit=4096))
    raw.writer.write(
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: " + base64.b64encode(b"k" * 16) + b"\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await raw.reader.readuntil(b"\r\n\r\n")
    transport = raw.writer.transport
    assert isinstance(transport, asyncio.ReadTransport)
    transport.pause_reading()
    async with client.connect(here.ws, max_size=2**24) as quick:
        n = 0
        while here.telemetry.count("ioc_push_skips") < 20:
            n += 1
            here.picture.put("big", {"n": n, "pad": "x" * 40_000})
            while orjson.loads(await quick.recv()).get("put", {}).get("big", {}).get("n") != n:
                pass
    transport.resume_reading()
    frames = 0
    async with asyncio.timeout(10):
        while True:
            frames += 1
            _, payload = await raw.frame()
            said = orjson.loads(payload)
            if said["type"] == "delta" and said["put"].get("big", {}).get("n") == n:
                break
    assert frames < n
    assert here.telemetry.count("ioc_push_conflated") == 1
    raw.writer.close()


async def test_the_kernel_gives_up_peers_that_are_gone(here: House) -> None:
    await Raw.screen(here)
    await until(lambda: here.telemetry.count("ioc_push_frames") == 1)
    listening = here.server._runner.server
    assert listening is not None
    (connection,) = listening.connections
    assert connection.transport is not None
    sock: socket.socket = connection.transport.get_extra_info("socket")
    tcp = socket.IPPROTO_TCP
    assert sock.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == DEAD_AFTER * 1000
    assert sock.getsockopt(tcp, socket.TCP_NOTSENT_LOWAT) == UNSENT
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    transport = connection.transport
    assert isinstance(transport, asyncio.WriteTransport)
    assert transport.get_write_buffer_limits()[1] == WAITING
