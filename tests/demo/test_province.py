"""The province has Thanh Hóa's shape, and its roster survives a file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ioc.demo.names import DISTRICTS, commune_names
from ioc.demo.province import HOURS, Ports, Province, build, load, save


@pytest.fixture(scope="module")
def province() -> Province:
    return build(1, Ports())


def test_shape_is_thanh_hoas(province: Province) -> None:
    levels = Counter(each.level for each in province.units)
    assert levels == {"province": 1, "district": 27, "commune": 559}
    assert sum(count for _, count in DISTRICTS) == 559
    kinds = Counter(each.kind for each in province.things.values())
    assert kinds == {
        "room": 598,
        "mcu": 2,
        "uplink": 586,
        "router": 27,
        "core": 1,
        "reference": 2,
        "switch": 2,
        "server": 6,
    }


def test_every_thing_has_its_own_address_on_loopback(province: Province) -> None:
    addresses = {each.address for each in province.things.values()}
    assert len(addresses) == len(province.things)
    for address in addresses:
        parts = [int(part) for part in address.split(".")]
        assert parts[:2] == [127, 64]
        assert all(0 <= part <= 255 for part in parts)


def test_five_hundred_commune_rooms_keep_hours(province: Province) -> None:
    keeping = [each for each in province.things.values() if each.expected == HOURS]
    assert len(keeping) == 500
    assert all(each.kind == "room" and "-x" in each.id and each.speaks == "sip-udp" for each in keeping)
    assert not [each for each in build(1, Ports(), 0).things.values() if each.expected == HOURS]


def test_twenty_rooms_speak_sip_over_tcp(province: Province) -> None:
    assert Counter(each.speaks for each in province.of_kind("room")) == {"sip-udp": 578, "sip-tcp": 20}


def test_a_room_stands_behind_its_uplink_its_district_the_core_and_our_link(province: Province) -> None:
    assert province.chain("vc-h03-x02") == ("vc-h03-x02", "up-h03-x02", "r-h03", "core", "link")
    assert province.chain("mcu-1") == ("mcu-1", "core", "link")
    assert province.chain("ref-2") == ("ref-2", "link")


def test_what_is_behind(province: Province) -> None:
    assert set(province.behind("up-h03-x02")) == {"vc-h03-x02"}
    assert len(list(province.behind("r-h03"))) == 2 * (7 + 1)
    assert len(list(province.behind("link"))) == len(province.things)


def test_the_same_seed_gives_the_same_province(province: Province) -> None:
    assert build(1, Ports()).things == province.things
    assert build(2, Ports()).things != province.things


def test_a_roster_survives_a_file(province: Province, tmp_path: Path) -> None:
    save(province, tmp_path / "roster.json")
    assert load(tmp_path / "roster.json").things == province.things


def test_commune_names_differ(province: Province) -> None:
    names = [each.name for each in province.units]
    assert len(set(names)) == len(names)
    from random import Random

    assert commune_names(Random(1), 3) == commune_names(Random(1), 3)
