"""The ledger over HTTP, with the real clerk, dispatch and state file behind it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import clerk as clerks
from alerts.channels.base import Receiver
from alerts.clerk import Clerk
from ioc.deliveries import COLUMNS
from ioc.errors import Refused
from ioc.state.look import Look
from tests.alerts.office import Office
from tests.alerts.world import START
from tests.web.house import FakeDesk, fresh_picture
from web.api.deliveries import table
from web.app import build
from web.deps import Deps
from web.serve import serve

Ask = Callable[..., Awaitable[tuple[int, Any]]]


def on_call(schedule: str) -> tuple[str, ...]:
    if schedule == "nobody":
        return ()
    if schedule != "noc":
        raise Refused(f"schedule {schedule!r} is not known", status=404)
    return ("an",)


@asynccontextmanager
async def counter(office: Office, receivers: dict[str, Receiver], path: Path) -> AsyncIterator[Ask]:
    clerk = Clerk(
        office.clock,
        Look(path / "state.db"),
        office.dispatch,
        lambda: office.people,
        lambda: receivers,
        on_call,
    )
    picture = fresh_picture()
    deps = Deps(office.clock, picture, office.telemetry, FakeDesk(picture), path / "dist", paging=clerk)
    server = await serve(build(deps), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.port}"

    async def ask(where: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        headers = {"Origin": base}
        method = "GET" if body is None else "POST"
        async with session.request(method, f"{base}{where}", json=body, headers=headers) as answer:
            said = answer.content_type
            return answer.status, await (answer.json() if said == "application/json" else answer.read())

    async with aiohttp.ClientSession() as session:
        yield ask
    await server.close()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    yield office
    await office.stop()


@pytest.fixture
async def ask(office: Office, tmp_path: Path) -> AsyncIterator[Ask]:
    receivers = {name: office.receiver(name) for name in office.lines}
    async with counter(office, receivers, tmp_path) as ask:
        yield ask


async def test_the_ledger_is_told_newest_first_and_page_by_page(office: Office, ask: Ask) -> None:
    office.lines["zalo"].mode = "never"
    office.owe(1)
    office.owe(2, receiver="desk", severity="info")
    await office.go(0)
    status, said = await ask("/api/v1/deliveries?limit=2")
    assert (status, [each["id"] for each in said["deliveries"]], said["next"]) == (200, [3, 2], 2)
    status, said = await ask("/api/v1/deliveries?limit=2&before=2")
    assert ([each["id"] for each in said["deliveries"]], said["next"]) == ([1], None)
    assert said["deliveries"][0] == {
        "id": 1, "at": START, "incident": 1, "kind": "opened", "severity": "critical", "person": "an",
        "receiver": "zalo", "channel": "line", "to": "84912", "because": "route all", "state": "failed",
        "attempts": 1, "settled": START, "answer": "never", "instead_of": None, "summary": None,
    }  # fmt: skip
    _, said = await ask("/api/v1/deliveries?limit=1&before=2&language=vi")
    text = said["deliveries"][0]["text"]
    assert text.endswith(
        "#1 mở sự cố → an (zalo 84912); vì: tuyến báo all; bị từ chối 21/09 21:13:20: never"
    ), text


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("incident=2", [2]),
        ("person=an", [3, 1]),
        ("receiver=desk", [2]),
        ("state=failed", [1]),
        ("person=an&state=told", [3]),
        (f"since={START - 1}&until={START + 1}", [3, 2, 1]),
        (f"until={START}", []),
        ("person=nobody", []),
    ],
)
async def test_the_ledger_is_asked_by_what_matters(
    office: Office, ask: Ask, query: str, ids: list[int]
) -> None:
    office.lines["zalo"].mode = "never"
    office.owe(1)
    office.owe(2, receiver="desk")
    await office.go(0)
    _, said = await ask(f"/api/v1/deliveries?{query}")
    assert [each["id"] for each in said["deliveries"]] == ids


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "limit=0 is not between 1 and 1000"),
        ("limit=1001", "limit=1001 is not between 1 and 1000"),
        ("limit=-1", "limit='-1' is not a whole number"),
        ("incident=x", "incident='x' is not a whole number"),
        ("since=yesterday", "since='yesterday' is not a time; write seconds since the epoch"),
        ("since=nan", "since='nan' is not a time; write seconds since the epoch"),
        ("since=5&until=5", "until=5 is not after since=5"),
        ("state=lost", "state='lost' is not known; one of owed, told, failed, withdrawn"),
        ("format=xml", "format='xml' is not known; one of json, csv"),
        ("language=fr", "language='fr' is not known; one of vi, en"),
        ("persons=an", "persons= is not a parameter; one of before, format, incident"),
        (f"person={'x' * 101}", "person: 101 characters are no id; 100 at most"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused(ask: Ask, query: str, says: str) -> None:
    status, said = await ask(f"/api/v1/deliveries?{query}")
    assert (status, said["error"][: len(says)]) == (400, says)


async def test_a_spreadsheet_reads_it_as_utf_8_and_takes_nothing_for_a_formula(
    office: Office, ask: Ask
) -> None:
    office.owe(1, receiver="desk", severity="=HYPERLINK(1)")
    await office.go(0)
    status, raw = await ask("/api/v1/deliveries?format=csv")
    assert (status, raw[:3]) == (200, b"\xef\xbb\xbf")
    header, row = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert tuple(header) == COLUMNS
    assert row[:5] == ["1", "2026-09-21T14:13:20.000Z", "1", "opened", "'=HYPERLINK(1)"]


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_no_cell_of_the_table_begins_a_formula(texts: list[str]) -> None:
    rows = [dict.fromkeys(COLUMNS) | {"answer": text} for text in texts]
    found = list(csv.DictReader(io.StringIO(table(rows).decode("utf-8-sig"), newline="")))
    assert len(found) == len(texts)
    assert not any(each["answer"].startswith(("=", "+", "-", "@", "\t", "\r")) for each in found)


async def test_a_test_page_goes_the_real_way_and_fails_over(office: Office, ask: Ask) -> None:
    office.lines["zalo"].mode = "never"
    status, said = await ask("/api/v1/page", {"to": "schedule:noc", "by": "Bình"})
    assert status == 200
    told = [(each["receiver"], each["state"], each["because"], each["answer"]) for each in said["deliveries"]]
    assert told == [("zalo", "failed", "test", "never"), ("sms", "told", "failover", "200")]
    (page,) = office.lines["sms"].got
    assert (page.kind, page.incident, page.to, page.annotations["what"]) == ("test", 0, "0912", "do Bình gửi")
    status, said = await ask("/api/v1/page", {"to": "receiver:desk", "by": "Bình"})
    assert [each["state"] for each in said["deliveries"]] == ["told"]


async def test_a_test_page_that_waits_says_what_the_receiver_failed_with(
    office: Office, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerks, "PATIENCE", 0.2)
    office.lines["desk"].mode = "away"
    _, said = await ask("/api/v1/page", {"to": "receiver:desk", "by": "Bình"})
    assert [(each["state"], each["answer"]) for each in said["deliveries"]] == [("owed", "away")]


@pytest.mark.parametrize(
    ("to", "status", "says"),
    [
        ("person:x", 404, "there is no person 'x'; one of an"),
        ("receiver:x", 404, "there is no receiver 'x'; one of desk, mail, sms, zalo"),
        ("schedule:x", 404, "schedule 'x' is not known"),
        ("schedule:nobody", 409, "nobody is on call in schedule 'nobody'"),
        ("an", 422, "'an' is nobody to page; write person:ID, receiver:NAME or schedule:ID"),
    ],
)
async def test_a_page_to_nobody_is_refused(ask: Ask, to: str, status: int, says: str) -> None:
    assert await ask("/api/v1/page", {"to": to, "by": "Bình"}) == (status, {"error": says})


async def test_an_incident_is_explained_and_one_that_is_not_known_is_refused(
    office: Office, ask: Ask
) -> None:
    office.owe(7)
    await office.go(0)
    status, said = await ask("/api/v1/incidents/7/explain?language=en&person=an")
    assert (status, said["about"]) == (200, "an: 1 owed, 1 delivered.")
    assert said["facts"][0]["text"].endswith(
        "→ an (zalo 84912); because: route all; delivered 21/09 21:13:20: 200"
    )
    assert (await ask("/api/v1/incidents/8/explain"))[0] == 404
    assert (await ask("/api/v1/incidents/7/explain?language=fr"))[0] == 400
