"""Asking what may be an InfluxDB and may be anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ioc.errors import StoreError
from ioc.provision.api import Api

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers every request as the test wants."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: Answering | None = None
        self.requests: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        assert self.answer is not None
        return await self.answer(request)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server, app = Server(), web.Application()
    app.router.add_route("*", "/{all:.*}", server.handle)
    async with TestServer(app) as running:
        server.url = str(running.make_url("")).rstrip("/")
        yield server


@pytest.fixture
async def api(server: Server) -> AsyncIterator[Api]:
    async with Api(server.url, "s3cret") as api:
        yield api


def saying(status: int, text: str, kind: str = "application/json", **headers: str) -> Answering:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, content_type=kind, headers=headers)

    return answer


async def trouble(asking: Awaitable[object]) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await asking
    assert "s3cret" not in str(caught.value)
    assert len(str(caught.value)) < 600
    return caught.value


@pytest.mark.parametrize(
    ("status", "text", "says", "permanent"),
    [
        (
            401,
            '{"code":"unauthorized","message":"unauthorized access"}',
            "its token is wrong or may not",
            True,
        ),
        (403, '{"message":"no"}', "403 no; its token may not do this", True),
        (500, '{"message":"broken"}', "500 broken", False),
        (200, "<html>", "200 without JSON; this address is not an InfluxDB 2", True),
        (200, "[1]", "200 without JSON", True),
        (204, "", "204 without JSON", True),
        (400, "x" * 10_000, "400 xxx", True),
        (418, "", "418 no reason given", True),
    ],
)
async def test_what_went_wrong_is_said(
    server: Server, api: Api, status: int, text: str, says: str, permanent: bool
) -> None:
    server.answer = saying(status, text)
    error = await trouble(api.get("/api/v2/setup"))
    assert says in str(error)
    assert error.permanent == permanent


async def test_our_token_follows_no_redirect(server: Server, api: Api) -> None:
    server.answer = saying(307, "", Location="http://127.0.0.1:1/")
    assert (await trouble(api.get("/x"))).permanent
    assert len(server.requests) == 1
    assert server.requests[0].headers["Authorization"] == "Token s3cret"


async def test_an_endless_answer_is_given_up(server: Server, api: Api) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        with suppress(ConnectionError):
            while True:
                await answer.write(b"x" * 65_536)
        return answer

    server.answer = endless
    assert "an answer of more than 4,194,304 bytes" in str(await trouble(api.get("/x")))


async def test_a_query_that_breaks_off_is_no_answer(server: Server, api: Api) -> None:
    body = ",result,table,_value\r\n,_result,0,1\r\n\r\nerror,reference\r\nout of memory,897\r\n\r\n"
    server.answer = saying(200, body, "text/csv")
    assert str(await trouble(api.flux("o", "q"))).endswith("query failed: out of memory")


async def test_the_rows_of_several_tables(server: Server, api: Api) -> None:
    body = (
        ",result,table,_value\r\n,_result,0,1\r\n,_result,0,2\r\n\r\n,result,table,a\r\n,_result,1,x\r\n\r\n"
    )
    server.answer = saying(200, body, "text/csv")
    rows = await api.flux("o", "q")
    assert [(row.get("_value"), row.get("a")) for row in rows] == [("1", None), ("2", None), (None, "x")]


async def test_what_is_not_there_is_none(server: Server, api: Api) -> None:
    server.answer = saying(404, '{"code":"not found","message":"x"}')
    assert await api.named("/api/v2/buckets", "buckets", "a", {"name": "a"}) is None
    server.answer = saying(200, '{"buckets": [{"name": "ab"}]}')
    assert await api.named("/api/v2/buckets", "buckets", "a", {"name": "a"}) is None
    server.answer = saying(200, '{"buckets": [{"name": "ab"}, {"name": "a", "id": "1"}]}')
    assert await api.named("/api/v2/buckets", "buckets", "a", {"name": "a"}) == {"name": "a", "id": "1"}
    server.answer = saying(200, '{"buckets": null}')
    assert await api.named("/api/v2/buckets", "buckets", "a", {"name": "a"}) is None
