"""The feed `national` and its clients, the hostile ones too: who is let in, what is bounded, when it answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.feed import MOST_A_BATCH, Heard
from collectors.feeds.national import (
    MOST_BODY,
    MOST_ROWS,
    MOST_TOLD,
    MOST_UNKNOWN,
    NationalOptions,
)
from collectors.sessions import LASTS, MOST_WRONG, WHILE
from collectors.wire import portal
from ioc.cases.model import Record
from tests.collectors.portal_house import PASSWORD, USERNAME, House, moment

SYNC = portal.SYNC


def dossier(n: int = 1, **changed: object) -> dict[str, object]:
    return {
        "MaHoSo": f"H44.12-261005-{n:04d}",
        "MaTTHC": "2.000815",
        "ChuHoSo": "Nguyễn Văn Kín",
        "TrichYeuHoSo": "Việc riêng của ông Kín",
        "NgayTiepNhan": "20261005081500",
        "NgayHenTra": "20261007170000",
        "TrangThaiHoSo": "2",
        "HinhThuc": "2",
        "DonViXuLy": "H44.12",
        **changed,
    }


# --- signing in ---


async def test_a_portal_signs_in() -> None:
    said = await House().sign_in()
    assert said["error_code"] == 0
    assert len(said["session"]) >= 40


@pytest.mark.parametrize(
    ("username", "password"), [(USERNAME, PASSWORD + "x"), ("admin", PASSWORD), ("", "x")]
)
async def test_nobody_else_does(username: str, password: str) -> None:
    said = await House().sign_in(username or "x", password)
    assert said == {"error_code": "02", "message": "wrong name or password"}


async def test_a_portal_that_cannot_sign_in_is_shown_and_a_stranger_is_not() -> None:
    house = House()
    await house.sign_in("admin", "admin")
    assert house.said == [("waiting", "")]
    await house.sign_in(USERNAME, "of last year")
    assert house.said[1:] == [("failing", "the portal cannot sign in: wrong name or password")]


async def test_after_many_wrong_passwords_none_is_looked_at_for_a_minute() -> None:
    house = House()
    for _ in range(MOST_WRONG):
        assert (await house.sign_in(USERNAME, "guess"))["error_code"] == "02"
    assert (await house.sign_in())["error_code"] == "04"
    house.clock.at += WHILE - 0.001
    assert (await house.sign_in())["error_code"] == "04"
    house.clock.at += 0.001
    assert (await house.sign_in())["error_code"] == 0


async def test_strangers_do_not_shut_the_portal_out() -> None:
    house = House()
    for n in range(MOST_WRONG + 5):
        await house.sign_in(f"guess-{n}", "guess")
    assert (await house.sign_in("guess", PASSWORD))["error_code"] == "04"
    assert (await house.sign_in())["error_code"] == 0
    assert house.telemetry.count("ioc_feed_refused", feed="portal", reason="sign_in") == MOST_WRONG


async def test_a_session_ends_half_an_hour_after_its_last_use() -> None:
    house = House()
    session = (await house.sign_in())["session"]
    for wait, code in ((LASTS - 1, "00"), (LASTS - 1, "00"), (LASTS, "02"), (0, "02")):
        house.clock.at += wait
        body = {"session": session, "service": SYNC, "data": []}
        assert json.loads((await house.post("/mapi/g", body)).body)["error_code"] == code


async def test_the_session_used_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.sessions.MOST", 3)
    house = House()
    sessions = [(await house.sign_in())["session"] for _ in range(3)]
    call = {"service": SYNC, "data": []}
    await house.post("", {**call, "session": sessions[0]})
    await house.sign_in()
    codes = [
        json.loads((await house.post("", {**call, "session": each})).body)["error_code"] for each in sessions
    ]
    assert codes == ["00", "02", "00"]


@pytest.mark.parametrize("password", ["kurz", "x" * 201])
def test_a_password_is_long(password: str) -> None:
    with pytest.raises(
        ValidationError, match=f"the password has {len(password)} characters; between 12 and 200"
    ):
        NationalOptions.model_validate({"username": "a", "password": password})


def test_a_password_is_never_shown() -> None:
    options = NationalOptions.model_validate({"username": "a", "password": PASSWORD})
    assert PASSWORD not in repr(options) + options.model_dump_json()


# --- what is kept ---


async def test_it_answers_after_the_commit() -> None:
    house = House()
    house.desk.gate.clear()
    answer = asyncio.create_task(house.call(SYNC, [dossier()]))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not answer.done()
    house.desk.gate.set()
    assert (await answer)["error_code"] == "00"
    assert len(house.desk.updates) == 1


async def test_what_cannot_be_written_is_asked_for_again() -> None:
    house = House()
    session = (await house.sign_in())["session"]
    house.desk.full = True
    body = {"session": session, "service": SYNC, "data": [dossier()]}
    said = await house.post("/mapi/g", body)
    answer = {"error_code": "05", "message": "not all is written (0 are); send the same again"}
    assert (said.status, said.headers["Retry-After"], json.loads(said.body)) == (503, "5", answer)
    assert house.said[-1] == ("failing", "what the portal sent cannot be written: disk full")
    house.desk.full = False
    assert (await house.post("/mapi/g", body)).status == 200
    assert house.said[-1] == ("ok", "1 updates, 0 findings")


async def test_many_rows_are_kept_a_batch_a_commit() -> None:
    house = House()
    rows = [dossier(n) for n in range(2 * MOST_A_BATCH + 7)]
    answer = await house.call(SYNC, rows)
    assert answer == {"error_code": "00", "message": "2,007 kept"}
    assert house.desk.sizes == [MOST_A_BATCH, MOST_A_BATCH, 7]
    assert house.telemetry.count("ioc_feed_updates", feed="portal") == 2_007


async def test_an_answer_names_the_first_faults_and_counts_all() -> None:
    house = House()
    rows = [dossier(n, NgayHenTra="mai") for n in range(150)] + [dossier(MaHoSo="")]
    answer = await house.call(SYNC, rows)
    assert answer["error_code"] == "03"
    assert answer["faults"] == 151
    assert len(answer["findings"]) == MOST_TOLD
    assert answer["findings"][0]["row"] == 151, "what is lost is named first"
    assert len(house.desk.findings) == 151


async def test_faults_are_kept_up_to_a_bound_and_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.feeds.national.MOST_FINDINGS", 3)
    house = House()
    answer = await house.call(SYNC, [dossier(n, NgayHenTra="mai", HinhThuc="9") for n in range(4)])
    assert (answer["faults"], len(house.desk.findings)) == (8, 3)
    assert house.telemetry.count("ioc_feed_faults_dropped", feed="portal") == 5
    assert len(house.desk.updates) == 4


async def test_names_of_people_are_in_no_answer_and_no_finding() -> None:
    house = House()
    rows = [dossier(ChuHoSo=["Nguyễn Văn Kín"], TrichYeuHoSo="Kín" * 500, NgayHenTra="mai")]
    answer = await house.call(SYNC, rows)
    acts = [
        {
            "MaHoSo": "H44.12-261005-0001",
            "NguoiXuLy": "Kín" * 200,
            "ThoiDiemXuLy": "20261006",
            "TrangThai": "4",
        }
    ]
    more = await house.call(portal.PROGRESS, acts)
    assert answer["faults"] == 3 and more["faults"] == 1
    assert "Kín" not in json.dumps([answer, more], ensure_ascii=False) + str(house.desk.findings) + str(
        house.said
    )


async def test_a_dossier_is_looked_up() -> None:
    house = House()
    lookup = {"mahoso": "H44.12-261005-0001"}
    assert (await house.call(portal.LOOKUP, [], **lookup))["result"] == []
    await house.call(SYNC, [dossier()])
    answer = await house.call(portal.LOOKUP, [], **lookup)
    assert answer["error_code"] == "00"
    assert answer["result"] == [
        {
            "MaHoSo": "H44.12-261005-0001",
            "MaTTHC": "2.000815",
            "TrangThaiHoSo": "2",
            "NgayTiepNhan": "20261005081500",
            "NgayHenTra": "20261007170000",
            "NgayKetThucXuLy": "",
        }
    ]


async def test_where_nobody_can_be_asked_it_says_so() -> None:
    answer = await House(finds=False).call(portal.LOOKUP, [], mahoso="H44.12-261005-0001")
    assert answer["error_code"] == "06"
    assert "result" not in answer


async def test_our_side_of_it_speaks_to_the_feed() -> None:
    house = House()
    said = await house.post("/mapi/login", portal.write_sign_in(USERNAME, PASSWORD))
    session = portal.read_answer(said.body)
    assert session.ok
    said = await house.post("/mapi/g", portal.write_call(session.session, "H44", SYNC, [dossier()]))
    assert portal.read_answer(said.body).ok
    said = await house.post("/mapi/g", portal.write_lookup(session.session, "H44", "H44.12-261005-0001"))
    assert len(portal.read_answer(said.body).result) == 1
    said = await house.post("/mapi/g", portal.write_lookup("of yesterday", "H44", "H44.12-261005-0001"))
    assert not portal.read_answer(said.body).ok
    (record,) = house.desk.updates
    assert isinstance(record, Record)
    assert record.received == moment("2026-10-05 08:15")


# --- what is refused ---

BAD: list[tuple[Any, str]] = [
    (b"", "the body is not JSON"),
    (b"[" * 60_000, "the body is not JSON"),
    (b"[" * 100_000, "a stranger's long body is not read"),
    (b"\xff\xfe{}", "the body is not JSON"),
    ([], "the body is not a JSON object"),
    ({"session": "x"}, "service is missing, or is not a text"),
    ({"session": "x", "service": "XoaHoSo"}, "service is 'XoaHoSo'; expected DongBoHoSoMC"),
    ({"session": ["x"], "service": SYNC}, "session is missing, or is not a text"),
    ({"session": "x" * 201, "service": SYNC}, "session has 201 characters; at most 200"),
    ({"session": "x", "service": SYNC, "data": {"MaHoSo": "1"}}, "data is not a list of dossiers"),
    ({"session": "x", "service": portal.LOOKUP}, "mahoso is missing"),
]


@pytest.mark.parametrize(("body", "message"), BAD, ids=[message for _, message in BAD])
async def test_what_is_no_call_is_refused(body: object, message: str) -> None:
    house = House()
    said = await house.post("/mapi/g", body)
    answer = json.loads(said.body)
    assert said.status == 200
    if isinstance(body, bytes) and len(body) > MOST_UNKNOWN:
        assert answer["error_code"] == "02", message
    else:
        assert (answer["error_code"], answer["message"][: len(message)]) == ("01", message)
    assert house.desk.sizes == []


async def test_only_posts_are_answered() -> None:
    said = await House().feed.hear(Heard("GET", "/mapi/login", {}, b""))
    assert (said.status, said.headers["Allow"]) == (405, "POST")


async def test_a_body_is_bounded() -> None:
    house = House()
    said = await house.post("/mapi/g", b" " * (MOST_BODY + 1))
    assert (said.status, json.loads(said.body)["error_code"]) == (413, "04")
    said = await house.post("/mapi/login", b" " * (MOST_UNKNOWN + 1))
    assert json.loads(said.body)["error_code"] == "04"


async def test_rows_are_bounded() -> None:
    house = House()
    answer = await house.call(SYNC, [{}] * (MOST_ROWS + 1))
    message = "data has 20,001 dossiers; at most 20,000 at once; nothing is kept"
    assert answer == {"error_code": "04", "message": message}
    assert house.desk.sizes == []


async def test_a_long_body_is_read_only_with_a_session() -> None:
    house = House()
    rows = [dossier(GhiChu='\\"session": ' + "x" * MOST_UNKNOWN)]
    assert (await house.call(SYNC, rows))["error_code"] == "00"
    said = await house.post("/mapi/g", {"service": SYNC, "data": rows, "session": "stranger's"})
    assert json.loads(said.body)["message"] == "no session that goes on; sign in and send it again"


async def test_a_session_in_a_row_is_no_session() -> None:
    house = House()
    session = (await house.sign_in())["session"]
    said = await house.post("/mapi/g", {"service": SYNC, "session": "x", "data": [{"session": session}]})
    assert json.loads(said.body)["error_code"] == "02"


async def test_no_more_rows_than_these_are_kept_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.feeds.national.MOST_UNDER_WAY", 3)
    house = House()
    house.desk.gate.clear()
    first = asyncio.create_task(house.call(SYNC, [dossier(1), dossier(2)]))
    await asyncio.sleep(0)
    second = asyncio.create_task(house.call(SYNC, [dossier(3)]))
    await asyncio.sleep(0)
    answer = await house.call(SYNC, [dossier(4)])
    assert answer == {"error_code": "05", "message": "3 dossiers are being kept; send it again soon"}
    house.desk.gate.set()
    assert [(await each)["message"] for each in (first, second)] == ["2 kept", "1 kept"]
    assert (await house.call(SYNC, [dossier(4)]))["error_code"] == "00"


async def test_a_wrong_year_does_not_win_over_its_correction() -> None:
    house = House()
    wrong = dossier(TrangThaiHoSo="9", NgayKetThucXuLy="20621006160000")
    await house.call(SYNC, [wrong])
    await house.call(SYNC, [dossier(TrangThaiHoSo="9", NgayKetThucXuLy="20261006160000")])
    case = await house.desk.find("dossier/H44.12-261005-0001")
    assert case is not None and case.record is not None
    assert case.record.closed == moment("2026-10-06 16:00")


async def test_reception_is_dated_ahead_over_a_holiday() -> None:
    house = House()
    answer = await house.call(SYNC, [dossier(NgayTiepNhan="20261019073000", NgayHenTra="20261022170000")])
    assert answer == {"error_code": "00", "message": "1 kept"}
