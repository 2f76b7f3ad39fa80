"""The exchange under the channels that post: bounded, without redirects, secrets unseen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import BaseModel, ValidationError

from alerts.service import MOST_ANSWER, Answer, Base, Service, refused, secret_of
from ioc.errors import Undeliverable
from tests import certificates

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Serves over TLS by a certificate of `authority.pem` in tmp_path; gives the address."""
    runners: list[web.AppRunner] = []
    signer = certificates.authority(tmp_path)
    context = certificates.server(tmp_path, signer, timedelta(days=9))

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        return f"https://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    made = Service(5.0, tmp_path / "authority.pem")
    yield made
    await made.close()


async def failed(service: Service, url: str, secret: str = "") -> Undeliverable:
    with pytest.raises(Undeliverable) as caught:
        await service.post_json(url, {}, secret=secret)
    return caught.value


async def test_a_redirect_is_not_followed(serve: Serve, service: Service) -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    answer = await service.post_json(f"{await serve(handler)}/here", {})
    assert (answer.status, asked) == (307, ["/here"])
    assert refused(answer).permanent


async def test_a_certificate_that_nobody_signed_gets_nothing(serve: Serve) -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    service = Service(5.0)
    error = await failed(service, f"{await serve(handler)}/bot-token-1/send", secret="token-1")
    await service.close()
    assert (error.permanent, asked) == (False, [])
    assert "token-1" not in str(error)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1/token-1", "https://a b/token-1", "https://127.0.0.1:99999/token-1"]
)
async def test_no_failure_shows_the_secret(service: Service, tmp_path: Path, url: str) -> None:
    certificates.authority(tmp_path)
    error = await failed(service, url, secret="token-1")
    assert (error.permanent, "token-1" in str(error)) == (False, False)


async def test_an_answer_is_read_up_to_its_bound(serve: Serve, service: Service) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 5_000_000)

    assert len((await service.post_json(await serve(handler), {})).body) == MOST_ANSWER


async def test_a_success_whose_status_says_it_all_is_not_waited_for(serve: Serve, service: Service) -> None:
    release = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "10"})
        await response.prepare(request)
        await response.write(b"x")
        await release.wait()
        return response

    answer = await service.post_json(await serve(handler), {}, status_says=True)
    release.set()
    assert (answer.status, answer.body) == (200, b"")


async def test_who_does_not_answer_is_left(serve: Serve, tmp_path: Path) -> None:
    release = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    service = Service(0.2, tmp_path / "authority.pem")
    error = await failed(service, await serve(handler))
    release.set()
    await service.close()
    assert (str(error), error.permanent) == ("no answer within 0.2 s", False)


@pytest.mark.parametrize("body", [b"", b"[1]", b"\xff", b"{", b'{"a": ' * 5000, b"1e999", b'"x"'])
def test_what_is_no_json_object_is_empty(body: bytes) -> None:
    assert Answer(200, body).json() == {}


def test_what_is_shown_of_an_answer_controls_no_screen() -> None:
    assert Answer(500, "l\x1b[2Jỗi\n\u202ehệ".encode() + b"\xff" * 999).said.startswith("l[2Jỗi hệ\ufffd")


@pytest.mark.parametrize("content", ["", " \n", "ặ", "two\nlines"])
def test_a_secret_is_one_line_of_ascii(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content, "utf-8")
    with pytest.raises(Undeliverable, match="token_file"):
        secret_of(tmp_path / "token", "token_file")


class Model(BaseModel):
    base: Base


@pytest.mark.parametrize(
    "base",
    [
        "ftp://x",
        "https://",
        "x",
        "https://u:p@x",
        "http://api.example.vn",
        "https://x?y=1",
        "https://x#y",
        "http://[::",
    ],
)
def test_an_address_that_is_no_base_is_refused(base: str) -> None:
    with pytest.raises(ValidationError):
        Model(base=base)


def test_an_address_in_our_own_network_may_be_without_tls() -> None:
    assert Model(base="http://10.1.2.3:8081/").base == "http://10.1.2.3:8081"
    assert Model(base="http://localhost:8081").base == "http://localhost:8081"
