"""`ioc influx verify` finds each thing that is wrong with a real InfluxDB, and only that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ioc.provision.findings import Check, Finding
from ioc.store.downsampling import DAY
from tests.provision.conftest import House
from tests.provision.influxd import now

pytestmark = pytest.mark.real

FRESH = "ioc: ioc to ioc_5m"


def faults(found: dict[str, Check]) -> dict[str, Check]:
    return {what: each for what, each in found.items() if each.finding is Finding.FAULT}


async def found_after(house: House, harm: Callable[[House], object]) -> dict[str, Check]:
    """The faults after some harm."""
    await house.init()
    harm(house)
    return faults(await house.verify())


async def test_without_an_administrator_s_token_the_tasks_are_not_seen(house: House) -> None:
    await house.init()
    found = await house.verify(admin=False)
    assert found["tasks"].finding is Finding.UNSEEN
    assert not faults(found)


async def test_nothing_of_the_point_is_left(house: House) -> None:
    await house.init()
    assert (await house.verify())["a point"].detail == "written, read back, deleted"
    assert house.admin.flux('from(bucket: "ioc") |> range(start: 0)') == []


async def test_a_wrong_token_is_told_and_nothing_else_asked(house: House) -> None:
    await house.init()
    found = await house.verify(token="nonsense")
    assert list(found) == ["address", 'write to "ioc"']
    assert faults(found)['write to "ioc"'].detail == "401 unauthorized access"


async def test_a_token_that_may_only_read_is_told(house: House) -> None:
    await house.init()
    grafana = house.setting.grafana_file.read_text().strip()
    found = faults(await house.verify(token=grafana))
    assert found['write to "ioc"'].detail == "403 insufficient permissions for write"


async def test_a_token_that_may_only_write_is_told(house: House) -> None:
    await house.init()
    token = house.admin.authorize("w", ("write", "ioc"))
    found = faults(await house.verify(token=token))
    assert {'read "ioc"', 'read "ioc_5m"', 'read "ioc_1h"'} <= set(found)


async def test_a_token_that_may_do_more_is_told_what(house: House) -> None:
    await house.init()
    found = faults(await house.verify(token=house.admin_token))
    assert list(found) == ["rights"]
    more = found["rights"].detail
    for each in ('write to "ioc_5m"', 'write to "ioc_1h"', "see tokens", "see organisations", "see tasks"):
        assert each in more


@pytest.mark.parametrize("bucket", ["ioc_5m", "ioc_1h"])
async def test_a_bucket_of_windows_that_is_gone_is_told(house: House, bucket: str) -> None:
    found = await found_after(house, lambda house: house.admin.delete_bucket(bucket))
    assert {f'read "{bucket}"', f'bucket "{bucket}"'} <= set(found)
    assert found[f'bucket "{bucket}"'].hint == "run ioc influx init"


async def test_the_bucket_that_is_written_to_gone_is_told(house: House) -> None:
    found = await found_after(house, lambda house: house.admin.delete_bucket("ioc"))
    assert found['write to "ioc"'].detail == '404 bucket "ioc" not found'
    assert "run ioc influx init" in found['write to "ioc"'].hint


async def test_a_bucket_that_keeps_too_short_is_told(house: House) -> None:
    found = await found_after(house, lambda house: house.admin.keep("ioc_5m", 90 * DAY))
    assert {what: each.detail for what, each in found.items()} == {
        'bucket "ioc_5m"': "kept 90 days, less than 730 days"
    }


async def test_shards_that_are_too_short_are_told(house: House) -> None:
    found = await found_after(house, lambda house: house.admin.cut("ioc_1h", 7 * DAY))
    assert {what: each.detail for what, each in found.items()} == {
        'bucket "ioc_1h"': "shards of 7 days, less than 91 days: charts of years are slow"
    }
    assert found['bucket "ioc_1h"'].hint == "run ioc influx init"


async def test_a_task_that_is_off_edited_or_gone_is_told(house: House) -> None:
    def harm(house: House) -> None:
        house.admin.change_task(FRESH, status="inactive")
        late = house.admin.tasks()[f"{FRESH}, late"]
        house.admin.change_task(late["name"], flux=late["flux"].replace("3d", "1d"))
        hours = house.admin.tasks()["ioc: ioc to ioc_1h"]
        house.admin.call("DELETE", f"/api/v2/tasks/{hours['id']}")

    found = await found_after(house, harm)
    assert {what: each.detail for what, each in found.items()} == {
        f'task "{FRESH}"': "inactive",
        f'task "{FRESH}, late"': "its text is not the one this version makes",
        'task "ioc: ioc to ioc_1h"': "not there",
    }


async def test_a_task_whose_last_run_failed_is_told(house: House) -> None:
    await house.init()
    house.admin.delete_bucket("ioc_5m")
    assert house.admin.run(FRESH, now()) == "failed"
    task = faults(await house.verify())[f'task "{FRESH}"']
    assert task.detail.startswith("last run failed: ")
    assert "ioc_5m" in task.detail


async def test_windows_that_are_behind_are_told_and_those_that_are_not_are_not(house: House) -> None:
    await house.init()
    start = int(now()) - 2 * 3600
    points = [f"endpoint,endpoint=e rtt=1.0 {at}000000" for at in range(start, int(now()), 60)]
    house.admin.write(points)
    found = faults(await house.verify(admin=False))
    assert set(found) == {'windows in "ioc_5m"'}
    assert found['windows in "ioc_5m"'].detail.startswith("are not there; raw points go to ")
    assert house.admin.run(FRESH, now()) == "success"
    assert not faults(await house.verify())


@pytest.mark.parametrize(("ahead", "wrong"), [(0.0, False), (60.0, True), (-60.0, True), (1.0, False)])
async def test_clocks_that_differ_are_told(house: House, ahead: float, wrong: bool) -> None:
    await house.init()
    found = faults(await house.verify(ahead=ahead))
    assert ("clocks" in found) == wrong
    if wrong:
        assert found["clocks"].detail.endswith("behind ours" if ahead > 0 else "ahead of ours")


async def test_nobody_there_is_told(house: House) -> None:
    await house.init()
    text = (house.directory / "ioc.yaml").read_text()
    (house.directory / "ioc.yaml").write_text(text.replace(house.url, "http://127.0.0.1:1"))
    found = await house.verify(admin=False)
    assert list(found) == ["address"]
    assert "no answer: Cannot connect to host 127.0.0.1:1" in found["address"].detail
