"""The shift log over HTTP, with a real state file."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alerts.shiftlog import MOST_INCIDENTS, ShiftLog, folded
from ioc.state.ledger import Ledger
from ioc.state.look import Look
from ioc.telemetry import Telemetry
from tests.fakes import HandClock
from tests.web.house import FakeDesk, fresh_picture
from web.app import build
from web.deps import Deps
from web.serve import serve

START = 1_795_500_000.0


class Desk:
    """A console's view of the log."""

    def __init__(self, session: aiohttp.ClientSession, base: str, picture: Any, clock: HandClock) -> None:
        self._session = session
        self._here = f"{base}/api/v1/shift"
        self.picture = picture
        self.clock = clock

    async def write(self, **said: Any) -> tuple[int, Any]:
        async with self._session.post(self._here, json=said) as answer:
            return answer.status, await answer.json()

    async def find(self, **asked: str) -> tuple[int, Any]:
        async with self._session.get(self._here, params=asked) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock, telemetry, picture = HandClock(START), Telemetry(), fresh_picture()
    clock.ahead = 7.0
    ledger = Ledger.open(tmp_path / "state.db", telemetry=telemetry, synchronous="OFF")
    log = ShiftLog(clock, picture, ledger.commit, Look(tmp_path / "state.db"), lambda: {"truc"})
    deps = Deps(clock, picture, telemetry, FakeDesk(picture), tmp_path / "dist", shift=log)
    server = await serve(build(deps), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.port}"
    async with aiohttp.ClientSession(headers={"Origin": base}) as session:
        yield Desk(session, base, picture, clock)
    await server.close()
    await ledger.close()


def incident(number: int, severity: str = "warning", status: str = "open", **more: Any) -> dict[str, Any]:
    known = {
        "id": number,
        "severity": severity,
        "status": status,
        "title": f"Sự cố {number}",
        "opened": START,
    }
    return known | {"acknowledged": None} | more


async def test_a_note_keeps_what_was_open_when_it_was_written(desk: Desk) -> None:
    desk.picture.put("incident/1", incident(1))
    desk.picture.put(
        "incident/2", incident(2, "critical", acknowledged={"by": "Hải", "at": START, "note": ""})
    )
    desk.picture.put("incident/3", incident(3, status="closed"))
    status, note = await desk.write(by="An", schedule="truc", text="Gọi VNPT lúc 8 giờ.\nCòn chờ vật tư.")
    assert status == 201
    assert note["at"] == START + 7
    assert [(each["id"], each["acknowledged"]) for each in note["incidents"]] == [(2, "Hải"), (1, "")]
    assert note["incidents"][0]["opened"] == START + 7
    desk.picture.put("incident/1", incident(1, status="closed"))
    _, found = await desk.find()
    assert [{**each, "id": 1} for each in found["notes"]] == [{**note, "id": 1}]
    assert found["next"] is None


async def test_it_is_searched_without_tone_marks_and_case(desk: Desk) -> None:
    desk.picture.put("incident/1", incident(1, title="Đường truyền Xã Hà An mất kết nối"))
    await desk.write(by="An", text="Đã thay nguồn")
    desk.picture.put("incident/1", incident(1, status="closed"))
    await desk.write(by="Bình", text="Không có gì 100%")
    for words, who in (
        ("", ["Bình", "An"]), ("da thay", ["An"]), ("NGUỒN", ["An"]), ("ha an", ["An"]), ("binh", ["Bình"]),
        ("thay gì", []), ("100%", ["Bình"]), ("%", ["Bình"]), ("_", []),
    ):  # fmt: skip
        _, found = await desk.find(q=words)
        assert [each["by"] for each in found["notes"]] == who, words


async def test_it_is_paged(desk: Desk) -> None:
    for number in range(5):
        await desk.write(by="An", text=f"ca {number}")
    seen: list[str] = []
    before: dict[str, str] = {}
    while True:
        _, found = await desk.find(limit="2", **before)
        seen += [each["text"] for each in found["notes"]]
        if found["next"] is None:
            break
        before = {"before": str(found["next"])}
    assert seen == [f"ca {number}" for number in (4, 3, 2, 1, 0)]


async def test_a_storm_is_kept_as_far_as_it_can_be_read(desk: Desk) -> None:
    for number in range(MOST_INCIDENTS + 3):
        desk.picture.put(f"incident/{number}", incident(number))
    _, note = await desk.write(by="An", text="bão")
    assert (len(note["incidents"]), note["more"]) == (MOST_INCIDENTS, 3)


@pytest.mark.parametrize(
    ("said", "status", "what"),
    [
        ({"by": "An"}, 422, "text"),
        ({"by": "An", "text": "  "}, 422, "text"),
        ({"by": "An", "text": "x" * 4_001}, 422, "text"),
        ({"by": "An", "text": "a\u202eb"}, 422, "U+202E"),
        ({"by": "An", "text": "x", "schedule": "đêm"}, 422, "one of truc"),
        ({"by": "An", "text": "x", "more": 1}, 422, "more"),
        ({"by": "  ", "text": "x"}, 422, "by"),
    ],
)
async def test_what_cannot_be_kept_is_refused(
    desk: Desk, said: dict[str, Any], status: int, what: str
) -> None:
    got, answer = await desk.write(**said)
    assert (got, what in answer["error"]) == (status, True), answer
    assert (await desk.find())[1]["notes"] == []


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"x": "1"}, "x= is not a parameter"),
        ({"limit": "0x1"}, "limit='0x1' is not a whole number"),
        ({"limit": "201"}, "limit=201 is not between 1 and 200"),
        ({"before": "-1"}, "before='-1' is not a whole number"),
        ({"q": "a " * 11}, "q has 11 words"),
        ({"q": "a" * 201}, "q has 201 characters"),
    ],
)
async def test_what_cannot_be_meant_is_refused(desk: Desk, asked: dict[str, str], what: str) -> None:
    status, answer = await desk.find(**asked)
    assert status == 400
    assert what in answer["error"]


def test_folding_leaves_out_what_a_hurried_hand_does() -> None:
    assert folded("  Đường\n TRUYỀN  Ặ ") == "duong truyen a"


async def test_a_note_that_the_state_file_does_not_take_yet_is_not_waited_for_for_ever(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.keeping.KEEP_SECONDS", 0.01)
    with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # as a backup that does not end
        status, said = await desk.write(by="An", text="đêm yên")
    assert status == 503
    assert said["error"] == (
        "not in the state file after 0 s; it is kept as soon as the file takes it: look before it is sent again"
    )
