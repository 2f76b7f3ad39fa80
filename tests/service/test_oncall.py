"""Who is on call by the API of a whole service: changed, handed over, refused, subscribed to, kept over a kill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar

from tests.service.conftest import Build
from tests.service.house import House

PEOPLE = {
    "an": {
        "name": "Nguyễn Văn An",
        "phone": "0912000101",
        "contacts": [{"by": "mail", "to": "an@example.vn"}],
    },
    "binh": {"name": "Trần Thị Bình", "contacts": [{"by": "mail", "to": "binh@example.vn"}]},
    "chi": {"name": "Lê Thị Chi"},
}


MAIL = {"channel": "email", "host": "127.0.0.1", "port": 9, "tls": "none", "from": "ioc@example.vn"}
"""a receiver that nothing is sent to here"""


async def with_schedule(build: Build) -> House:
    """A house with An on call this week and Bình the next."""
    house = await build()
    begun = datetime.now(UTC) + timedelta(hours=7) - timedelta(days=1)
    layer = {"turns": [["an"], ["binh"]], "start": f"{begun:%Y-%m-%d %H:%M}", "every": "7d"}
    house.config["receivers"]["mail"] = MAIL
    house.config["people"] = PEOPLE
    house.config["schedules"] = {"truc": {"name": "Trực kỹ thuật", "layers": [layer]}}
    house.write()
    return house


def called(house: House) -> list[str]:
    value = house.see("oncall/truc")
    return [each["id"] for each in value.get("people", ())]


async def override(house: House, **body: Any) -> tuple[int, Any]:
    return await house.ask("POST", "/api/v1/oncall/truc/override", {"by": "hai", "reason": "đi họp", **body})


async def test_an_override_is_made_on_screen_and_over_by_itself(build: Build) -> None:
    house = await with_schedule(build)
    await house.start()
    await house.until(lambda: called(house) == ["an"])
    now = (await house.get("/api/v1/oncall"))["now"]
    status, said = await override(house, end=now + 2.0, people=["binh"])
    assert (status, said) == (201, {"id": 1})
    told = await house.get("/api/v1/oncall/truc")
    assert [each["id"] for each in told["people"]] == ["binh"]
    assert [(each["kind"], each["by"], each["people"]) for each in told["changes"]] == [
        ("override", "hai", ["binh"])
    ]
    await house.until(lambda: called(house) == ["binh"])
    await house.until(lambda: called(house) == ["an"])


async def test_a_change_outlives_a_kill_and_can_be_taken_back(build: Build) -> None:
    house = await with_schedule(build)
    await house.spawn()
    await house.until(lambda: called(house) == ["an"])
    now = (await house.get("/api/v1/oncall"))["now"]
    body = {"end": now + 3600, "one": "an", "other": "binh", "by": "an", "reason": ""}
    status, said = await house.ask("POST", "/api/v1/oncall/truc/swap", body)
    assert status == 201, said
    await house.kill()
    await house.spawn()
    await house.until(lambda: called(house) == ["binh"])
    status, _ = await house.ask("DELETE", f"/api/v1/oncall/truc/changes/{said['id']}", {"by": "binh"})
    assert status == 204
    await house.until(lambda: called(house) == ["an"])


async def test_what_cannot_be_meant_is_refused(build: Build) -> None:
    house = await with_schedule(build)
    await house.start()
    now = (await house.get("/api/v1/oncall"))["now"]
    asked = [
        ({"end": now - 1, "people": ["binh"]}, 422, "is not after start"),
        ({"end": now + 60, "people": []}, 422, "people: "),
        ({"end": now + 60, "people": ["em"]}, 422, "person 'em' is not known; see /api/v1/oncall"),
        ({"end": now + 60, "people": ["chi"]}, 422, "person 'chi' has no contacts and could not be told"),
        ({"end": now + 60}, 422, "people: Field required"),
        ({"end": now + 60, "people": ["binh"], "by": " "}, 422, "by: "),
    ]
    for body, wanted, wrong in asked:
        status, said = await override(house, **body)
        assert (status, wrong in said["error"]) == (wanted, True), said
    status, said = await house.ask(
        "POST", "/api/v1/oncall/khac/override", {"end": now + 60, "people": ["an"], "by": "x"}
    )
    assert (status, said["error"]) == (404, "schedule 'khac' is not known; see /api/v1/oncall")
    status, _ = await house.ask("DELETE", "/api/v1/oncall/truc/changes/7", {"by": "hai"})
    assert status == 404
    assert (await house.get("/api/v1/oncall"))["people"] == [
        {"id": "an", "name": "Nguyễn Văn An"}, {"id": "binh", "name": "Trần Thị Bình"},
    ]  # fmt: skip


async def test_a_calendar_can_subscribe_to_a_schedule(build: Build) -> None:
    house = await with_schedule(build)
    await house.start()
    headers = {"Authorization": f"Bearer {house.token}"}
    async with house.http.get(f"{house.url}/api/v1/oncall/truc.ics", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "text/calendar")
        read = icalendar.Calendar.from_ical(await answer.text())
    names = [str(event["SUMMARY"]) for event in read.walk("VEVENT")]
    assert names[:3] == ["Nguyễn Văn An", "Trần Thị Bình", "Nguyễn Văn An"]
    assert len(names) == 13


async def test_a_reload_takes_schedules_over(build: Build) -> None:
    house = await with_schedule(build)
    await house.start()
    await house.until(lambda: called(house) == ["an"])
    house.config["schedules"]["truc"]["layers"][0]["turns"] = [["binh"]]
    house.write()
    status, said = await house.ask("POST", "/-/reload", {})
    assert (status, said["changes"]) == (200, ["1 schedule changed: truc"])
    await house.until(lambda: called(house) == ["binh"])
