"""A demo device's counters go on, never back, and follow from its id and the time alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.wire.snmp import Oid, Tag, name
from ioc.demo.device import IF_TABLE, IF_X_TABLE, MEMORY_FREE, MEMORY_TOTAL, UPTIME, Device

WIDE_IN = (*IF_X_TABLE, 6, 1)
NARROW_IN = (*IF_TABLE, 10, 1)
ALL = name("1.3.6.1")


def held(device: Device, oid: Oid, time: float) -> int:
    _, value = device.tree(time).get(oid)
    assert isinstance(value.content, int)
    return value.content


@given(st.lists(st.floats(0, 1e7), min_size=2, max_size=20), st.integers(0, 50))
def test_a_counter_never_goes_back(times: list[float], number: int) -> None:
    device = Device("uplink", f"up-{number}", "Đường truyền")
    counted = [held(device, WIDE_IN, time) for time in sorted(times)]
    assert all(early <= late for early, late in pairwise(counted))
    assert held(device, NARROW_IN, times[0]) == held(device, WIDE_IN, times[0]) % (1 << 32)


@pytest.mark.parametrize("kind", ["uplink", "switch"])
def test_it_is_busy_and_never_busier_than_its_speed(kind: str) -> None:
    device = Device(kind, "x-1", "một")
    for index, port in enumerate(device.ports, start=1):
        total = [held(device, (*IF_X_TABLE, 6, index), 60.0 * minute) for minute in range(30)]
        rates = [(late - early) * 8 / 60 for early, late in pairwise(total)]
        assert all(0 < each < port.speed if port.wanted else each == 0 for each in rates)


def test_it_is_the_same_each_time_and_another_for_each_id() -> None:
    one, again, other = (Device("uplink", each, "x") for each in ("up-1", "up-1", "up-2"))
    assert held(one, WIDE_IN, 77.0) == held(again, WIDE_IN, 77.0) != held(other, WIDE_IN, 77.0)
    assert one.names is other.names, "hundreds of agents share what they have in common"


def test_every_name_can_be_read() -> None:
    device = Device("switch", "sw-1", "x")
    walk = device.tree(5.0).after(ALL)
    found = {}
    while (row := next(walk))[1].tag is not Tag.END_OF_VIEW:
        found[row[0]] = row[1]
    assert len(found) == len(device.names.known) > 24 * 14
    assert held(device, UPTIME, 10.0) - held(device, UPTIME, 5.0) in (499, 500, 501)
    assert 0 < held(device, MEMORY_FREE, 5.0) < held(device, MEMORY_TOTAL, 5.0)
