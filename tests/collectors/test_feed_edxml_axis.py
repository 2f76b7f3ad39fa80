"""The feed `edxml` on an exchange axis that pages, hangs, limits and lies."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from collectors.feeds.edxml import Edxml, EdxmlOptions
from ioc.cases.model import Record, Step
from tests import certificates
from tests.collectors.documents_house import VXP, Book, letter


@dataclass
class Adapter:
    """An axis' adapter as docs/documents.md describes it, on a real socket."""

    held: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)
    bare: bool = False
    newest_first: bool = False
    answers: list[web.Response] = field(default_factory=list)
    """what is said next instead"""
    always: Any = None
    """what every list says"""
    asked: list[tuple[str, Any]] = field(default_factory=list)
    hangs: bool = False
    endless: bytes = b""
    """what every document begins with, before blanks without end"""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    finished: list[str] = field(default_factory=list)
    shrinks: bool = False

    def put(self, id: str, data: bytes, at: str, kind: str = "edoc") -> None:
        self.held[id], self.kinds[id], self.times[id] = data, kind, at

    async def listed(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(("list", asked))
        if (instead := await self._instead(request)) is not None:
            return instead
        if self.always is not None:
            return web.json_response(self.always)
        ids = [id for id, kind in self.kinds.items() if kind == asked["messagetype"]]
        ids.sort(key=self.times.__getitem__, reverse=self.newest_first)
        begin = (asked["pageIndex"] - 1) * asked["pageSize"]
        rows = [
            {
                "docId": id,
                "from": "000.00.00.H44",
                "created_time": self.times[id],
                "messagetype": self.kinds[id],
            }
            for id in ids[begin : begin + asked["pageSize"]]
        ]
        return web.json_response({"status": "OK", "ErrorDesc": "", "data": rows})

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(("fetch", asked["docId"]))
        if (instead := await self._instead(request)) is not None:
            return instead
        if self.endless and self.kinds[asked["docId"]] == "edoc":
            return await self._without_end(request)
        data = self.held.get(asked["docId"])
        if data is None:
            return web.Response(status=404)
        if self.bare:
            return web.Response(body=data, content_type="application/xml")
        text = json.dumps({"status": "OK", "data": base64.encodebytes(data).decode()})
        return web.Response(text=text, content_type="application/json")

    async def _without_end(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(self.endless)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" " * 65_536)
        return response

    async def update(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.finished.append(asked["docId"])
        if self.shrinks:
            self.kinds.pop(asked["docId"])
        return web.json_response({"status": "OK"})

    async def _instead(self, request: web.Request) -> web.Response | None:
        if request.headers.get("X-SystemId") != "ioc" or request.headers.get("X-SecretKey") != "hidden":
            return web.Response(status=401)
        if self.hangs:
            await self.over.wait()
        return self.answers.pop(0) if self.answers else None

    @property
    def fetched(self) -> list[str]:
        return [each for what, each in self.asked if what == "fetch"]


@asynccontextmanager
async def axis(adapter: Adapter, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/api/v1/getReceivedEdocList", adapter.listed)
    app.router.add_post("/api/v1/getEdoc", adapter.fetch)
    app.router.add_post("/api/v1/updateStatus", adapter.update)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}/api"
    finally:
        adapter.over.set()
        await runner.cleanup()


@asynccontextmanager
async def asking(
    adapter: Adapter, book: Book, tls: ssl.SSLContext | None = None, **given: Any
) -> AsyncIterator[Edxml]:
    async with axis(adapter, tls) as url:
        options = {"url": url, "system_id": "ioc", "secret_key": "hidden", "page": 2, **VXP, **given}
        feed = Edxml(EdxmlOptions.model_validate(options), book.around())
        try:
            yield feed
        finally:
            await feed._way.close()


def filled(count: int = 5, **given: Any) -> Adapter:
    adapter = Adapter(**given)
    for n in range(count):
        adapter.put(f"d{n}", letter(n).document(), f"2026-11-24 08:0{n}:00")
    adapter.put("s0", letter(0).status("03"), "2026-11-24 09:00:00", "status")
    return adapter


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("newest_first", [True, False])
async def test_every_page_is_read_once(bare: bool, newest_first: bool) -> None:
    book, adapter = Book(), filled(bare=bare, newest_first=newest_first)
    async with asking(adapter, book) as feed:
        assert await feed.turn() == 30.0
        assert len({each.key for each in book.updates}) == 5
        assert sum(isinstance(each, Step) for each in book.updates) == 1
        before = len(book.batches)
        assert await feed.turn() == 30.0
        assert len(book.batches) == before, "nothing new, nothing committed"
        assert len(adapter.fetched) == 6
        adapter.put("d9", letter(9).document(), "2026-11-24 10:00:00")
        await feed.turn()
        assert len(adapter.fetched) == 7
    assert book.said[-1] == ("ok", "")


async def test_after_a_restart_only_what_may_be_late_is_asked_again() -> None:
    book, adapter = Book(), filled()
    async with asking(adapter, book, overlap=60) as feed:
        await feed.turn()
    adapter.over.clear()
    adapter.asked.clear()
    async with asking(adapter, book, overlap=60) as feed:
        await feed.turn()
    assert sorted(adapter.fetched) == ["d3", "d4", "s0"]


async def test_a_kill_inside_a_pass_goes_on_at_its_page() -> None:
    book, adapter = Book(), filled()
    async with asking(adapter, book) as feed:
        book.commits = 1
        await feed.turn()
        assert book.said[-1] == ("failing", "the disk is full")
        book.commits = 1_000
        adapter.asked.clear()
        other = Edxml(feed._options, book.around())
        await other.turn()
        await other._way.close()
    assert adapter.asked[0][1]["pageIndex"] == 2
    assert len({each.key for each in book.updates}) == 5


async def test_one_bad_message_does_not_stop_the_others() -> None:
    book, adapter = Book(), filled()
    adapter.held["d1"] = b"<html/>"
    del adapter.held["d2"]
    async with asking(adapter, book) as feed:
        await feed.turn()
    assert {each.key for each in book.findings} == {"document/d1", "document/d2"}
    assert len({each.key for each in book.updates}) == 3
    assert "line 1: is <html>, not edXML" in [each.value for each in book.findings]


async def test_an_axis_that_gives_none_of_what_it_lists_is_at_fault_itself() -> None:
    book, adapter = Book(), filled()
    async with asking(adapter, book, fetch="/v1/getNothing") as feed:
        await feed.turn()
    assert book.said[-1][1].startswith(
        "gives none of the 2 messages it lists; the last: is not there: /v1/getNothing"
    )
    assert book.batches == [], "nothing is passed over"


@pytest.mark.parametrize("after", [b'"', b""])
async def test_what_never_ends_after_a_message_or_before_it_costs_nothing(after: bytes) -> None:
    """With its closing quote the message is whole; without it blanks follow inside the text until it is too long."""
    book, adapter = Book(), filled(1)
    adapter.endless = b'{"data":"' + letter(0).document().replace(b'"', b"\\u0022") + after
    async with asking(adapter, book, most=1_000_000) as feed:
        await feed.turn()
    if after:
        assert (len(book.updates), book.findings) == (2, [])
    else:
        assert [each.value for each in book.findings] == ["is longer than 1,000,000 bytes"]


async def test_the_first_message_of_all_is_not_passed_over_where_it_is_missing() -> None:
    book, adapter = Book(), filled(1)
    held = adapter.held.pop("d0")
    async with asking(adapter, book) as feed:
        await feed.turn()
        assert book.said[-1][1].startswith("gives none of the 1 messages it lists")
        adapter.held["d0"] = held
        await feed.turn()
        del adapter.held["s0"]
        adapter.put("s1", b"", "2026-11-24 09:30:00", "status")
        del adapter.held["s1"]
        await feed.turn()
    assert book.said[-1] == ("ok", "")
    assert [each.key for each in book.findings] == ["document/s1"]


async def test_an_axis_that_limits_is_asked_again_when_it_said() -> None:
    book, adapter = Book(), filled()
    adapter.answers = [web.Response(status=429, headers={"Retry-After": "77"})]
    async with asking(adapter, book) as feed:
        assert await feed.turn() == 77.0
        assert book.said[-1] == ("failing", "/v1/getReceivedEdocList answers 429 Too Many Requests")
        assert await feed.turn() == 30.0
    assert len({each.key for each in book.updates}) == 5


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((200, b"<html>"), "/v1/getReceivedEdocList is not JSON: "),
        ((200, b"[1]"), "/v1/getReceivedEdocList is [1], not an answer of an axis"),
        ((200, b'{"status":"FAIL","ErrorDesc":"Sai h\\u1ec7 th\\u1ed1ng"}'), "says FAIL: Sai hệ thống"),
        ((200, b'{"status":"OK","data":{"a":1}}'), "/v1/getReceivedEdocList its list is {'a': 1}, not a list"),
        ((200, b'{"data":[' + b"1," * 5_000 + b"1]}"), "lists 5,001 messages in one page; at most 5,000"),
        ((200, b" " * 17_000_000), "answers more than 16,777,216 bytes; ask for smaller pages"),
        ((302, b""), "/v1/getReceivedEdocList answers 302 Found"),
        ((503, b""), "/v1/getReceivedEdocList answers 503 Service Unavailable"),
        ((404, b""), "is not there: /v1/getReceivedEdocList answers 404 Not Found"),
    ],
)  # fmt: skip
async def test_what_an_axis_may_say_instead(answer: tuple[int, bytes], says: str) -> None:
    book, adapter = Book(), filled()
    adapter.answers = [web.Response(status=answer[0], body=answer[1])]
    async with asking(adapter, book) as feed:
        await feed.turn()
    state, detail = book.said[-1]
    assert state == "failing"
    assert says in detail
    assert book.batches == []


