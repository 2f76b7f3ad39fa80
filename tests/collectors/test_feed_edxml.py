"""The feed `edxml`: a folder that others write into, and an exchange axis that lists, hangs, limits and lies."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from pydantic import ValidationError

from collectors.feed import MOST_A_BATCH, Around, Batch, Heard
from collectors.feeds.edxml import Edxml, EdxmlOptions
from ioc.cases.model import Fault, Finding, Record, Stage, Step
from ioc.errors import NotCommitted
from ioc.telemetry import Telemetry
from tests import certificates
from tests.collectors.documents_made import Letter
from tests.fakes import HandClock

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VXP = {"lists": ["/v1/getReceivedEdocList"], "fetch": "/v1/getEdoc"}
NOON = datetime(2026, 11, 24, 12, tzinfo=ZONE).timestamp()


@dataclass
class Book:
    """Stands where the book of cases does: keeps what is committed, refuses when told to."""

    clock: HandClock = field(default_factory=lambda: HandClock(NOON))
    batches: list[Batch] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    cursor: str | None = None
    refuses: bool = False
    commits: int = 1_000
    """after which it refuses"""
    telemetry: Telemetry = field(default_factory=Telemetry)

    async def keep(self, batch: Batch) -> None:
        if self.refuses or len(self.batches) >= self.commits:
            raise NotCommitted("the disk is full")
        assert len(batch.updates) <= MOST_A_BATCH
        self.batches.append(batch)
        self.cursor = batch.cursor if batch.cursor is not None else self.cursor

    def around(self) -> Around:
        units = {"000.00.12.H44": "viet-tri"}
        return Around(
            "axis", self.clock, self.telemetry, ZONE, self.keep, lambda: self.cursor,
            lambda scheme, code: units.get(code), lambda kind, status: None, day_end,
            lambda state, detail: self.said.append((state, detail)),
        )  # fmt: skip

    @property
    def updates(self) -> list[Record | Step]:
        return [each for batch in self.batches for each in batch.updates]

    @property
    def findings(self) -> list[Finding]:
        return [each for batch in self.batches for each in batch.findings]

    def count(self, name: str) -> int:
        return self.telemetry.count(f"ioc_feed_{name}", feed="axis")


def day_end(day: date) -> float:
    return datetime.combine(day, time(17), ZONE).timestamp()


def letter(n: int) -> Letter:
    return Letter(f"000.00.00.H44,2026/11/24,{n}/UBND-VP")


# --- a folder


def boxed(folder: Path, book: Book, **given: Any) -> Edxml:
    return Edxml(EdxmlOptions.model_validate({"folder": str(folder), **given}), book.around())


async def settled(feed: Edxml, book: Book) -> float:
    """Look, let what is there settle, look again."""
    await feed.turn()
    book.clock.at += 10
    return await feed.turn()


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()} if folder.exists() else set()


async def test_whole_files_are_read_and_put_away(tmp_path: Path) -> None:
    (tmp_path / "1.edxml").write_bytes(letter(1).document())
    (tmp_path / "2.edxml").write_bytes(letter(1).status("03"))
    book = Book()
    assert await settled(boxed(tmp_path, book), book) == 0.0, "there may be more at once"
    assert [(each.stage, each.unit) for each in book.updates] == [
        (Stage.OPEN, "viet-tri"),
        (Stage.DONE, "viet-tri"),
    ]
    assert names(tmp_path) == {"done"}
    assert names(tmp_path / "done") == {"1.edxml", "2.edxml"}
    assert book.said[-1] == ("ok", "")
    assert book.count("messages") == 2


async def test_a_file_that_is_still_written_waits(tmp_path: Path) -> None:
    book, path, data = Book(), tmp_path / "1.edxml", letter(1).document()
    feed = boxed(tmp_path, book)
    for end in range(100, len(data), 100):
        path.write_bytes(data[:end])
        os.utime(path, ns=(end, end))
        assert await feed.turn() == 30.0
        book.clock.at += 4
    path.write_bytes(data)
    (tmp_path / "2.edxml.part").write_bytes(data[:50])
    (tmp_path / ".3.edxml").write_bytes(data[:50])
    assert book.batches == []
    await settled(feed, book)
    assert len(book.updates) == 1
    assert book.findings == []
    assert names(tmp_path) == {"2.edxml.part", ".3.edxml", "done"}


async def test_what_cannot_be_read_lies_in_faults_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "cut.edxml").write_bytes(letter(1).document()[:300])
    (tmp_path / "bomb.edxml").write_bytes(b'<!DOCTYPE a [<!ENTITY b "b">]><edXML>&b;</edXML>')
    (tmp_path / "good.edxml").write_bytes(letter(2).document())
    book = Book()
    await settled(boxed(tmp_path, book), book)
    assert len(book.updates) == 1, "the rest goes on"
    assert {(each.key, each.fault) for each in book.findings} == {
        ("document/cut.edxml", Fault.UNREADABLE),
        ("document/bomb.edxml", Fault.UNREADABLE),
    }
    assert names(tmp_path / "faults") == {"cut.edxml", "cut.edxml.txt", "bomb.edxml", "bomb.edxml.txt"}
    note = (tmp_path / "faults" / "bomb.edxml.txt").read_text("utf-8")
    assert note == (
        "bomb.edxml: line 1: declares a document type or an entity, which no edXML message needs\n"
    )
    assert book.count("unreadable") == 2


async def test_names_of_files_need_not_be_text(tmp_path: Path) -> None:
    for name, data in [(b"t\xd8nh.xml", letter(1).document()), (b"s\xff\n.xml", b"<html/>")]:
        (tmp_path / os.fsdecode(name)).write_bytes(data)
    book = Book()
    await settled(boxed(tmp_path, book), book)
    assert book.said[-1] == ("ok", "")
    assert [each.key for each in book.findings] == ["document/s .xml"]
    (note,) = (tmp_path / "faults").glob("*.txt")
    assert note.read_text("utf-8") == "s\\udcff .xml: line 1: is <html>, not edXML\n"
    (read,) = (tmp_path / "done").iterdir()
    read.rename(tmp_path / read.name)
    await settled(boxed(tmp_path, book), book)
    assert len(book.updates) == 1, "the cursor knows it"


async def test_nothing_of_a_secret_document_is_kept(tmp_path: Path) -> None:
    (tmp_path / "s.edxml").write_bytes(Letter(priority="Mật").document())
    book = Book()
    await settled(boxed(tmp_path, book, remove=True), book)
    assert (book.updates, book.findings, book.count("secret")) == ([], [], 1)
    assert names(tmp_path) == set(), "removed, where the site wants that"
    assert "101/UBND-VP" not in repr(book.batches)


async def test_a_refused_commit_leaves_the_files_to_be_read_again(tmp_path: Path) -> None:
    (tmp_path / "1.edxml").write_bytes(letter(1).document())
    book = Book(refuses=True)
    feed = boxed(tmp_path, book)
    assert await settled(feed, book) == 30.0
    assert book.said[-1] == ("failing", "the disk is full")
    assert await feed.turn() == 60.0, "less and less often"
    assert names(tmp_path) == {"1.edxml"}
    book.refuses = False
    assert await feed.turn() == 0.0
    assert len(book.updates) == 1
    assert names(tmp_path / "done") == {"1.edxml"}


async def test_a_kill_between_the_commit_and_the_move_reads_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / "1.edxml").write_bytes(letter(1).document())
    book = Book()
    await settled(boxed(tmp_path, book), book)
    (tmp_path / "done" / "1.edxml").rename(tmp_path / "1.edxml")
    await settled(boxed(tmp_path, book), book)
    assert len(book.updates) == 1
    assert names(tmp_path / "done") == {"1.edxml"}
    assert names(tmp_path) == {"done"}


async def test_a_document_to_every_commune_is_kept_in_batches(tmp_path: Path) -> None:
    many = Letter(to=[f"H44.{n}" for n in range(3_321)])
    (tmp_path / "1.edxml").write_bytes(many.document())
    book = Book()
    await settled(boxed(tmp_path, book), book)
    assert len(book.updates) == 3_321
    assert [batch.cursor is None for batch in book.batches] == [True, True, True, False]
    assert len(book.findings) == 3_321


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    book = Book()
    await boxed(tmp_path / "none", book).turn()
    assert book.said == [
        ("failing", f"{tmp_path}/none: No such file or directory; the folder must exist and be ours to read")
    ]


async def test_what_cannot_be_put_away_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "1.edxml").write_bytes(letter(1).document())
    (tmp_path / "done").write_text("a file where the folder should be")
    book = Book()
    feed = boxed(tmp_path, book)
    await settled(feed, book)
    assert book.said[-1][0] == "failing"
    assert "1.edxml cannot be put into done: " in book.said[-1][1]
    book.clock.at += 60
    await feed.turn()
    assert sum(update.key.endswith(">000.00.12.H44") for update in book.updates) == 1


# --- an exchange axis


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


# --- an axis as a province runs it: GET, by days, with a token that ends


@dataclass
class Province:
    """An axis as docs/documents.md describes it: what came on a day, each message as a JSON string."""

    held: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    """kind, day and content of each message"""
    days: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    token: str = ""
    logins: int = 0
    in_base64: bool = False

    async def login(self, request: web.Request) -> web.StreamResponse:
        assert await request.json() == {"username": "ioc", "password": "hidden"}
        self.logins += 1
        self.token = f"token-{self.logins}"
        return web.json_response({"code": 200, "data": {"token": self.token}})

    def refused(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") != f"Bearer {self.token}"

    async def listed(self, request: web.Request) -> web.StreamResponse:
        if self.refused(request):
            return web.Response(status=401)
        asked = request.query
        self.days.append(asked["fromDate"])
        rows = [
            {"docId": id, "createdTime": f"{day.replace('/', '-')}T08:00:00", "status": "initial"}
            for id, (kind, day, _) in self.held.items()
            if kind == asked["messageType"] and asked["fromDate"] <= day <= asked["toDate"]
        ]
        return web.json_response({"success": True, "message": "OK", "count": len(rows), "data": rows})

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        if self.refused(request):
            return web.Response(status=401)
        id = request.query["docId"]
        self.fetched.append(id)
        data = self.held[id][2]
        text = base64.b64encode(data).decode() if self.in_base64 else data.decode()
        told = {
            "success": True,
            "data": {"docId": id, "edxml": text, "attachments": [{"fileContent": "QUJD"}]},
        }
        return web.json_response(told)


@asynccontextmanager
async def province(axis: Province, book: Book) -> AsyncIterator[Edxml]:
    app = web.Application()
    app.router.add_post("/v1/auth/login", axis.login)
    app.router.add_get("/v1/syncReceivedEdocList", axis.listed)
    app.router.add_get("/v1/getEdoc", axis.fetch)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    options = {
        "url": f"http://127.0.0.1:{runner.addresses[0][1]}", "system_id": "H44.1", "secret_key": "hidden",
        "login": "/v1/auth/login?allow_anonymous=true",
        "credentials": '{"username": "ioc", "password": "hidden"}', "back": 2,
    }  # fmt: skip
    feed = Edxml(EdxmlOptions.model_validate(options), book.around())
    try:
        yield feed
    finally:
        await feed._way.close()
        await runner.cleanup()


@pytest.mark.parametrize("in_base64", [True, False])
async def test_a_province_s_axis_is_asked_day_by_day(in_base64: bool) -> None:
    book, axis = Book(), Province(in_base64=in_base64)
    axis.held = {
        "a b/ế": ("edoc", "2026/11/22", letter(1).document()),
        "d2": ("edoc", "2026/11/24", letter(2).document()),
        "s1": ("status", "2026/11/23", letter(1).status("03")),
        "old": ("edoc", "2026/11/01", letter(9).document()),
    }
    async with province(axis, book) as feed:
        assert await feed.turn() == 30.0
        assert book.said[-1] == ("ok", "")
        assert sorted(set(axis.days)) == ["2026/11/22", "2026/11/23", "2026/11/24"]
        assert sorted(axis.fetched) == ["a b/ế", "d2", "s1"]
        assert len(book.updates) == 3
        axis.days.clear()
        axis.token = "ended"
        axis.held["d3"] = ("edoc", "2026/11/24", letter(3).document())
        await feed.turn()
    assert (axis.logins, book.said[-1]) == (2, ("ok", "")), "signed in again, unseen"
    assert "2026/11/22" not in axis.days
    assert sorted(axis.fetched) == ["a b/ế", "d2", "d3", "s1"]


async def test_days_without_messages_are_not_asked_again_and_again() -> None:
    book, axis = Book(), Province()
    async with province(axis, book) as feed:
        await feed.turn()
        before = len(book.batches)
        axis.days.clear()
        await feed.turn()
    assert set(axis.days) == {"2026/11/23", "2026/11/24"}
    assert len(book.batches) == before


async def test_signing_in_that_is_refused_is_said() -> None:
    book, axis = Book(), Province()

    async def refused(_: web.Request) -> web.StreamResponse:
        return web.json_response({"success": False, "message": "Sai mật khẩu"})

    axis.login = refused  # type: ignore[method-assign, assignment]
    async with province(axis, book) as feed:
        await feed.turn()
    assert book.said[-1] == ("failing", "/v1/auth/login says no success: Sai mật khẩu")


# --- options and the server's half


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "needs either folder or url, one of them"),
        ({"folder": "/a", "url": "http://h"}, "needs either folder or url, one of them"),
        ({"folder": "a/b"}, "'a/b' is not an absolute path"),
        ({"url": "ftp://h"}, "'ftp://h' is not an http or https address"),
        ({"url": "http://me@h"}, "the address carries a name, a query or a fragment"),
        ({"url": "http://h"}, "url needs system_id and secret_key"),
        ({"folder": "/a", "fetch": "v1"}, "'v1' is not a path; begin with /"),
        (
            {"folder": "/a", "fetch": "/v1/{no}"},
            "'/v1/{no}' has the field 'no'; known are from, id, kind, page, size, to",
        ),
        ({"folder": "/a", "login": "/v1/login"}, "login and credentials belong together"),
    ],
)
def test_options_that_cannot_be(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        EdxmlOptions.model_validate(given)
    assert says in str(refused.value)


async def test_nobody_posts_here(tmp_path: Path) -> None:
    said = await boxed(tmp_path, Book()).hear(Heard("POST", "", {}, b""))
    assert said.status == 404


async def test_it_looks_until_it_is_cancelled(tmp_path: Path) -> None:
    book, looked = Book(), asyncio.Event()
    (tmp_path / "1.edxml").write_bytes(letter(1).document())

    async def rest(seconds: float) -> None:
        book.clock.at += seconds
        if book.batches:
            looked.set()
        await asyncio.sleep(0)

    feed = Edxml(EdxmlOptions.model_validate({"folder": str(tmp_path)}), book.around(), rest)
    task = asyncio.create_task(feed.run())
    await looked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert book.said[0] == ("waiting", "")
    assert len(book.updates) == 1
