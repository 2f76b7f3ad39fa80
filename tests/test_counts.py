"""The counters by unit and system."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.counts import Counts
from ioc.inventory import Endpoint, Inventory, Probe
from ioc.picture import Picture
from ioc.units import Span, Unit, Units

DAY = date(2026, 11, 24)
STATES = ("up", "down", "unreachable", "off", "unknown")
UNITS = Units(
    [
        Unit("tinh", (Span("Tỉnh"),)),
        Unit("huyen", (Span("Huyện", "tinh"),)),
        Unit("xa-1", (Span("Xã 1", "huyen"),)),
        Unit("xa-2", (Span("Xã 2", "huyen"),)),
    ]
)
PLACES = {"a": ("xa-1", "vc"), "b": ("xa-2", "vc"), "c": ("huyen", "net"), "d": ("tinh", "net")}


def inventory(*ids: str) -> Inventory:
    probes = (Probe("sip", 10.0, 1.0, None),)
    return Inventory(
        UNITS, (), [Endpoint(id, id, "room", PLACES[id][1], PLACES[id][0], "127.0.0.1", probes) for id in ids]
    )


class House:
    def __init__(self, *ids: str) -> None:
        self.picture = Picture("e", lambda see, error: pytest.fail(str(error)))
        self.counts = Counts(self.picture)
        self.counts.apply(inventory(*ids), {"vc": "Hội nghị", "net": "Mạng"}, DAY)

    def put(self, id: str, state: str, at: float = 1.0) -> None:
        self.picture.put(f"endpoint/{id}", {"state": state, "at": at})

    def value(self, key: str) -> dict[str, Any]:
        value = self.picture.get(key)
        assert value is not None
        return dict(value)


def test_an_endpoint_counts_in_its_unit_in_everything_above_and_in_its_system() -> None:
    house = House("a", "b", "c")
    for id in "abc":
        house.put(id, "up")
    house.put("a", "down", at=7.0)
    house.counts.flush()
    assert house.value("unit/xa-1")["counts"] == {"down": 1}
    assert house.value("unit/huyen")["counts"] == {"up": 2, "down": 1}
    assert house.value("unit/tinh")["counts"] == {"up": 2, "down": 1}
    assert house.value("system/vc") == {
        "name": "Hội nghị", "every": 10.0, "at": 7.0, "counts": {"up": 1, "down": 1}, "total": 2
    }  # fmt: skip


def test_levels_say_how_deep_a_unit_stands() -> None:
    house = House()
    assert [house.value(f"unit/{each}")["level"] for each in ("tinh", "huyen", "xa-1")] == [0, 1, 2]


def test_nothing_is_put_before_the_flush_and_nothing_again_without_a_change() -> None:
    house = House("a")
    house.put("a", "up")
    assert house.value("unit/xa-1")["total"] == 0
    house.counts.flush()
    before = house.picture.offset
    house.counts.flush()
    assert (house.value("unit/xa-1")["total"], house.picture.offset) == (1, before)


def test_a_sample_that_changes_no_state_moves_only_the_systems_age() -> None:
    house = House("a")
    house.put("a", "up", at=1.0)
    house.counts.flush()
    house.put("a", "up", at=11.0)
    house.counts.flush()
    assert house.value("system/vc")["at"] == 11.0


def test_a_reload_counts_anew_and_drops_units_that_are_gone() -> None:
    house = House("a", "b")
    house.put("a", "up")
    house.put("b", "down")
    house.picture.remove("endpoint/b")
    house.counts.apply(inventory("a"), {"vc": "Hội nghị"}, DAY)
    assert house.value("unit/huyen")["counts"] == {"up": 1}
    assert "system/net" not in house.picture


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from((*STATES, None)), st.booleans()), max_size=60)
)
def test_the_counters_equal_a_recount(steps: list[tuple[str, str | None, bool]]) -> None:
    house = House(*PLACES)
    now: dict[str, str] = {}
    for id, state, flush in steps:
        if state is None:
            house.picture.remove(f"endpoint/{id}")
            now.pop(id, None)
        else:
            house.put(id, state)
            now[id] = state
        if flush:
            house.counts.flush()
    house.counts.flush()
    for unit in ("tinh", "huyen", "xa-1", "xa-2"):
        inside = [
            state
            for id, state in now.items()
            if unit == PLACES[id][0] or unit in UNITS.ancestors(PLACES[id][0], DAY)
        ]
        expected = {state: inside.count(state) for state in set(inside)}
        assert house.value(f"unit/{unit}")["counts"] == expected


def test_a_system_is_silent_when_what_is_asked_most_often_is() -> None:
    probes = (Probe("sip", 10.0, 1.0, None), Probe("snmp", 60.0, 5.0, None))
    both = Inventory(UNITS, (), [Endpoint("a", "a", "uplink", "net", "huyen", "127.0.0.1", probes)])
    house = House()
    house.counts.apply(both, {"net": "Mạng"}, DAY)
    assert house.value("system/net")["every"] == 10.0
