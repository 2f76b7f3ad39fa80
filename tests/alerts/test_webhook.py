"""Against real servers that behave badly."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from alerts.channels.base import Receiver
from alerts.channels.webhook import Webhook, WebhookOptions, payload
from alerts.fingerprint import fingerprint
from alerts.notification import Notification
from ioc.errors import Undeliverable
from tests.alerts.world import World

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Answer], Awaitable[str]]

NOTE = Notification(
    id=3, incident=41, receiver="trực ca", kind="opened", status="firing", severity="critical",
    at=1_790_000_031.0, started=1_790_000_000.25, ended=None,
    labels={"alertname": "critical-down", "incident": "41", "subject": "up-a"},
    annotations={"what": "Đường truyền Xã Ặ mất kết nối"}, link="http://wall.example/#incident/41",
)  # fmt: skip


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves an answer on a free port; gives its address."""
    runners: list[web.AppRunner] = []

    async def start(answer: Answer) -> str:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/hook"

    yield start
    for runner in runners:
        await runner.cleanup()


async def send(url: str, **options: Any) -> str:
    channel = Webhook(WebhookOptions(url=url, **options))
    try:
        return (await channel.send(NOTE)).answer
    finally:
        await channel.close()


async def refused(url: str, **options: Any) -> Undeliverable:
    with pytest.raises(Undeliverable) as caught:
        await send(url, **options)
    return caught.value


async def test_it_posts_alertmanagers_payload(serve: Serve) -> None:
    seen: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.method, request.content_type, await request.json()))
        return web.Response()

    assert await send(await serve(answer)) == "200"
    method, kind, body = seen[0]
    assert (method, kind) == ("POST", "application/json")
    expected = json.loads(
        (Path(__file__).parents[1] / "cases/webhook/critical/payload.json").read_text("utf-8")
    )
    assert body == expected


def test_the_payload_of_an_end_a_repeat_and_an_unrecorded_page() -> None:
    from dataclasses import replace

    end = payload(replace(NOTE, status="resolved", ended=1_790_000_100.0, repeat=True, unrecorded=True))
    assert end["status"] == end["alerts"][0]["status"] == "resolved"
    assert end["alerts"][0]["endsAt"] == "2026-09-21T14:15:00.000Z"
    assert end["alerts"][0]["annotations"]["repeat"] == "true"
    assert end["alerts"][0]["annotations"]["unrecorded"] == "chưa ghi sổ"
    assert (
        end["alerts"][0]["fingerprint"] == payload(replace(NOTE, severity="info"))["alerts"][0]["fingerprint"]
    )


def test_the_fingerprint_of_no_labels_is_the_hashs_own_start() -> None:
    assert fingerprint({}) == "cbf29ce484222325"
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (404, True),
        (410, True),
        (302, True),
        (408, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
async def test_a_status_says_whether_it_is_for_good(serve: Serve, status: int, permanent: bool) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text="lý do", headers={"Location": "/elsewhere"})

    error = await refused(await serve(answer))
    assert error.permanent is permanent
    assert str(error) == f"{status} lý do"


async def test_retry_after_is_read_and_bounded(serve: Serve) -> None:
    waits = iter(["17", "999999", "Wed, 21 Oct 2026 07:28:00 GMT", "-5"])

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": next(waits)})

    url = await serve(answer)
    assert [(await refused(url)).retry_after for _ in range(4)] == [17.0, 3600.0, None, None]


@pytest.mark.parametrize("drip", [b"", b"HTTP/1.1 2", b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n"])
async def test_a_receiver_that_hangs_or_drips_is_left(drip: bytes) -> None:
    release = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(drip)
        await release.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        error = await refused(f"http://127.0.0.1:{port}/", timeout=0.1)
        release.set()
    assert str(error) == "no answer within 0.1 s"
    assert error.permanent is False


async def test_an_endless_answer_is_cut(serve: Serve) -> None:
    async def flood(request: web.Request) -> web.Response:
        return web.Response(status=400, body=b"\xff" * 5_000_000)

    error = await refused(await serve(flood))
    assert error.permanent
    assert len(str(error)) <= 204


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\x00\xffnot http\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b" * 9000],
)
async def test_garbage_is_a_failure_that_may_pass(garbage: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(garbage)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        error = await refused(f"http://127.0.0.1:{port}/", timeout=2)
    assert error.permanent is False


async def test_nobody_there_may_pass(serve: Serve) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert (await refused(f"http://127.0.0.1:{port}/")).permanent is False


async def test_a_token_is_read_at_each_attempt(serve: Serve, tmp_path: Path) -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response()

    url, file = await serve(answer), tmp_path / "token"
    error = await refused(url, token_file=file)
    assert (error.permanent, "token_file" in str(error)) == (False, True)
    file.write_text("abc\n")
    await send(url, token_file=file)
    assert seen == ["Bearer abc"]


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "x", "http://user:secret@host/"])
def test_an_address_that_cannot_be_posted_to_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        WebhookOptions(url=url)


async def test_a_receiver_that_fails_at_first_is_told_in_order(serve: Serve, tmp_path: Path) -> None:
    seen: list[tuple[int, str, str, str | None]] = []
    fails = [2]

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        status = 500 if fails[0] else 200
        fails[0] = max(0, fails[0] - 1)
        seen.append(
            (status, body["groupLabels"]["incident"], body["status"], body["commonAnnotations"].get("repeat"))
        )
        return web.Response(status=status)

    channel = Webhook(WebhookOptions(url=await serve(answer)))
    world = World(tmp_path, receivers={"hook": Receiver("hook", channel)})
    world.put("mcu", "down")
    await world.go(0.5)
    world.put("mcu", "up")
    await world.go(0)
    failing = (world.picture.get("self/deliveries") or {})["failing"]
    assert [(each["receiver"], each["attempts"]) for each in failing] == [("hook", 1)]
    assert world.incident(1)["told"]["hook"]["state"] == "owed"
    await world.go(10)
    assert seen == [
        (500, "1", "firing", None),
        (500, "1", "firing", "true"),
        (200, "1", "firing", "true"),
        (200, "1", "resolved", None),
    ]
    assert (world.picture.get("self/deliveries") or {})["owed"] == 0
    await world.stop()
