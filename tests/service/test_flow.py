"""One fault and its end, from the probe to the page and the wall."""

from __future__ import annotations

import asyncio

from tests.service.conftest import Build


async def test_a_fault_is_shown_paged_and_told_to_be_over(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    page = (await house.until(lambda: house.sink.of("a")))[0]
    assert page.kind == "opened"
    assert page.notes["owner"] == "Tổ CNTT"
    await house.until(lambda: house.incidents("a"))
    await house.until(lambda: house.state("a") == "down")
    assert house.state("b") == "up"
    incident = house.incidents("a")[0]
    assert incident["id"] == page.incident
    assert incident["unit_name"] == "Xã"
    await house.until(lambda: house.see("unit/province")["counts"].get("down") == 1)
    await house.things["a"].rise()
    over = (await house.until(lambda: house.sink.of("a", "resolved")))[0]
    assert over.incident == page.incident
    await house.until(lambda: house.state("a") == "up" and not house.incidents())
    assert len(house.sink.pages) == 2


async def test_a_blip_pages_nobody_where_the_rule_holds(build: Build) -> None:
    house = await build("a")
    house.config["rules"][0]["for"] = "3s"
    house.write()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.state("a") == "down")
    await house.things["a"].rise()
    await house.until(lambda: house.state("a") == "up")
    assert house.sink.tried == 0
    assert not house.incidents()


async def test_what_stands_behind_a_silent_uplink_is_one_incident(build: Build) -> None:
    house = await build("uplink", "one", "two")
    for each in house.config["endpoints"][1:]:
        each["parent"] = "uplink"
    house.write()
    await house.start()
    await house.all_up()
    for each in house.things.values():
        await each.fall()
    await house.until(lambda: house.sink.of("uplink"))
    await house.until(lambda: {house.state("one"), house.state("two")} == {"unreachable"})
    await house.until(lambda: house.incident("uplink").get("members") == 3)
    assert [each.subject for each in house.sink.pages] == ["uplink"]
    await asyncio.gather(*(each.rise() for each in house.things.values()))
    await house.until(lambda: house.sink.of("uplink", "resolved"))
    await house.all_up()
    assert len(house.sink.pages) == 2


async def test_our_own_link_is_one_page_and_everything_else_unknown(build: Build) -> None:
    house = await build("ref-1", "ref-2", "a", "b")
    house.config["references"] = ["ref-1", "ref-2"]
    house.config["shipped_rules"] = ["own-uplink-down"]
    house.write()
    await house.start()
    await house.all_up()
    await asyncio.gather(*(each.fall() for each in house.things.values()))
    page = (await house.until(lambda: house.sink.of("self/uplink")))[0]
    await house.until(lambda: {house.state(each) for each in house.things} == {"unknown"})
    assert {house.see(f"endpoint/{each}")["reason"] for each in house.things} == {"own_link_down"}
    assert "uplink" in (await house.get("/readyz"))["degraded"]
    await house.until(lambda: house.see("unit/province")["counts"] == {"unknown": 4})
    await asyncio.gather(*(each.rise() for each in house.things.values()))
    over = (await house.until(lambda: house.sink.of("self/uplink", "resolved")))[0]
    assert over.incident == page.incident
    await house.all_up()
    assert len(house.sink.pages) == 2
    assert (await house.get("/readyz"))["degraded"] == {}


async def test_a_room_that_nobody_expects_is_off_and_pages_nobody(build: Build) -> None:
    house = await build("a", "b")
    house.config["endpoints"][0]["expected"] = "meeting"
    house.write()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.state("a") == "off")
    await house.things["b"].fall()
    await house.until(lambda: house.sink.of("b"))
    assert [each.subject for each in house.sink.pages] == ["b"]
    assert house.see("endpoint/a")["reason"] == "not_expected"
