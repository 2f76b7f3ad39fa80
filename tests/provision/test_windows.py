"""The tasks on a real InfluxDB make the very numbers that Python makes of the same points, once and again."""

from __future__ import annotations

import pytest

from ioc.provision.api import Api
from ioc.provision.commands import declared
from ioc.provision.fill import AT_ONCE, refill, spans
from ioc.store.downsampling import HOURS, MINUTES, TIERS, Tier
from tests.provision.conftest import House
from tests.provision.influxd import now
from tests.provision.numbers import expected, points, there, whole, within

pytestmark = pytest.mark.real

FRESH = {tier: f"ioc: ioc to ioc_{tier.length}" for tier in TIERS}


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.length)
async def test_fresh_windows_are_right_and_stay_so(house: House, tier: Tier) -> None:
    await house.init()
    end = whole(now(), tier)
    written = list(points(end - 4 * tier.seconds, end + 20, tier.seconds / 30, "a", "bb"))
    house.admin.write([each.line for each in written])
    assert house.admin.run(FRESH[tier], end + 1) == "success"
    back = {MINUTES: 900, HOURS: 7200}[tier]
    made = there(house.admin, tier)
    assert made == pytest.approx(within(expected(written, tier), end - back, end), rel=1e-12)
    assert len(made) == 2 * 6 * back // tier.seconds
    assert house.admin.run(FRESH[tier], end + 2) == "success"
    assert there(house.admin, tier) == made


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.length)
async def test_what_a_spool_brings_late_is_taken_up(house: House, tier: Tier) -> None:
    """A day without the database, of which some hours come in two parts; and an hour that was right already."""
    await house.init()
    end = whole(now(), HOURS)
    first = list(points(end - 26 * 3600, end, 150, "a"))
    house.admin.write([each.line for each in first])
    assert house.admin.run(f"{FRESH[tier]}, late", end + 1) == "success"
    assert there(house.admin, tier) == pytest.approx(expected(first, tier), rel=1e-12)
    more = list(points(end - 20 * 3600 + 1, end - 10 * 3600, 50, "a"))
    house.admin.write([each.line for each in more])
    assert house.admin.run(f"{FRESH[tier]}, late", end + 2) == "success"
    made = there(house.admin, tier)
    assert made == pytest.approx(expected([*first, *more], tier), rel=1e-12)
    assert house.admin.run(f"{FRESH[tier]}, late", end + 3) == "success"
    assert there(house.admin, tier) == made


async def test_without_anything_late_the_late_task_takes_up_one_hour(house: House) -> None:
    """What is told by a window that was spoilt by hand: only the last hour's is put right."""
    await house.init()
    end = whole(now(), HOURS)
    written = list(points(end - 5 * 3600, end, 60, "a"))
    house.admin.write([each.line for each in written])
    assert house.admin.run(f"{FRESH[HOURS]}, late", end + 1) == "success"
    tags = "endpoint,endpoint=a,site=s,source=sip,system=vc,unit=17"
    spoilt = [f"{tags} rtt_max=999.0 {(end - hours * 3600) * 1_000_000}" for hours in (4, 1)]
    house.admin.write(spoilt, "ioc_1h")
    assert house.admin.run(f"{FRESH[HOURS]}, late", end + 2) == "success"
    made = {key[3]: value for key, value in there(house.admin, HOURS, 'r._field == "rtt_max"').items()}
    assert made[end - 4 * 3600] == 999.0
    assert made[end - 3600] < 999.0


async def test_texts_integers_and_what_nobody_declared_are_kept_too(house: House) -> None:
    await house.init()
    end = whole(now(), MINUTES)
    at = end - 200
    state = "state,endpoint=e,site=s,system=vc,unit=17"
    lines = [
        f'{state} code=0i,reason="answered",state="up" {at}000000',
        f'{state} code=2i,reason="no_answer",state="down" {at + 10}000000',
        f'cpu,host=h usage=1i,idle=2.5,model="x",busy=t,big=3u {at}000000',
        f'cpu,host=h usage=4i,idle=3.5,model="y",busy=f,big=5u {at + 10}000000',
        f"interface,endpoint=e,interface=eth0,site=s,system=vc,unit=17 in_bits=1000.0 {at}000000",
    ]
    house.admin.write(lines)
    assert house.admin.run(FRESH[MINUTES], end + 1) == "success"
    rows = house.admin.flux('from(bucket: "ioc_5m") |> range(start: 0) |> toString() |> group()')
    found = {(row["_measurement"], row["_field"]): row["_value"] for row in rows}
    numbers = {
        **{("state", f"code_{each}"): value for each, value in _six(1, 0, 2, 2, 2).items()},
        **{("cpu", f"usage_{each}"): value for each, value in _six(2.5, 1, 4, 2, 4).items()},
        **{("cpu", f"idle_{each}"): value for each, value in _six(3, 2.5, 3.5, 2, 3.5).items()},
        **{("cpu", f"big_{each}"): value for each, value in _six(4, 3, 5, 2, 5).items()},
        **{
            ("interface", f"in_bits_{each}"): value for each, value in _six(1000, 1000, 1000, 1, 1000).items()
        },
    }
    words = {
        ("state", "state_last"): "down",
        ("state", "reason_last"): "no_answer",
        ("cpu", "model_last"): "y",
        ("cpu", "busy_last"): "false",
    }
    assert {key: float(value) for key, value in found.items() if key not in words} == numbers
    assert {key: found[key] for key in words} == words


async def test_a_field_nobody_declared_may_be_of_several_types(house: House) -> None:
    await house.init()
    end = whole(now(), MINUTES)
    house.admin.write(
        [f'cpu,host=h usage="text" {end - 200}000000', f"cpu,host=g usage=1i {end - 86_400}000000"]
    )
    house.admin.write([each.line for each in points(end - 300, end, 10, "a")])
    assert house.admin.run(FRESH[MINUTES], end + 1) == "success"
    assert len(there(house.admin, MINUTES)) == 6


async def test_fill_takes_up_what_is_older_than_the_tasks_look_back(house: House) -> None:
    await house.init()
    end = whole(now(), HOURS)
    written = list(points(end - 5 * 86_400, end - 4 * 86_400, 600, "a"))
    house.admin.write([each.line for each in written])
    for tier in TIERS:
        assert house.admin.run(f"{FRESH[tier]}, late", end + 1) == "success"
        assert there(house.admin, tier) == {}
    done: list[float] = []
    async with Api(house.url, house.admin_token) as api:
        ways = house.setting.ways(declared())
        await refill(api, house.org, ways, end - 5 * 86_400, end, done.append)
    assert sum(done) == 5 * 86_400
    for tier in TIERS:
        assert there(house.admin, tier) == pytest.approx(expected(written, tier), rel=1e-12)


def test_a_fill_is_cut_at_whole_parts() -> None:
    assert list(spans(AT_ONCE - 10, 2 * AT_ONCE + 5)) == [
        (AT_ONCE - 10, AT_ONCE),
        (AT_ONCE, 2 * AT_ONCE),
        (2 * AT_ONCE, 2 * AT_ONCE + 5),
    ]
    assert list(spans(5.0, 5.0)) == []


def _six(mean: float, least: float, most: float, count: int, last: float) -> dict[str, float]:
    return {"mean": mean, "sum": mean * count, "min": least, "max": most, "count": count, "last": last}
