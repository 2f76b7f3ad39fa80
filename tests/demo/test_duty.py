"""Whom the demo tells: somebody is on call at any time, and everybody can be reached in two ways."""

from __future__ import annotations

import pytest

from alerts.oncall.gaps import gaps
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.demo.directory import write
from ioc.demo.duty import PEOPLE
from ioc.demo.province import Ports, build
from ioc.reading import read

A_MONDAY = 1_795_395_600.0
"""23 November 2026, 08:00 in Viet Nam"""
DAY = 86_400.0


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    path = tmp_path_factory.mktemp("demo")
    write(path, build(5, Ports()), Ports(), "00:00-17:00", "127.0.0.1:8080", "http://127.0.0.1:9999/")
    return read(path, {}, Clock())


def test_everybody_has_two_ways_and_an_invented_number(config: Config) -> None:
    people = config.duty.people
    assert list(people) == [id for id, _, _ in PEOPLE]
    for each in people.values():
        assert each.phone.startswith("0900 000 0")
        assert [contact.by for contact in each.contacts] == ["sms-mot", "sms-hai"]


def test_units_have_people_of_their_own(config: Config) -> None:
    units = {each.unit for each in config.duty.people.values()}
    assert units == {"", "th", "h01", "h12"}
    assert all(each in config.inventory.units for each in units - {""})


def test_critical_and_warning_have_a_chain_and_everybody_of_the_center_is_in_one(config: Config) -> None:
    routes = {route.id: route.chain for route in config.duty.routes}
    assert routes == {"nghiem-trong": "nghiem-trong", "canh-bao": "canh-bao", "thong-tin": ""}
    told = {each for chain in config.duty.chains.values() for step in chain.steps for each in step.tell}
    assert told == {"schedule:truc-ca", "schedule:tuyen-hai", "person:thang", "unit"}


@pytest.mark.parametrize("later", [0.0, 5 * 365 * DAY])
def test_somebody_is_on_call_at_any_time(config: Config, later: float) -> None:
    for each in config.duty.schedules.values():
        assert gaps(each, A_MONDAY + later, config.calendars) == []