async def test_wrong_secrets_are_said_without_being_shown() -> None:
    book, adapter = Book(), filled()
    async with asking(adapter, book, secret_key="other-secret") as feed:
        await feed.turn()
    assert book.said[-1][1] == (
        "/v1/getReceivedEdocList answers 401 Unauthorized; check system_id and secret_key"
    )
    assert "other-secret" not in repr(book.said)


async def test_a_certificate_must_be_of_an_authority_that_is_trusted(tmp_path: Path) -> None:
    signer = certificates.authority(tmp_path)
    tls = certificates.server(tmp_path, signer, timedelta(days=30))
    ways: list[tuple[dict[str, Any], str]] = [
        ({}, "certificate verify failed"),
        ({"ca": tmp_path / "none.pem"}, f"ca {tmp_path}/none.pem: No such file or directory"),
        ({"ca": signer.file}, ""),
        ({"verify": False}, ""),
    ]
    for given, says in ways:
        book, adapter = Book(), filled(1)
        async with asking(adapter, book, tls, **given) as feed:
            await feed.turn()
        assert book.said[-1][0] == ("failing" if says else "ok")
        assert says in book.said[-1][1]
        assert len(book.updates) == (0 if says else 2)


async def test_an_axis_that_hangs_is_given_up() -> None:
    book, adapter = Book(), filled(hangs=True)
    async with asking(adapter, book, timeout=0.2) as feed:
        await feed.turn()
    assert book.said[-1][1] == "/v1/getReceivedEdocList: no answer within 0.2 s"


