"""The feed `edxml` on an axis as a province runs it: GET, by days, with a token that ends."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from collectors.feeds.edxml import Edxml, EdxmlOptions
from tests.collectors.documents_house import Book, letter


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
