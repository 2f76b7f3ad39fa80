"""Whatever others send, it costs only them: what is watched, receivers, clients."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
from aiohttp import web

from ioc.demo.answers import answer
from tests.service.conftest import Build
from tests.service.house import Page, endpoint

Reply = Callable[[bytes], list[bytes]]


class SipThing(asyncio.DatagramProtocol):
    """A SIP server over UDP that answers as told."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for each in self.reply(data):
            self.transport.sendto(each, addr)


def good(request: bytes) -> bytes:
    return answer(request, 200, "t")


REPLIES: dict[str, tuple[Reply, str]] = {
    "garbage": (lambda request: [b"\x00\xff" * 40, b"", b"SIP/2.0", request], "no_answer"),
    "truncated": (lambda request: [good(request)[:-30]], "wrong_answer"),
    "oversized": (
        lambda request: [good(request)[:-2] + b"X: " + b"y" * 20_000 + b"\r\n\r\n"],
        "wrong_answer",
    ),
    "not-ours": (lambda request: [good(request).replace(b"z9hG4bK", b"z9hG4bX")], "no_answer"),
    "another-method": (lambda request: [good(request).replace(b"1 OPTIONS", b"1 INVITE")], "wrong_answer"),
    "huge-length": (
        lambda request: [good(request).replace(b"Content-Length: 0", b"Content-Length: 99999999999")],
        "wrong_answer",
    ),
    "many": (lambda request: [good(request)] * 50, ""),
}
"""what a server sends, and the reason that is shown (empty: it is well)"""


async def test_a_sip_server_that_misbehaves_is_its_own_trouble(build: Build) -> None:
    house = await build("a")
    loop = asyncio.get_running_loop()
    host = house.things["a"].address.rpartition(".")[0]
    house.config["probes"]["sip"] = {
        "source": "sip", "every": "400ms", "timeout": "200ms", "port": house.port,
    }  # fmt: skip
    transports = []
    everyone: dict[str, tuple[Reply, str]] = {**REPLIES, "sound": (lambda request: [good(request)], "")}
    for n, (name, (reply, _)) in enumerate(everyone.items(), 11):
        address = f"{host}.{n}"
        made, _ = await loop.create_datagram_endpoint(partial(SipThing, reply), (address, house.port))
        transports.append(made)
        house.config["endpoints"].append(endpoint(name, address, probes=["sip"]))
    house.write()
    await house.start()
    await house.until(lambda: all(house.state(each) == "up" for each in ("a", "many", "sound")))
    for name, (_, reason) in REPLIES.items():
        if reason:
            await house.until(lambda name=name: house.state(name) == "down")  # type: ignore[misc]
            assert house.see(f"endpoint/{name}")["reason"] == reason, name
            assert reason == "no_answer" or house.see(f"endpoint/{name}")["detail"]
    assert house.state("sound") == house.state("many") == "up"
    said = await house.metrics()
    assert said['ioc_probe_errors_total{kind="unforeseen",source="sip"}'] == 0
    assert said["ioc_watcher_faults_total"] == 0
    for each in transports:
        each.close()


async def test_a_server_that_says_nothing_and_one_that_drips(build: Build) -> None:
    house = await build("silent", "drip", "flood", "slams", "well")
    house.config["probes"]["tcp"]["expect"] = "ready"

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            writer.write(b"r")
            await asyncio.sleep(0.05)

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            writer.write(b"z" * 65536)
            await writer.drain()

    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    for name, take in (("silent", silent), ("drip", drip), ("flood", flood), ("slams", slam)):
        house.things[name].take = take
    house.write()
    await house.start()
    wanted = {"silent": "no_answer", "drip": "no_answer", "flood": "wrong_answer", "slams": "closed_early"}
    for name, reason in wanted.items():
        await house.until(lambda name=name: house.state(name) == "down")  # type: ignore[misc]
        assert house.see(f"endpoint/{name}")["reason"] == reason
    await house.until(lambda: house.state("well") == "up")
    assert (await house.metrics())['ioc_probe_errors_total{kind="unforeseen",source="tcp"}'] == 0


GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 400,
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET " + b"/a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5_000)) + b"\r\n",
    b"\r\n".join(
        (
            b"POST /-/reload HTTP/1.1",
            b"Host: localhost",
            b"Transfer-Encoding: chunked",
            b"Content-Length: 4",
            b"",
            b"ffffffff",
            b"",
        )
    ),
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" + b"\xff" * 500,
    b"OPTIONS sip:a SIP/2.0\r\n\r\n",
]


async def test_clients_that_misbehave_disturb_nobody(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    port = int(house.url.rpartition(":")[2])
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
    for raw in GARBAGE * 3:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        async with asyncio.timeout(10):
            said = await reader.read(200)
        assert not said.startswith(b"HTTP/1.1 2"), raw[:40]
        writer.transport.abort()
    bodies: list[tuple[Any, int]] = [
        (b"{" * 1000, 400),
        (b"[]", 422),
        (b"x" * 100_000, 413),
        (b"\xff\xfe", 400),
    ]
    for body, status in bodies:
        headers = {"Authorization": "Bearer t", "Content-Type": "application/json"}
        async with house.http.post(house.url + "/api/v1/maintenance", data=body, headers=headers) as said_of:
            assert said_of.status == status
            assert (await said_of.json())["error"]
    async with house.http.get(house.url + "/ws", headers={"Origin": "https://evil.example"}) as foreign:
        assert foreign.status == 403
    await house.things["a"].fall()
    page = (await house.until(lambda: house.sink.of("a")))[0]
    assert page.kind == "opened"
    said_now = await house.metrics()
    assert said_now["ioc_web_errors_total"] == 0
    assert said_now["ioc_watcher_faults_total"] == 0
    for _, writer in idle:
        writer.transport.abort()


@pytest.mark.parametrize("status", [500, 429])
async def test_a_receiver_that_fails_at_first_is_told_in_the_end(build: Build, status: int) -> None:
    house = await build("a")
    left = [status, status]

    async def fail_twice(page: Page) -> web.Response:
        return web.Response(status=left.pop() if left else 200)

    house.sink.answer = fail_twice
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    page = (await house.until(lambda: house.sink.of("a")))[0]
    assert page.notes["repeat"] == "true"  # who answered 500 may have told somebody all the same
    assert house.sink.tried == 3
    await house.until(lambda: house.told("a") == "told")
    assert house.incident("a")["told"]["oncall"]["attempts"] == 3
    await house.until(lambda: not house.see("self/deliveries")["failing"])
    assert (await house.get("/readyz"))["degraded"] == {}


async def test_a_receiver_that_hangs_holds_up_nobody(build: Build) -> None:
    house = await build()
    house.config["receivers"]["slow"] = {**house.config["receivers"]["oncall"], "timeout": 0.5}
    house.config["receivers"]["slow"]["url"] = house.hook + "slow"
    released = asyncio.Event()

    async def hang(page: Page) -> web.Response:
        await released.wait()
        return web.Response()

    house.slow.answer = hang
    house.write()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.sink.of("a"))
    await house.until(lambda: house.told("a") == "told")
    await house.until(lambda: house.see("self/deliveries")["failing"])
    assert "no answer within 0.5 s" in house.see("self/deliveries")["failing"][0]["detail"]
    await house.things["b"].fall()
    await house.until(lambda: house.sink.of("b"))
    assert house.told("a", "slow") == "owed"
    released.set()
    await house.until(lambda: house.told("a", "slow") == house.told("b", "slow") == "told")
    await house.until(lambda: house.see("self/deliveries")["owed"] == 0)
