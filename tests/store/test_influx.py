"""InfluxDB's answers one by one, from a server on loopback that says what the test wants."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ioc.errors import StoreError
from ioc.store import influx as module
from ioc.store.influx import Address, Influx
from ioc.telemetry import Telemetry

Answer = Callable[[list[str]], web.Response]
LINES = [f"m v={n}.0 {n}" for n in range(100)]


class Server:
    """Speaks `/api/v2/write`; `answer` decides by the lines of a request."""

    def __init__(self) -> None:
        self.answer: Answer = lambda lines: web.Response(status=204)
        self.requests: list[web.Request] = []
        self.stored: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        lines = (await request.read()).decode().split("\n")
        answer = self.answer(lines)
        if answer.status == 204:
            self.stored += lines
        return answer


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    server, app = Server(), web.Application(client_max_size=2**24)
    app.router.add_post("/api/v2/write", server.handle)
    async with TestServer(app) as running:
        yield server, str(running.make_url("")).rstrip("/")


@pytest.fixture
async def influx(server: tuple[Server, str]) -> AsyncIterator[Influx]:
    influx = Influx(Address(server[1], "province", "raw", "s3cret", timeout=2.0), Telemetry())
    yield influx
    await influx.close()


def saying(status: int, message: str, **headers: str) -> Answer:
    return lambda lines: web.json_response(
        {"code": "x", "message": message},
        status=status,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )


async def trouble(influx: Influx) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await influx.write(LINES)
    assert "s3cret" not in str(caught.value)
    return caught.value


async def test_lines_go_compressed_with_token_and_precision(
    server: tuple[Server, str], influx: Influx
) -> None:
    assert await influx.write(LINES) == 0
    assert server[0].stored == LINES
    request = server[0].requests[0]
    assert dict(request.query) == {"org": "province", "bucket": "raw", "precision": "us"}
    assert request.headers["Content-Encoding"] == "gzip"
    assert request.headers["Authorization"] == "Token s3cret"


def test_packing_is_gzip() -> None:
    assert gzip.decompress(module._pack(["a", "b"])) == b"a\nb"


@pytest.mark.parametrize("bad", [[], [0], [99], [3, 50, 51], list(range(0, 100, 20))])
@pytest.mark.parametrize("status", [400, 422, 413])
async def test_bad_lines_cost_only_themselves(
    server: tuple[Server, str], influx: Influx, bad: list[int], status: int
) -> None:
    hopeless = {LINES[n] for n in bad}
    refuse = saying(status, "unable to parse")
    server[0].answer = lambda lines: refuse(lines) if hopeless & set(lines) else web.Response(status=204)
    assert await influx.write(LINES) == len(bad)
    assert sorted(server[0].stored) == sorted(set(LINES) - hopeless)
    assert influx.last_refusal == ("unable to parse" if bad else "")


async def test_the_search_for_bad_lines_is_bounded(server: tuple[Server, str], influx: Influx) -> None:
    server[0].answer = saying(400, "unable to parse")
    assert await influx.write([f"m v={n}.0 {n}" for n in range(5000)]) == 5000
    assert len(server[0].requests) == module.SEARCHES


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_wrong_settings_are_said_with_their_values(
    server: tuple[Server, str], influx: Influx, status: int
) -> None:
    server[0].answer = saying(status, "no such bucket")
    error = await trouble(influx)
    assert error.permanent
    assert str(error) == (
        f"{server[1]}: {status} no such bucket; "
        "check the token, the organisation 'province' and the bucket 'raw'"
    )


@pytest.mark.parametrize(
    ("header", "wait"),
    [("7", 7.0), ("86400", 300.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-5", None), ("soon", None)],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_passed_on(
    server: tuple[Server, str], influx: Influx, status: int, header: str, wait: float | None
) -> None:
    server[0].answer = saying(status, "later", Retry_After=header)
    error = await trouble(influx)
    assert (error.permanent, error.retry_after) == (False, wait)


async def test_a_server_error_is_passing_and_its_page_shortened(
    server: tuple[Server, str], influx: Influx
) -> None:
    server[0].answer = lambda lines: web.Response(status=502, text="<html>\n" + "x" * 5000)
    error = await trouble(influx)
    assert not error.permanent
    assert "\n" not in str(error)
    assert len(str(error)) < 400


async def test_our_token_follows_no_redirect(server: tuple[Server, str], influx: Influx) -> None:
    server[0].answer = lambda lines: web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"})
    assert (await trouble(influx)).permanent


async def test_nobody_listening_is_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        influx = Influx(Address(f"http://127.0.0.1:{taken.getsockname()[1]}", "o", "b", "t"), Telemetry())
        error = await trouble(influx)
    assert not error.permanent
    assert ": no answer: Cannot connect to host 127.0.0.1" in str(error)
    await influx.close()


async def test_a_server_that_accepts_and_says_nothing_is_no_answer() -> None:
    writers: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    influx = Influx(Address(f"http://127.0.0.1:{port}", "o", "b", "t", timeout=0.1), Telemetry())
    error = await trouble(influx)
    assert not error.permanent
    assert "no answer: TimeoutError" in str(error)
    await influx.close()
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    silent.close()


async def test_a_token_is_never_printed() -> None:
    assert "s3cret" not in repr(Address("http://x", "o", "b", "s3cret"))
