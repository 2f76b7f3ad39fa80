"""`ioc influx init` on a real InfluxDB: fresh, again, and after others have changed things."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ioc.errors import IocError, StoreError
from ioc.provision.wanted import Step, Verb
from ioc.store.downsampling import DAY
from tests.provision.conftest import House, write_configuration

MADE, RIGHT, CHANGED, LEFT = Verb.MADE, Verb.RIGHT, Verb.CHANGED, Verb.LEFT
SERVICE, GRAFANA = 'token "ioc: service, ioc"', 'token "ioc: Grafana, ioc"'
THINGS = [
    'bucket "ioc"',
    'bucket "ioc_5m"',
    'bucket "ioc_1h"',
    'task "ioc: ioc to ioc_5m"',
    'task "ioc: ioc to ioc_5m, late"',
    'task "ioc: ioc to ioc_1h"',
    'task "ioc: ioc to ioc_1h, late"',
    SERVICE,
    GRAFANA,
]


def verbs(steps: list[Step]) -> dict[str, Verb]:
    return {each.what: each.verb for each in steps}


def detail(steps: list[Step], what: str) -> str:
    return next(each.detail for each in steps if each.what == what)


@pytest.mark.real
async def test_a_fresh_one_is_set_up_and_everything_made(fresh: House) -> None:
    at = fresh.setting
    steps = await fresh.init("")
    assert verbs(steps) == {
        'user "ioc"': MADE,
        'organisation "province"': RIGHT,
        'bucket "ioc"': RIGHT,
        **dict.fromkeys(THINGS[1:], MADE),
    }
    secrets = [at.admin_file, at.password_file, at.token_file, at.grafana_file]
    for file in secrets:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(file.read_text().strip()) > 20
        assert not any(file.read_text().strip() in each.detail for each in steps)
    fresh.admin_token = at.admin_file.read_text().strip()
    kept = {name: fresh.admin.kept(name) / DAY for name in ("ioc", "ioc_5m", "ioc_1h")}
    assert kept == {"ioc": 30, "ioc_5m": 730, "ioc_1h": 3650}
    assert {name: fresh.admin.shard(name) / DAY for name in kept} == {"ioc": 1, "ioc_5m": 28, "ioc_1h": 91}
    before = [file.read_text() for file in secrets]
    again = await fresh.init("")
    assert verbs(again) == {'organisation "province"': RIGHT, **dict.fromkeys(THINGS, RIGHT)}
    assert [file.read_text() for file in secrets] == before
    found = await fresh.verify()
    assert {each.finding for each in found.values()} == {"ok"}


@pytest.mark.real
async def test_one_that_is_set_up_gets_an_organisation(house: House) -> None:
    steps = await house.init()
    assert verbs(steps) == {f'organisation "{house.org}"': MADE, **dict.fromkeys(THINGS, MADE)}
    assert not house.setting.admin_file.exists()
    assert verbs(await house.init()) == {f'organisation "{house.org}"': RIGHT, **dict.fromkeys(THINGS, RIGHT)}


@pytest.mark.real
async def test_a_bucket_that_keeps_too_short_is_changed_and_one_too_long_is_left(house: House) -> None:
    await house.init()
    house.admin.keep("ioc", 7 * DAY)
    house.admin.keep("ioc_1h", 0)
    steps = await house.init()
    assert (verbs(steps)['bucket "ioc"'], verbs(steps)['bucket "ioc_1h"']) == (CHANGED, LEFT)
    assert detail(steps, 'bucket "ioc"') == "kept 7 days → 30 days"
    assert detail(steps, 'bucket "ioc_1h"').startswith(
        "kept for ever, 3650 days would do; shorten it by hand"
    )
    assert (house.admin.kept("ioc"), house.admin.kept("ioc_1h")) == (30 * DAY, 0)


@pytest.mark.real
async def test_shards_that_are_too_short_are_made_longer_and_longer_ones_stay(house: House) -> None:
    await house.init()
    house.admin.cut("ioc_1h", 7 * DAY)
    house.admin.cut("ioc_5m", 35 * DAY)
    house.admin.keep("ioc", 0)
    house.admin.cut("ioc", DAY // 24)
    steps = await house.init()
    assert detail(steps, 'bucket "ioc_1h"') == "shards of 7 days → 91 days for what is written from now on"
    assert detail(steps, 'bucket "ioc_5m"') == "kept 730 days, shards of 35 days"
    assert verbs(steps)['bucket "ioc"'] == CHANGED
    assert detail(steps, 'bucket "ioc"').startswith(
        "shards of 1 hours → 1 day for what is written from now on; kept for ever, 30 days would do"
    )
    shards = {name: house.admin.shard(name) / DAY for name in ("ioc", "ioc_5m", "ioc_1h")}
    assert shards == {"ioc": 1, "ioc_5m": 35, "ioc_1h": 91}
    assert house.admin.kept("ioc") == 0
    assert verbs(await house.init())['bucket "ioc"'] == LEFT


@pytest.mark.real
async def test_a_task_that_was_edited_or_switched_off_is_put_right(house: House) -> None:
    await house.init()
    fresh, late = "ioc: ioc to ioc_5m", "ioc: ioc to ioc_1h, late"
    text = house.admin.tasks()[fresh]["flux"]
    house.admin.change_task(fresh, flux=text.replace("15m", "10m"), status="inactive")
    house.admin.change_task(late, status="inactive")
    steps = await house.init()
    assert detail(steps, f'task "{fresh}"') == "another text → ours, inactive → active"
    assert detail(steps, f'task "{late}"') == "inactive → active"
    tasks = house.admin.tasks()
    assert tasks[fresh]["flux"] == text
    assert {each["status"] for each in tasks.values()} == {"active"}
    assert len(tasks) == 4


@pytest.mark.real
async def test_a_token_s_file_that_was_lost_or_opened_is_put_right(house: House) -> None:
    await house.init()
    at = house.setting
    token = at.token_file.read_text()
    at.token_file.unlink()
    at.grafana_file.chmod(0o644)
    steps = await house.init()
    assert detail(steps, SERVICE) == f"written to {at.token_file}"
    assert detail(steps, GRAFANA) == f"{at.grafana_file} → readable by its owner alone"
    assert at.token_file.read_text() == token
    assert stat.S_IMODE(at.grafana_file.stat().st_mode) == 0o600


@pytest.mark.real
async def test_a_token_with_other_rights_is_replaced_and_switched_off(house: House) -> None:
    await house.init()
    ours = next(each for each in house.admin.authorizations() if each["description"] == "ioc: service, ioc")
    house.admin.call("DELETE", f"/api/v2/authorizations/{ours['id']}")
    old = house.admin.authorize("ioc: service, ioc", ("write", "ioc"), ("read", "tasks"))
    house.setting.token_file.write_text(old)
    steps = await house.init()
    assert verbs(steps)[SERVICE] is CHANGED
    assert detail(steps, SERVICE).startswith(
        "+read ioc, +read ioc_1h, +read ioc_5m, -read tasks (all); a new one is in"
    )
    assert {each["status"] for each in house.admin.authorizations() if each["token"] == old} == {"inactive"}
    assert house.setting.token_file.read_text().strip() != old
    assert (await house.verify())["rights"].finding == "ok"
    assert verbs(await house.init())[SERVICE] is RIGHT


@pytest.mark.real
async def test_a_token_that_was_switched_off_is_switched_on(house: House) -> None:
    await house.init()
    ours = next(each for each in house.admin.authorizations() if each["description"] == "ioc: Grafana, ioc")
    house.admin.call("PATCH", f"/api/v2/authorizations/{ours['id']}", {"status": "inactive"})
    assert detail(await house.init(), GRAFANA) == "inactive → active"


@pytest.mark.real
async def test_a_token_of_somebody_else_is_left_and_one_of_nobody_replaced(house: House) -> None:
    await house.init()
    at = house.setting
    theirs = house.admin.authorize("theirs", ("read", "buckets"))
    at.token_file.write_text(theirs)
    at.grafana_file.write_text("of another InfluxDB")
    steps = await house.init()
    assert detail(steps, SERVICE) == (
        f'{at.token_file} holds the token "theirs"; remove the file for one of its own'
    )
    assert verbs(steps)[SERVICE] is LEFT
    assert at.token_file.read_text() == theirs
    assert verbs(steps)[GRAFANA] is CHANGED
    assert at.grafana_file.read_text().strip() not in ("", "of another InfluxDB")


@pytest.mark.real
async def test_nothing_that_was_written_is_lost_by_running_it_again(house: House) -> None:
    await house.init()
    house.admin.write(["endpoint,endpoint=e rtt=1.0 1700000000000000"], "ioc_1h")
    house.admin.keep("ioc_1h", 0)
    await house.init()
    assert len(house.admin.flux('from(bucket: "ioc_1h") |> range(start: 0)')) == 1


# --- what cannot be done ---


@pytest.mark.real
async def test_without_an_administrator_s_token_it_says_where_to_put_one(house: House) -> None:
    with pytest.raises(IocError, match="is set up already; put an operator or all-access token of it into"):
        await house.init("")


@pytest.mark.real
async def test_a_wrong_administrator_s_token_is_told(house: House) -> None:
    with pytest.raises(IocError, match="does not accept the administrator's token; put an operator"):
        await house.init("nonsense")


async def test_what_is_no_influxdb_is_told(tmp_path: Path) -> None:
    app = web.Application()
    app.router.add_get("/{all:.*}", _page)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        house = _house(tmp_path, url)
        with pytest.raises(StoreError, match="200 without JSON; this address is not an InfluxDB 2"):
            await house.init("t")


async def test_nobody_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match="no answer: Cannot connect to host 127.0.0.1:1 .* is this its address"
    ):
        await _house(tmp_path, "http://127.0.0.1:1").init("t")


async def _page(request: web.Request) -> web.Response:
    return web.Response(text="<html>", content_type="text/html")


def _house(tmp_path: Path, url: str) -> House:
    directory = tmp_path / "conf"
    write_configuration(directory, url, "o")
    return House(directory, url, "o", "")
