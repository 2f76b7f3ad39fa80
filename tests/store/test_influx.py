"""InfluxDB's answers one by one, from a server on loopback that says what the test wants."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ioc.errors import StoreError
from ioc.store import influx as module
from ioc.store.influx import Address, Influx
from ioc.telemetry import Telemetry

Answer = Callable[[list[str]], web.Response]
Stream = Callable[[web.Request], Awaitable[web.StreamResponse]]
LINES = [f"m v={n}.0 {n}" for n in range(100)]


class Server:
    """Speaks `/api/v2/write`; `answer` decides by the lines of a request."""

    def __init__(self) -> None:
        self.answer: Answer = lambda lines: web.Response(status=204)
        self.stream: Stream | None = None
        self.requests: list[web.Request] = []
        self.stored: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.stream is not None:
            return await self.stream(request)
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


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_that_is_not_influxdbs_own_costs_no_line(
    server: tuple[Server, str], influx: Influx, status: int
) -> None:
    server[0].answer = lambda lines: web.Response(text="<h1>Bad Gateway Request</h1>", status=status)
    error = await trouble(influx)
    assert error.permanent
    assert f": {status} <h1>Bad Gateway Request</h1>; that is not InfluxDB's answer; check what" in str(error)
    assert len(server[0].requests) == 1


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
    [("7", 7.0), ("86400", 300.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("0", None), ("soon", None)],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_passed_on(
    server: tuple[Server, str], influx: Influx, status: int, header: str, wait: float | None
) -> None:
    server[0].answer = saying(status, "later", Retry_After=header)
    error = await trouble(influx)
    assert (error.permanent, error.retry_after) == (False, wait)


async def test_a_retry_after_that_is_a_date_counts_from_the_answer(
    server: tuple[Server, str], influx: Influx
) -> None:
    dates = {"Date": "Wed, 21 Oct 2026 07:28:00 GMT", "Retry_After": "Wed, 21 Oct 2026 07:28:20 GMT"}
    server[0].answer = saying(503, "later", **dates)
    assert (await trouble(influx)).retry_after == 20.0


async def test_one_bad_line_among_five_thousand_costs_two_requests(
    server: tuple[Server, str], influx: Influx
) -> None:
    lines = [f"m v={n}.0 {n}" for n in range(5_000)]
    refuse = saying(400, f"unable to parse '{lines[4_321]}': bad timestamp")
    server[0].answer = lambda some: refuse(some) if lines[4_321] in some else web.Response(status=204)
    assert await influx.write(lines) == 1
    assert server[0].stored == [line for line in lines if line != lines[4_321]]
    assert len(server[0].requests) == 2
    assert influx.last_refusal == f"unable to parse '{lines[4_321]}': bad timestamp"


async def test_one_bad_line_by_number_costs_two_requests(server: tuple[Server, str], influx: Influx) -> None:
    body = {"code": "invalid", "message": "failed to parse line protocol", "line": 42}
    server[0].answer = lambda lines: (
        web.json_response(body, status=400) if LINES[41] in lines else web.Response(status=204)
    )
    assert await influx.write(LINES) == 1
    assert server[0].stored == [line for line in LINES if line != LINES[41]]
    assert len(server[0].requests) == 2


async def test_points_that_were_dropped_are_counted_by_one_request(
    server: tuple[Server, str], influx: Influx
) -> None:
    server[0].answer = saying(422, "partial write: field type conflict: … dropped=7")
    assert await influx.write(LINES) == 7
    assert len(server[0].requests) == 1


async def test_points_of_several_hours_are_asked_for_hour_by_hour(
    server: tuple[Server, str], influx: Influx
) -> None:
    """InfluxDB counts what it drops for one shard only."""
    lines = [f"m v=1i {hour * module.HOUR + n}" for hour in range(3) for n in range(4)]
    server[0].answer = saying(422, "partial write: field type conflict: … dropped=2")
    assert await influx.write(lines) == 6
    assert len(server[0].requests) == 4


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
    error = await trouble(influx)
    assert error.permanent
    assert str(error).endswith("it redirects to 'http://127.0.0.1:1/'; check the address")


async def test_an_endless_answer_is_given_up(influx: Influx, server: tuple[Server, str]) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=400)
        await answer.prepare(request)
        with suppress(ConnectionError):
            while True:
                await answer.write(b"x" * 65_536)
        return answer

    server[0].stream = endless
    error = await trouble(influx)
    assert not error.permanent
    assert str(error).endswith("no answer: an answer of more than 4,194,304 bytes")


async def test_an_answer_that_never_ends_takes_no_longer_than_its_time(server: tuple[Server, str]) -> None:
    gone = asyncio.Event()

    async def dripping(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=200)
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        await answer.write(b"x")
        await gone.wait()
        return answer

    server[0].stream = dripping
    influx = Influx(Address(server[1], "province", "raw", "s3cret", timeout=0.2), Telemetry())
    assert not (await trouble(influx)).permanent
    gone.set()
    await influx.close()


async def test_a_success_with_noise_is_a_success() -> None:
    async with facing(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\xfe\x00") as (influx, asked):
        assert await influx.write(LINES) == 0
        assert asked == [1]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00\xff" * 50,
        b"HTTP/1.1 204 No Content\r\n\r\n" + b"garbage" * 1_000,
        b"HTTP/1.1 204\r\nbroken",
        b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\n{",
        b"HTTP/1.1 400 Bad\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        b"HTTP/1.1 500 Odd\r\nX: " + b"h" * 100_000 + b"\r\n\r\n",
    ],
    ids=["nothing", "noise", "more than a 204", "cut", "cut body", "not gzip", "odd status", "long header"],
)
async def test_an_answer_that_is_none_is_passing(garbage: bytes) -> None:
    async with facing(garbage) as (influx, _):
        error = await trouble(influx)
        assert not error.permanent
        assert len(str(error)) < 400


@asynccontextmanager
async def facing(answer: bytes) -> AsyncIterator[tuple[Influx, list[int]]]:
    """A client of a server that answers every request by these bytes and hangs up, and the requests it got."""
    asked: list[int] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(each[15:]) for each in head.split(b"\r\n") if each.lower().startswith(b"content-length:")
            )
            await reader.readexactly(length)
            asked.append(1)
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    influx = Influx(Address(url, "o", "b", "s3cret", timeout=2.0), Telemetry())
    async with server:
        try:
            yield influx, asked
        finally:
            await influx.close()


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


async def test_a_token_that_cannot_be_sent_is_a_wrong_setting(server: tuple[Server, str]) -> None:
    influx = Influx(Address(server[1], "o", "b", "s3cret\nnote"), Telemetry())
    error = await trouble(influx)
    assert error.permanent
    assert "look into the file of history.influx.token" in str(error)
    await influx.close()


async def test_a_token_is_never_printed() -> None:
    assert "s3cret" not in repr(Address("http://x", "o", "b", "s3cret"))