async def test_an_axis_that_is_away_is_said() -> None:
    book = Book()
    options = {"url": "http://127.0.0.1:9", "system_id": "ioc", "secret_key": "hidden", **VXP}
    feed = Edxml(EdxmlOptions.model_validate(options), book.around())
    await feed.turn()
    await feed._way.close()
    assert book.said[-1][0] == "failing"
    assert "/v1/getReceivedEdocList: Cannot connect to host 127.0.0.1:9" in book.said[-1][1]


async def test_a_moment_that_is_still_to_come_hides_nothing() -> None:
    book, adapter = Book(), filled(2)
    adapter.put("d1", letter(1).document(), "2099-01-01 00:00:00")
    async with asking(adapter, book) as feed:
        await feed.turn()
        adapter.put("d5", letter(5).document(), "2026-11-24 11:59:00")
        await feed.turn()
    assert "d5" in adapter.fetched


async def test_an_axis_that_does_not_page_is_read_to_its_end() -> None:
    book, adapter = Book(), filled(4, bare=True)
    rows = [{"docId": f"d{n}", "created_time": ""} for n in range(4)]
    adapter.always = {"knobsticks": json.dumps([*rows, {"docId": ""}])}
    async with asking(adapter, book, page=4) as feed:
        assert await feed.turn() == 30.0
    assert len({each.key for each in book.updates if isinstance(each, Record)}) == 4
    assert len([each for each in adapter.asked if each[0] == "list"]) <= 4
    assert book.count("unreadable") >= 1, "one without a name is counted"


async def test_messages_are_confirmed_only_where_that_is_wanted_and_after_the_commit() -> None:
    book, adapter = Book(), filled(5, shrinks=True)
    async with asking(adapter, book, confirm="/v1/updateStatus") as feed:
        await feed.turn()
    assert sorted(adapter.finished) == ["d0", "d1", "d2", "d3", "d4", "s0"]
    assert len({each.key for each in book.updates}) == 5
    assert adapter.kinds == {}
