"""What is so survives a restart, and nobody is told twice without being told so."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from ioc.clock import Clock
from tests.service.conftest import Build
from tests.service.house import Page, rule
from tests.service.test_maintenance import plan


async def test_an_open_incident_goes_on_with_its_number_and_its_owner(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    page = (await house.until(lambda: house.sink.of("a")))[0]
    status, _ = await house.ask(
        "POST", f"/api/v1/incidents/{page.incident}/acknowledge", {"by": "Hạnh", "note": "đang đi"}
    )
    assert status == 200
    await house.until(lambda: house.see(f"incident/{page.incident}").get("acknowledged"))
    before = house.see(f"incident/{page.incident}")
    state_since = house.see("endpoint/a")["since"]
    await house.stop()
    await house.start()
    after = await house.until(lambda: house.see(f"incident/{page.incident}"))
    await house.until(lambda: house.state("a") == "down" and house.state("b") == "up")
    assert after["status"] == "open"
    assert {name: after["acknowledged"][name] for name in ("by", "note")} == {"by": "Hạnh", "note": "đang đi"}
    assert abs(after["opened"] - before["opened"]) < 0.01
    assert abs(house.see("endpoint/a")["since"] - state_since) < 0.01
    assert len(house.sink.pages) == 1
    await house.things["a"].rise()
    over = (await house.until(lambda: house.sink.of("a", "resolved")))[0]
    assert over.incident == page.incident
    await house.things["b"].fall()
    assert (await house.until(lambda: house.sink.of("b")))[0].incident == page.incident + 1


async def test_what_recovered_while_we_were_away_is_told_once(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.sink.of("a"))
    await house.stop()  # in the middle of the delivery: it has a moment to hear the answer
    await house.things["a"].rise()
    await house.start()
    await house.until(lambda: house.sink.of("a", "resolved"))
    await house.all_up()
    assert len(house.sink.pages) == 2


async def test_maintenance_goes_on(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    id = await plan(house, 3600.0)
    await house.until(lambda: house.state("a") == "maintenance")
    await house.things["a"].fall()
    await house.stop()
    await house.start()
    shown = await house.until(lambda: house.see(f"maintenance/{id}"))
    assert shown["by"] == "Trần Thị Hạnh"
    await house.until(lambda: house.state("a") == "maintenance" and house.state("b") == "up")
    await house.until(lambda: house.see("endpoint/a")["answering"] is False)
    assert house.sink.tried == 0


async def test_a_pending_alert_waits_no_longer_for_the_restart(build: Build) -> None:
    house = await build("a")
    house.config["rules"][0]["for"] = "6s"
    house.write()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.state("a") == "down")
    began = house.see("endpoint/a")["since"]
    await house.until(lambda: house.see("endpoint/a")["at"] > began + 4)
    assert house.sink.tried == 0
    await house.stop()
    await house.start()
    await house.until(lambda: house.sink.of("a"))
    incident = await house.until(lambda: house.incidents("a"))
    waited = incident[0]["opened"] - began
    assert 6.0 <= waited < 9.5


async def test_what_was_owed_is_sent_again_marked_as_a_repeat(build: Build) -> None:
    house = await build()

    async def refuse(page: Page) -> web.Response:
        return web.Response(status=500)

    house.sink.answer = refuse
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.sink.tried >= 2)
    failing = await house.until(lambda: house.see("self/deliveries").get("failing"))
    assert failing[0]["receiver"] == "oncall"
    assert "500" in failing[0]["detail"]
    assert "deliveries" in (await house.get("/readyz"))["degraded"]
    await house.stop()
    house.sink.answer = None
    await house.start()
    page = (await house.until(lambda: house.sink.of("a")))[0]
    assert page.notes["repeat"] == "true"
    await house.until(lambda: house.told("a") == "told")
    await house.until(lambda: house.see("self/deliveries")["owed"] == 0)
    assert len(house.sink.pages) == 1


@pytest.mark.parametrize("kept", [True, False])
async def test_our_own_link_that_came_back_while_we_were_away_is_closed(build: Build, kept: bool) -> None:
    house = await build("a", "ref")
    house.config["references"] = ["ref"]
    house.config["rules"].append(rule("own-link", 'state == "down"', on="self", where='name == "uplink"'))
    house.write()
    await house.start()
    await house.all_up()
    await house.things["ref"].fall()
    opened = (await house.until(lambda: house.sink.of("self/uplink")))[0]
    await house.stop()
    await house.things["ref"].rise()
    if not kept:
        del house.config["references"]
        house.write()
    await house.start()
    closed = (await house.until(lambda: house.sink.of("self/uplink", "resolved")))[0]
    assert closed.incident == opened.incident


async def test_what_was_taken_out_while_we_were_away_is_closed_and_told(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    opened = (await house.until(lambda: house.sink.of("a")))[0]
    await house.until(lambda: house.told("a") == "told")
    await house.stop()
    del house.config["endpoints"][0]
    house.write()
    await house.start()
    closed = (await house.until(lambda: house.sink.of("a", "resolved")))[0]
    assert closed.incident == opened.incident
    await house.until(lambda: house.state("b") == "up" and not house.incidents())
    assert len(house.sink.pages) == 2
    await house.stop()
    await house.start()
    await house.until(lambda: house.state("b") == "up")
    assert len(house.sink.pages) == 2


async def test_maintenance_that_ended_while_we_were_away_hides_nothing(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    id = await plan(house, 1.0)
    await house.until(lambda: house.state("a") == "maintenance")
    await house.things["a"].fall()
    ends = house.see(f"maintenance/{id}")["end"]
    await house.stop()
    await asyncio.sleep(max(0.0, ends - Clock().now()))
    await house.start()
    await house.until(lambda: house.sink.of("a"))
    assert not [*house.screen.under("maintenance/")]
    await house.until(lambda: house.state("a") == "down")


async def test_what_falls_while_we_are_away_pages_when_we_are_back(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    up_since = house.see("endpoint/b")["since"]
    await house.stop()
    await house.things["a"].fall()
    await house.start()
    await house.until(lambda: house.sink.of("a"))
    await house.until(lambda: house.state("b") == "up")
    assert abs(house.see("endpoint/b")["since"] - up_since) < 0.01
