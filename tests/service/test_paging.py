"""People, contacts, the ledger and a test page, as an operator has them: a real service, asked from a shell."""

from __future__ import annotations

import asyncio
import sys

import yaml
from aiohttp import web

from tests.real.daemon import free_port
from tests.service.conftest import Build


async def shell(*arguments: str) -> tuple[int, str]:
    """What `ioc …` prints, and its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ioc", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_test_page_goes_through_the_service_and_stands_in_the_ledger(build: Build) -> None:
    house = await build()
    house.config["listen"] = f"127.0.0.1:{free_port()}"
    house.write()
    await house.start()
    assert await shell("page", house.url, "receiver:oncall", "--by", "An") == (0, "#1 oncall: told: 200\n")
    ledger = (await house.get("/api/v1/deliveries"))["deliveries"]
    told = [(each["because"], each["state"], each["channel"]) for each in ledger]
    assert told == [("test", "told", "webhook")]
    directory = str(house.folder / "config")
    assert await shell("page", directory, "receiver:oncall") == (0, "#2 oncall: told: 200\n")
    code, said = await shell("page", directory, "person:nobody")
    assert (code, "there is no person 'nobody'" in said) == (1, True)


async def test_an_incident_is_explained_by_address_and_by_directory(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.told("a") == "told")
    number = str(house.incident("a")["id"])
    code, live = await shell("explain", house.url, number, "--language", "en")
    assert code == 0
    assert "opened (a) – no incident covers it" in live
    assert "opened → oncall; " in live
    assert "delivered" in live
    assert await shell("explain", str(house.folder / "config"), number, "--language", "en") == (0, live)


async def test_a_channel_that_is_down_is_shown_and_what_waits_for_it(build: Build) -> None:
    house = await build()

    async def away(page: object) -> web.Response:
        return web.Response(status=503, text="maintenance")

    house.sink.answer = away
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    key = "self/channel/oncall"
    await house.until(lambda: house.see(key).get("state") == "failing")
    shown = house.see(key)
    assert (shown["detail"], shown["owed"]) == ("503 maintenance", 1)
    house.sink.answer = None
    await house.until(lambda: house.see(key).get("state") == "ok")


async def test_a_change_of_routes_is_tried_on_the_incidents_that_were(build: Build) -> None:
    house = await build()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.told("a") == "told")
    number = house.incident("a")["id"]
    new = house.folder / "new"
    new.mkdir()
    changed = house.config | {"routes": [{"id": "none", "severities": ["info"], "tell": ["receiver:oncall"]}]}
    (new / "ioc.yaml").write_text(yaml.safe_dump(changed))
    code, said = await shell("routes", "test", str(house.folder / "config"), str(new))
    assert code == 0
    first, *rest = said.splitlines()
    assert first.startswith(f"incident {number}, ")
    assert rest == [
        "  - receiver:oncall (severity)",
        "  ! nobody would be told",
        "1 incidents of 7 days, 1 of them told differently",
        "receiver:oncall: 1 before, 0 after",
    ]
