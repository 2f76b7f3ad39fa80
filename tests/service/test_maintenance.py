"""Maintenance by the API, from its beginning to what is found at its end."""

from __future__ import annotations

from typing import Any

from tests.service.conftest import Build
from tests.service.house import House


async def plan(house: House, seconds: float, kind: str = "endpoint", id: str = "a") -> str:
    """Begin a maintenance now; its id."""
    now = (await house.get("/api/v1/maintenance"))["now"]
    body: dict[str, Any] = {
        "scope": {"kind": kind, "id": id}, "end": now + seconds, "reason": "thay nguồn", "by": "Trần Thị Hạnh",
    }  # fmt: skip
    status, said = await house.ask("POST", "/api/v1/maintenance", body)
    assert status == 201, said
    return str(said["id"])


async def test_what_is_still_down_at_its_end_pages(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    await plan(house, 3.0)
    await house.until(lambda: house.state("a") == "maintenance")
    await house.things["a"].fall()
    await house.until(lambda: house.see("endpoint/a")["answering"] is False)
    assert house.see("unit/commune")["counts"].get("down") is None
    await house.until(lambda: not [*house.screen.under("maintenance/")])
    page = (await house.until(lambda: house.sink.of("a")))[0]
    await house.until(lambda: house.state("a") == "down")
    assert page.kind == "opened"
    assert len(house.sink.pages) == 1


async def test_what_has_recovered_at_its_end_pages_nobody(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    id = await plan(house, 3600.0)
    await house.until(lambda: house.state("a") == "maintenance")
    await house.things["a"].fall()
    await house.until(
        lambda: house.see("endpoint/a")["reason"] == "maintained" and not house.see("endpoint/a")["answering"]
    )
    await house.until(lambda: house.see("endpoint/a")["at"] > house.see("endpoint/a")["since"] + 2)
    await house.things["a"].rise()
    await house.until(lambda: house.see("endpoint/a")["answering"])
    at = house.see("endpoint/a")["at"]
    await house.until(lambda: house.see("endpoint/a")["at"] > at + 2)
    status, _ = await house.ask("DELETE", f"/api/v1/maintenance/{id}", {"by": "Trần Thị Hạnh"})
    assert status == 204
    await house.until(lambda: house.state("a") == "up")
    assert house.sink.tried == 0
    assert not house.incidents()


async def test_an_open_incident_stays_through_it_and_ends_after_it(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    opened = (await house.until(lambda: house.sink.of("a")))[0]
    id = await plan(house, 3600.0, "site", "hall")
    await house.until(lambda: {house.state("a"), house.state("b")} == {"maintenance"})
    assert [each["id"] for each in house.incidents()] == [opened.incident]
    await house.things["a"].rise()
    await house.until(lambda: house.see("endpoint/a")["answering"])
    assert [each["id"] for each in house.incidents()] == [opened.incident]
    await house.ask("DELETE", f"/api/v1/maintenance/{id}", {"by": "Hạnh"})
    closed = (await house.until(lambda: house.sink.of("a", "resolved")))[0]
    assert closed.incident == opened.incident
    assert len(house.sink.pages) == 2


async def test_what_cannot_be_maintained_is_refused(build: Build) -> None:
    house = await build("a")
    await house.start()
    now = (await house.get("/api/v1/maintenance"))["now"]
    body: dict[str, Any] = {
        "scope": {"kind": "endpoint", "id": "nobody"},
        "end": now + 60,
        "reason": "r",
        "by": "b",
    }
    status, said = await house.ask("POST", "/api/v1/maintenance", body)
    assert (status, "nobody" in said["error"]) == (404, True)
    body["scope"]["id"], body["end"] = "a", now - 60
    status, said = await house.ask("POST", "/api/v1/maintenance", body)
    assert (status, "past" in said["error"]) == (422, True)
    status, said = await house.ask("DELETE", "/api/v1/maintenance/7", {"by": "b"})
    assert status == 404
