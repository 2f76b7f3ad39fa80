"""REST polling against a real server: pages, watermark, tokens that expire, waits, and servers that do wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from collectors.feed import Batch, Heard
from collectors.feeds.rest import Rest, RestOptions
from ioc.clock import Clock
from tests.book.making import at
from tests.collectors.mapping import NOW, Kept

MAP = {"kind": "dossier", "id": "ma", "unit": {"value": "H44.12"}, "at": "cap_nhat"}
ASK = {"path": "/ho-so?tu={since}&trang={page}"}
Answer = Callable[[web.Request], Awaitable[web.Response]]


class Steady(Clock):
    """Runs, but tells the civil time of the tests."""

    def skew(self) -> float:
        return NOW - self.now()

    def civil(self, at: float) -> float:
        return NOW


def row(number: int, updated: str = "2026-10-05 08:00") -> dict[str, Any]:
    return {"ma": f"H-{number}", "cap_nhat": updated}


class System:
    """Another system: `answer` is what it says; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.kept = Kept()
        self.kept.clock = Steady()  # type: ignore[assignment]

    async def look(self, answer: Answer, times: int = 1, **more: Any) -> list[float]:
        """What `times` looks at a system that answers so come to: the waits."""

        async def heard(request: web.Request) -> web.Response:
            self.asked.append(request)
            return await answer(request)

        app = web.Application()
        app.router.add_route("*", "/{any:.*}", heard)
        async with TestServer(app, host="127.0.0.1") as server:
            options = {
                "address": "127.0.0.1",
                "scheme": "http",
                "port": server.port,
                "map": MAP,
                "ask": ASK,
                **more,
            }
            feed = Rest(RestOptions.model_validate(options), self.kept.around())
            try:
                return [await feed.look() for _ in range(times)]
            finally:
                await feed._asker.close()

    @property
    def queries(self) -> list[str]:
        return [request.rel_url.raw_query_string for request in self.asked]


def pages(*found: list[dict[str, Any]]) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        number = int(request.query["trang"])
        return web.json_response({"data": list(found[number - 1]) if number <= len(found) else []})

    return answer


async def test_pages_are_asked_for_until_one_is_empty() -> None:
    system = System()
    assert await system.look(pages([row(1), row(2)], [row(3, "2026-10-06 08:00")]), rows="data") == [60.0]
    assert system.kept.keys == ["dossier/H-1", "dossier/H-2", "dossier/H-3"]
    assert system.queries[0] == "tu=1970-01-01T08%3A00%3A00%2B08%3A00&trang=1"
    assert len(system.asked) == 3
    assert system.kept.said == [("ok", "3 updates")]


async def test_the_next_round_begins_at_the_newest_row_less_the_overlap() -> None:
    system = System()
    answer = pages([row(1, "2026-10-06 08:00"), row(2)])
    await system.look(answer, times=2, rows="data", since_form="compact")
    assert [query for query in system.queries if query.endswith("trang=1")][1] == "tu=20261006075000&trang=1"


async def test_a_clock_that_is_ahead_does_not_hide_rows_to_come() -> None:
    system = System()
    await system.look(
        pages([row(1, "2026-10-20 20:00")]), times=2, rows="data", since_form="epoch", overlap=0
    )
    assert system.queries[-2] == f"tu={NOW:.0f}&trang=1"


async def test_the_next_page_is_what_the_answer_names() -> None:
    async def answer(request: web.Request) -> web.Response:
        following = {"dau": "b c", "b c": None}[request.query["trang"]]
        return web.json_response({"items": [row(len(system.asked))], "meta": {"next": following}})

    system = System()
    await system.look(answer, rows="items", next="meta.next", first_page="dau")
    assert [query.partition("trang=")[2] for query in system.queries] == ["dau", "b%20c"]


async def test_a_kill_between_pages_goes_on_at_the_next_one() -> None:
    def kill(batch: Batch) -> None:
        if len(system.kept.batches) == 1:
            raise KeyboardInterrupt

    system = System()
    answer = pages([row(1)], [row(2)], [row(3)])
    system.kept.before = kill
    with pytest.raises(KeyboardInterrupt):
        await system.look(answer, rows="data")
    system.kept.before = lambda batch: None
    await system.look(answer, rows="data")
    assert system.kept.keys == ["dossier/H-1", "dossier/H-2", "dossier/H-3"]
    assert [query[-1] for query in system.queries] == ["1", "2", "2", "3", "4"]


async def test_many_pages_are_asked_with_a_pause() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response([row(int(request.query["trang"]))])

    system = System()
    assert await system.look(answer) == [1.0]
    assert len(system.asked) == 200
    assert system.kept.said == [("ok", "200 updates, more pages follow")]


async def test_a_token_that_expires_is_got_again() -> None:
    given: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/token":
            assert await request.text() == "grant_type=client_credentials&client_secret=geheim"
            assert request.content_type == "application/x-www-form-urlencoded"
            given.append(f"t{len(given)}")
            return web.json_response({"access_token": given[-1]})
        fresh = request.headers["Authorization"] == f"Bearer {given[-1]}"
        if not fresh or (len(given) == 1 and request.query["trang"] == "2"):
            return web.json_response({}, status=401)
        return web.json_response({"data": [row(1)] if request.query["trang"] == "1" else []})

    login: dict[str, Any] = {
        "login": {"path": "/token"},
        "login_body": "grant_type=client_credentials&client_secret=geheim",
    }
    system = System()
    assert await system.look(answer, rows="data", **login) == [60.0]
    assert given == ["t0", "t1"]
    assert system.kept.said == [("ok", "1 updates")]


