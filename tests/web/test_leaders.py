"""The leaders' page: what is open and whose it is, who is on call; nothing made up, nothing taken for markup."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import aiohttp
import pytest

from tests.web.house import Open
from web.auth import Access
from web.leaders import MOST, page

NOW = 1_795_505_527.0
"""24 November 2026, 14:32:07 in Viet Nam"""


def incident(number: int, severity: str = "critical", **more: Any) -> dict[str, Any]:
    known = {"id": number, "status": "open", "severity": severity, "title": f"Tuyến {number} mất kết nối"}
    known |= {
        "opened": NOW - 600,
        "began": NOW - 720,
        "members": 1,
        "unit": "h1",
        "unit_name": "Huyện Như Thanh",
    }
    known |= {"owner": "Ngô Minh Hạnh", "phone": "0960932515", "acknowledged": None, "assigned": ""}
    return known | {"silenced": False, "joined": None} | more


def schedule(*people: tuple[str, str]) -> dict[str, Any]:
    known = [{"id": name, "name": name, "phone": phone} for name, phone in people]
    return {"name": "Trực IOC", "people": known, "until": NOW + 3600}


def text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "|", html.split("</style>")[1])).replace("\u00a0", " ")


def test_open_incidents_stand_by_severity_with_owner_hands_and_since() -> None:
    taken = {"by": "Trần Thị Hạnh", "at": NOW, "note": "đã gọi nhà mạng"}
    found = [
        incident(1, "warning", assigned="Phạm Hùng"),
        incident(2, members=31),
        incident(3, acknowledged=taken),
        incident(4, status="closed"),
        incident(5, joined=2),
        incident(6, silenced=True),
    ]
    said = text(page("Trung tâm IOC", found, [], NOW, 0.0, "vi"))
    assert said.index("Sự cố nghiêm trọng: 3") < said.index("Cảnh báo: 1")
    for each in (
        "Tuyến 2 mất kết nối (31 điểm cầu)",
        "14:20 24/11|",
        "Ngô Minh Hạnh · 0960932515",
        "chưa ai tiếp nhận",
        "Trần Thị Hạnh: đã gọi nhà mạng",
        "đã giao Phạm Hùng",
        "đang tắt báo hoặc bảo trì",
    ):
        assert each in said
    assert "Tuyến 4" not in said
    assert "Tuyến 5" not in said


def test_times_are_those_of_peoples_clocks() -> None:
    said = text(page("", [incident(1)], [schedule(("An", ""))], NOW, 3600.0, "vi"))
    for each in ("Lúc 15:32 24/11/2026", "|15:20 24/11|", "|16:32 24/11|"):
        assert each in said


def test_who_is_on_call_has_a_number_and_a_gap_is_said() -> None:
    said = text(page("", [], [schedule(("Nguyễn Văn An", "0912345678"))], NOW, 0.0, "vi"))
    assert "|Trực IOC||Nguyễn Văn An||0912345678||15:32 24/11|" in said
    assert "không có ai trực" in text(page("", [], [schedule()], NOW, 0.0, "vi"))
    assert "Chưa khai báo lịch trực nào." in text(page("", [], [], NOW, 0.0, "vi"))


def test_a_handover_is_the_minute_it_was_set_to_whatever_clocks_differ_by() -> None:
    six = schedule(("An", "")) | {"until": NOW - 7 - 0.3}
    assert "|14:32 24/11|" in text(page("", [], [six], NOW, 0.0, "vi"))


def test_times_and_numbers_are_never_broken_between_two_lines() -> None:
    said = page("", [incident(1, phone="0237 000 0271")], [schedule(("An", "0900 000 004"))], NOW, 0.0, "vi")
    for each in ("14:20 24/11", "0237 000 0271", "0900 000 004"):
        assert each.replace(" ", "\u00a0") in said


@pytest.mark.parametrize(
    ("language", "calm", "source"),
    [
        ("vi", "Không có sự cố nào đang mở.", "Chưa kết nối nguồn."),
        ("en", "No incident is open.", "No source is connected."),
    ],
)
def test_what_has_no_source_says_so(language: str, calm: str, source: str) -> None:
    said = text(page("", [], [], NOW, 0.0, language))
    assert calm in said
    assert said.count(source) == 2


def test_more_than_fit_are_counted() -> None:
    said = text(page("", [incident(each) for each in range(MOST + 3)], [], NOW, 0.0, "vi"))
    assert f"Sự cố nghiêm trọng: {MOST + 3}" in said
    assert "và 3 sự cố khác" in said


def test_nothing_is_taken_for_markup() -> None:
    evil = "<script>alert(1)</script>"
    ack = {"by": evil, "at": NOW, "note": evil}
    found = [
        incident(1, title=evil, unit_name=evil, owner=evil, phone=evil, acknowledged=ack),
        incident(2, assigned=evil),
    ]
    people = schedule((evil, evil)) | {"name": evil}
    assert "<script" not in page(evil, found, [people], NOW, 0.0, "vi")


async def test_it_is_served_to_whoever_may_read(house: Open) -> None:
    home = await house(access=Access(read_token="r" * 20, write_token="w" * 20))
    home.picture.put("incident/1", incident(1))
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{home.base}/leaders") as answer:
            assert answer.status == 401
        given = {"Authorization": f"Bearer {'r' * 20}"}
        async with session.get(f"{home.base}/leaders?lang=en", headers=given) as answer:
            assert answer.status == 200
            assert "style-src 'sha256-" in answer.headers["Content-Security-Policy"]
            assert "Tuyến 1 mất kết nối" in await answer.text()
        async with session.get(f"{home.base}/leaders?lang=fr", headers=given) as answer:
            assert answer.status == 400
            assert "lang='fr' is not spoken" in (await answer.json())["error"]
