"""Silences and recurring maintenance by the API and the shell, with the real service."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ioc.errors import IocError
from tests.service.conftest import Build
from tests.service.house import House
from web.silence import Service, line, span

BY = {"by": "Trần Thị Hạnh"}
SAID = {**BY, "reason": "thay nguồn"}
NIGHTLY = {"days": "any", "at": "22:00", "to": "23:00"}


async def test_what_is_silenced_pages_nobody_until_it_ends(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    status, made = await house.ask(
        "POST", "/api/v1/silences", {"matchers": 'subject="a"', "for": "1h", **SAID}
    )
    assert status == 201
    assert made["text"] == 'subject="a"'
    await house.things["a"].fall()
    await house.until(lambda: any(each["silenced"] for each in house.incidents()))
    assert house.sink.tried == 0
    status, _ = await house.ask("DELETE", f"/api/v1/silences/{made['id']}", BY)
    assert status == 204
    page = (await house.until(lambda: house.sink.of("a")))[0]
    assert page.kind == "opened"


async def test_it_outlives_the_service(build: Build) -> None:
    house = await build()
    await house.start()
    matchers = [{"name": "unit", "value": "x|y", "isRegex": True}]
    _, made = await house.ask("POST", "/api/v1/silences", {"matchers": matchers, "for": "2h", **SAID})
    await house.stop()
    await house.start()
    (found,) = (await house.get("/api/v1/silences?state=active"))["silences"]
    assert (found["id"], found["text"], found["by"]) == (made["id"], 'unit=~"x|y"', BY["by"])
    assert (await house.get("/api/v1/silences?state=expired"))["silences"] == []
    status, extended = await house.ask("POST", f"/api/v1/silences/{made['id']}/extend", {"for": "3h", **BY})
    assert status == 200
    assert extended["end"] - found["end"] == pytest.approx(3600, abs=60)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 422, "matchers"),
        ({"matchers": "unit", "for": "1h", **SAID}, 422, "matchers: character 5: expected one of = != =~ !~"),
        ({"matchers": "unit=x", **SAID}, 422, "give either end, a time, or for"),
        (
            {"matchers": "unit=x", "for": "soon", **SAID},
            422,
            "for: not a duration: 'soon'; write it with its units",
        ),
        ({"matchers": "unit=x", "for": "1h", "end": 2.0, **SAID}, 422, "give either end, a time, or for"),
        ({"matchers": "", "for": "1h", **SAID}, 400, "no matcher; say which incidents are meant"),
        (
            {"matchers": "unit=~.*", "for": "1h", **SAID},
            400,
            'unit=~".*" holds of everything that lacks the label',
        ),
        ({"matchers": "unit=x", "for": "400d", **SAID}, 400, "a silence begins within 366 days"),
        ({"matchers": "unit=x", "for": "1h", "by": " ", "reason": "r"}, 422, "by: "),
        (
            {"matchers": [{"name": "a", "value": "(", "isRegex": True}], "for": "1h", **SAID},
            422,
            "matchers: not an",
        ),
    ],
)
async def test_what_is_asked_wrongly_is_said_exactly(
    build: Build, body: Any, status: int, error: str
) -> None:
    house = await build()
    await house.start()
    got, said = await house.ask("POST", "/api/v1/silences", body)
    assert (got, said["error"][: len(error)]) == (status, error)


async def test_what_is_not_there_is_said(build: Build) -> None:
    house = await build()
    await house.start()
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/extend")):
        status, said = await house.ask(method, f"/api/v1/silences/7{path}", {"for": "1h", **BY})
        assert (status, said["error"]) == (404, "there is no silence '7'; see /api/v1/silences")
    status, said = await house.ask("GET", "/api/v1/silences?state=asleep")
    assert (status, said["error"]) == (
        400,
        "state='asleep' is not a state of a silence; one of active, pending, expired",
    )


async def test_a_silence_from_the_shell(build: Build) -> None:
    house = await build()
    await house.start()
    shell = Service(house.url)
    assert await lines(shell) == ["no silence is active or pending"]
    said = await asyncio.to_thread(shell.begin, 'unit="x", severity!="info"', "2h", "Hạnh", "thay nguồn")
    id = said.split()[1].rstrip(":")
    (listed,) = await lines(shell)
    assert listed == f'{id}  active, ends in 2h00m  unit="x", severity!="info"  Hạnh: thay nguồn'
    assert await asyncio.to_thread(shell.extend, id, "1d2h", "Hạnh") == f"silence {id} ends in 1d2h"
    assert "ends in 1d02h" in (await lines(shell))[0]
    assert await asyncio.to_thread(shell.expire, id, "Hạnh") == f"silence {id} is over"
    with pytest.raises(IocError, match="is over; make a new one"):
        await asyncio.to_thread(shell.expire, id, "Hạnh")
    with pytest.raises(IocError, match="matchers: character 5"):
        await asyncio.to_thread(shell.begin, "unit", "2h", "Hạnh", "thay nguồn")


async def lines(shell: Service) -> list[str]:
    return await asyncio.to_thread(lambda: list(shell.list()))


def test_a_pending_one_says_when_it_begins_and_controls_nothing() -> None:
    silence = {
        "id": "7",
        "state": "pending",
        "start": 1300.0,
        "end": 9e9,
        "text": "a=b",
        "by": "An",
        "reason": "r",
    }
    assert line(silence, 1000.0) == "7  pending, begins in 5m  a=b  An: r"
    assert [span(each) for each in (-5, 59 * 60, 3600, 86399, 90000)] == [
        "0m",
        "59m",
        "1h00m",
        "1d00h",
        "1d01h",
    ]


@pytest.mark.parametrize("url", ["wall.example", "ftp://wall", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(IocError, match="is no address of a service"):
        Service(url)


async def recur(house: House, every: Any, **more: Any) -> tuple[int, Any]:
    body = {"scope": {"kind": "endpoint", "id": "a"}, "every": every, **SAID, **more}
    return await house.ask("POST", "/api/v1/maintenance", body)


async def test_maintenance_comes_again_until_it_is_ended(build: Build) -> None:
    house = await build()
    await house.start()
    status, made = await recur(house, NIGHTLY)
    assert (status, made) == (201, {"every": "1"})
    listed = await house.get("/api/v1/maintenance")
    (again,) = listed["every"]
    assert again["every"]["days"] == "any"
    assert (again["every"]["at"], again["every"]["seconds"]) == ("22:00", 3600.0)
    assert {each["recurrence"] for each in listed["maintenance"]} == {1}
    planned = len(listed["maintenance"])
    assert 1 <= planned <= 2  # one runs, or comes within a day
    await house.stop()
    await house.start()
    assert len((await house.get("/api/v1/maintenance"))["maintenance"]) == planned
    status, skipped = await house.ask("POST", "/api/v1/maintenance/every/1/skip", BY)
    assert (status, skipped["id"]) == (200, "1")
    assert len((await house.get("/api/v1/maintenance"))["maintenance"]) == planned - 1
    status, _ = await house.ask("DELETE", "/api/v1/maintenance/every/1", BY)
    assert status == 204
    assert (await house.get("/api/v1/maintenance"))["every"] == []
    status, said = await house.ask("DELETE", "/api/v1/maintenance/every/1", BY)
    assert (status, said["error"]) == (404, "there is no recurring maintenance 1; see /api/v1/maintenance")


@pytest.mark.parametrize(
    ("every", "more", "error"),
    [
        ({**NIGHTLY, "for": "4h"}, {}, 'every: give either to, a time such as "23:00", or for, a duration'),
        (
            {"days": "any", "at": "22:00"},
            {},
            'every: give either to, a time such as "23:00", or for, a duration',
        ),
        ({**NIGHTLY, "at": "25:00"}, {}, "every.at: String should match pattern"),
        ({"days": "any", "at": "22:00", "for": "long"}, {}, "every.for: not a duration: 'long'"),
        ({**NIGHTLY, "days": ["sun", "day"]}, {}, "every.days"),
        ({**NIGHTLY, "days": []}, {}, "every.days"),
        ({**NIGHTLY, "until": "2026-02-30"}, {}, "every.until: not a date: '2026-02-30'"),
        ({**NIGHTLY, "nth": 40}, {}, "every.nth: Input should be less than or equal to 31, not 40"),
        ({**NIGHTLY, "days": "working"}, {}, "working days by which calendar? configured: none"),
        (
            {**NIGHTLY, "days": "off", "calendar": "hall"},
            {},
            "calendar 'hall' is not configured; known: none",
        ),
        (NIGHTLY, {"end": 1e10}, "body: give either end, a time, or every, for what comes again"),
        (NIGHTLY, {"start": 1e10}, "body: what comes again begins with every.from, not with start"),
    ],
)
async def test_what_cannot_come_again_is_said_exactly(
    build: Build, every: Any, more: Any, error: str
) -> None:
    house = await build()
    await house.start()
    status, said = await recur(house, every, **more)
    assert status in (400, 404, 422)
    assert said["error"][: len(error)] == error


@pytest.mark.parametrize(
    ("every", "seconds"),
    [
        ({"days": ["sat"], "nth": -1, "at": "20:00", "for": "4h"}, 4 * 3600.0),
        ({"days": ["sat", "sun"], "at": "23:30", "to": "00:30"}, 3600.0),
        ({"days": "any", "at": "06:00", "to": "06:00"}, 86400.0),
    ],
)
async def test_it_lasts_as_long_as_it_is_said(build: Build, every: Any, seconds: float) -> None:
    house = await build()
    await house.start()
    assert (await recur(house, every))[0] == 201
    (again,) = (await house.get("/api/v1/maintenance"))["every"]
    assert (again["every"]["seconds"], again["every"]["days"]) == (seconds, every["days"])


def test_a_silence_without_all_that_it_needs_is_refused_by_the_names_of_its_options() -> None:
    with pytest.raises(IocError, match="a silence needs --by, --reason, too"):
        Service("http://127.0.0.1:9").begin('unit="x"', "2h", "", " ")