async def test_a_body_is_filled_in_and_stays_json() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert (await request.json()) == {"tu": "1970-01-01T08:00:00+08:00", "trang": '"}'}
        return web.json_response([])

    system = System()
    ask = {"path": "/x", "method": "POST", "body": '{"tu": "{since}", "trang": "{page}"}'}
    await system.look(answer, ask=ask, first_page='"}')
    assert system.kept.said == [("ok", "0 updates")]


def said(status: int, text: str = "", **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return answer


BAD_ROWS = "[" + ",".join(["{}"] * 10) + "]"


@pytest.mark.parametrize(
    ("answer", "wait", "detail"),
    [
        (
            said(429, **{"Retry-After": "7"}),
            7.0,
            "status 429: it wants to be asked later; asked again in 7 s",
        ),
        (said(503, **{"Retry-After": "999999"}), 3_600.0, "asked again in 3600 s"),
        (said(429, **{"Retry-After": "Tue, 20 Oct 2026 01:02:00 GMT"}), 120.0, "asked again in 120 s"),
        (said(429), 60.0, "asked again in 60 s"),
        (said(500, "ORA-00942"), 60.0, "status 500: ORA-00942"),
        (said(200, "<html>Request Rejected"), 60.0, "not JSON"),
        (said(200, '{"loi": 1}'), 60.0, "at @ is no list; has it changed?"),
        (said(200, BAD_ROWS), 60.0, "no row of 10 can be read; has the system changed? row 1, ma"),
        (said(302, Location="http://127.0.0.2:1/"), 60.0, "status 302"),
        (said(401), 60.0, "status 401"),
    ],
)
async def test_what_fails_is_told(answer: Answer, wait: float, detail: str) -> None:
    system = System()
    assert await system.look(answer) == [wait]
    ((state, told),) = system.kept.said
    assert (state, detail in told) == ("failing", True), told
    assert system.kept.batches == []


async def test_a_system_that_hangs_is_left() -> None:
    async def answer(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    system = System()
    assert await system.look(answer, timeout=0.1) == [60.0]
    assert system.kept.said == [("failing", "no whole answer came in time")]


async def test_a_path_that_fails_on_an_answer_is_told() -> None:
    system = System()
    await system.look(said(200, "[]"), rows="keys(@)")
    assert system.kept.said == [("failing", "keys(@): the JMESPath fails here (JMESPathTypeError)")]


async def test_a_page_that_names_itself_is_left() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"data": [row(1)], "next": request.query["trang"]})

    system = System()
    await system.look(answer, rows="data", next="next")
    assert system.kept.said == [("failing", "page '1' names itself as the next one")]


async def test_a_book_that_refuses_leaves_the_cursor() -> None:
    system = System()
    system.kept.refuse = True
    await system.look(pages([row(1)]), rows="data")
    assert system.kept.said == [("failing", "nothing can be kept: the disk is full")]
    assert system.kept.cursor is None


async def test_one_bad_row_is_a_finding_and_the_rest_goes_on() -> None:
    system = System()
    await system.look(pages([row(1), {"ma": ""}, {"ma": "H-3", "cap_nhat": "mai"}]), rows="data")
    assert system.kept.keys == ["dossier/H-1", "dossier/H-3"]
    assert [each.fault for each in system.kept.findings] == ["missing", "unreadable", "missing"]


@pytest.mark.parametrize("cursor", ["{", "[]", '{"a": 1}', '{"since": "x"}'])
async def test_a_cursor_of_another_form_is_the_beginning(cursor: str) -> None:
    system = System()
    system.kept.cursor = cursor
    await system.look(pages([row(1)]), rows="data", since=at("2026-01-01 00:00"), since_form="epoch_ms")
    assert system.queries[0] == f"tu={at('2026-01-01 00:00') * 1000:.0f}&trang=1"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"ask": {"path": "/a?x={other}"}}, "only {since} and {page} are filled in"),
        ({"ask": {"path": "a"}}, "is not a path"),
        ({"ask": {"path": "/a", "body": "{}"}}, "body needs method: POST"),
        ({"rows": "a["}, "is not JMESPath"),
        ({"login": {"path": "/token"}}, "login and login_body belong together"),
        ({"login": {"path": "/t"}, "login_body": "x", "token": "y"}, "login and token or user together"),
    ],
)
def test_options_that_cannot_be_meant(more: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        RestOptions.model_validate({"address": "portal.example", "map": MAP, "ask": ASK, **more})
    assert what in str(refused.value)


async def test_nothing_can_be_posted() -> None:
    options = RestOptions.model_validate({"address": "portal.example", "map": MAP, "ask": ASK})
    assert (await Rest(options, Kept().around()).hear(Heard("POST", "", {}, b""))).status == 404
