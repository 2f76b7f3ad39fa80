"""Posting alerts and heartbeats: what each mistake is answered, and when success is said."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import aiohttp
import orjson
import pytest

from ioc.errors import Refused
from tests.web.house import House, Open, until
from web.api.alerts import AT_ONCE, BODY_CAP

TOKEN = "outside-0123456789abcdef"
SHOWN = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


@dataclass
class Door:
    """Visitors that a test moves by hand."""

    taken: list[bytes] = field(default_factory=list)
    beats: list[tuple[str, str]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    refused: Sequence[str] = ()
    trouble: Refused | None = None
    shown: str = TOKEN
    waiting: int = 0

    def token(self) -> str:
        if not self.shown:
            raise Refused("alerts of other programs are not taken; configure outside", status=404)
        return self.shown

    async def take(self, body: bytes) -> Sequence[str]:
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        if self.trouble is not None:
            raise self.trouble
        self.taken.append(body)
        return self.refused

    async def beat(self, name: str, token: str) -> float:
        if name != "backup":
            raise Refused(f"there is no heartbeat {name!r}; list it under heartbeats", status=404)
        self.beats.append((name, token))
        return 90.0


@pytest.fixture
def door() -> Door:
    door = Door()
    door.gate.set()
    return door


@pytest.fixture
async def here(house: Open, door: Door) -> House:
    return await house(visitors=door)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def post(
    session: aiohttp.ClientSession, here: House, body: bytes = b"[]", **headers: str
) -> tuple[int, str]:
    """The status and the body of an answer."""
    url = f"{here.base}/api/v2/alerts"
    async with session.post(url, data=io.BytesIO(body), headers=SHOWN | headers) as answer:
        return answer.status, await answer.text()


async def test_success_is_said_once_it_is_kept(
    here: House, door: Door, session: aiohttp.ClientSession
) -> None:
    door.gate.clear()
    asked = asyncio.create_task(post(session, here, b'[{"labels":{}}]'))
    await until(lambda: door.waiting == 1)
    assert not asked.done()
    door.gate.set()
    assert await asked == (200, "")
    assert door.taken == [b'[{"labels":{}}]']


async def test_packed_and_with_parameters(here: House, door: Door, session: aiohttp.ClientSession) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json; charset=utf-8"}
    assert await post(session, here, gzip.compress(b"[1]"), **headers) == (200, "")
    assert door.taken == [b"[1]"]


async def test_what_was_not_taken_is_said_as_alertmanager_does(
    here: House, door: Door, session: aiohttp.ClientSession
) -> None:
    door.refused = [f"alert {n}: bad" for n in range(102)]
    status, text = await post(session, here)
    said = orjson.loads(text)
    assert status == 400
    assert said.startswith("alert 0: bad; alert 1: bad; ")
    assert said.endswith("alert 99: bad; and 2 more")


@pytest.mark.parametrize(
    ("headers", "body", "status", "says"),
    [
        ({"Authorization": ""}, b"[]", 401, "a token is needed; send it as Authorization: Bearer TOKEN"),
        ({"Authorization": "Basic x"}, b"[]", 401, "a token is needed; send it as Authorization: Bearer TOKEN"),
        ({"Authorization": "Bearer mật"}, b"[]", 401, "this is not the token of outside.token"),
        ({"Content-Type": "text/plain"}, b"[]", 415, "Content-Type 'text/plain' is not taken; send application/json"),
        ({"Content-Encoding": "br"}, b"[]", 415, "Content-Encoding 'br' is not taken; send gzip or identity"),
        ({"Content-Encoding": "gzip"}, b"[]", 400, "the body is not gzip: "),
        ({}, b" " * (BODY_CAP + 1), 413, f"the body is larger than {BODY_CAP} bytes; send less at once"),
        (
            {"Content-Encoding": "gzip"}, gzip.compress(bytes(BODY_CAP + 1)), 413,
            f"the body is larger than {BODY_CAP} bytes; send less at once",
        ),
    ],
)  # fmt: skip
async def test_what_is_refused_whole(
    here: House, door: Door, session: aiohttp.ClientSession, headers: dict[str, str], body: bytes, status: int,
    says: str,
) -> None:  # fmt: skip
    got, text = await post(session, here, body, **headers)
    assert got == status
    assert orjson.loads(text).startswith(says)
    assert door.taken == []
    assert here.telemetry.count("ioc_outside_refused_posts") == 1


async def test_where_none_are_taken(here: House, door: Door, session: aiohttp.ClientSession) -> None:
    door.shown = ""
    status, text = await post(session, here)
    assert (status, orjson.loads(text)) == (
        404, "alerts of other programs are not taken; configure outside"
    )  # fmt: skip


async def test_a_disk_that_does_not_take_it_is_for_later(
    here: House, door: Door, session: aiohttp.ClientSession
) -> None:
    door.trouble = Refused("not in the state file after 10 s", status=503)
    url = f"{here.base}/api/v2/alerts"
    async with session.post(url, data=b"[]", headers=SHOWN) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_only_so_many_at_once(here: House, door: Door, session: aiohttp.ClientSession) -> None:
    door.gate.clear()
    waiting = [asyncio.create_task(post(session, here)) for _ in range(AT_ONCE)]
    await until(lambda: door.waiting == AT_ONCE)
    status, text = await post(session, here)
    assert (status, orjson.loads(text)) == (503, f"{AT_ONCE} posts are being read; send it again")
    door.gate.set()
    assert {each[0] for each in await asyncio.gather(*waiting)} == {200}
    await until(lambda: len(door.taken) == AT_ONCE)
    assert (await post(session, here))[0] == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_heartbeat(here: House, door: Door, session: aiohttp.ClientSession, method: str) -> None:
    headers = {"Authorization": "Bearer of-the-backup"}
    async with session.request(method, f"{here.base}/heartbeat/backup", headers=headers) as answer:
        assert (answer.status, await answer.json()) == (200, {"name": "backup", "next_within_s": 90.0})
        assert answer.headers["Cache-Control"] == "no-store"
    assert door.beats == [("backup", "of-the-backup")]


async def test_a_heartbeat_that_nobody_asked_for(
    here: House, door: Door, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{here.base}/heartbeat/x") as answer:
        assert answer.status == 404
        assert (await answer.json())["error"] == "there is no heartbeat 'x'; list it under heartbeats"
    assert here.telemetry.count("ioc_heartbeats_refused") == 1
