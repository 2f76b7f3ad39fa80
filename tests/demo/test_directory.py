"""The generated configuration is one that the service takes without a fault."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from ioc.clock import Clock
from ioc.demo.directory import ZONE, session_until, write
from ioc.demo.province import HOURS, Ports, build
from ioc.reading import read

ADDRESS = "127.0.0.1:8080"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    ports = Ports(70, 15160, 12322, 11261, 18181)
    write(tmp_path, build(5, ports), ports, "00:00-17:00", ADDRESS, "http://127.0.0.1:9999/")
    return tmp_path


def test_the_service_takes_it(written: Path) -> None:
    config = read(written, {}, Clock())
    inventory = config.inventory
    assert len(inventory.endpoints) == 1224
    assert len(inventory.sites) == 587
    assert inventory.references == ("ref-1", "ref-2")
    assert list(inventory.ancestors("vc-h03-x02")) == ["up-h03-x02", "r-h03", "core"]
    assert config.calendars[HOURS].sessions == ((0, 17 * 60),)
    assert set(config.receivers) == {"oncall", "sms-mot", "sms-hai"}
    assert config.others.switch is not None


def test_everything_has_an_owner_with_an_invented_number(written: Path) -> None:
    inventory = read(written, {}, Clock()).inventory
    for id in inventory.endpoints:
        owner = inventory.owner(id)
        assert owner.phone.startswith("0237 000 ")
        assert " " in owner.name
        assert owner.carrier
        assert owner.circuit


def test_probes_go_to_the_ports_that_were_chosen(written: Path) -> None:
    main = yaml.safe_load((written / "ioc.yaml").read_text(encoding="utf-8"))
    assert {name: each["port"] for name, each in main["probes"].items()} == {
        "sip-udp": 15160,
        "sip-tcp": 15160,
        "banner": 12322,
        "snmp-uplink": 11261,
        "snmp-switch": 11261,
        "web": 18181,
        "exporter": 18181,
    }


def test_uplinks_and_switches_are_also_asked_by_snmp(written: Path) -> None:
    endpoints = read(written, {}, Clock()).inventory.endpoints.values()
    asked = Counter(each.kind for each in endpoints if "snmp" in {probe.source for probe in each.probes})
    assert asked == {"uplink": 586, "switch": 2}
    assert all(each.probes[0].source == "tcp" for each in endpoints if "snmp" in each.probes[-1].source)


def test_servers_are_asked_for_their_health_and_their_metrics(written: Path) -> None:
    config = read(written, {}, Clock())
    servers = [each for each in config.inventory.endpoints.values() if each.kind == "server"]
    assert [[probe.source for probe in each.probes] for each in servers] == [["http", "prometheus"]] * 6
    assert {each.system for each in servers} == {"trung-tam-du-lieu"}
    assert {each.parent for each in servers} == {"sw-1", "sw-2"}
    assert (config.fields["queue"].unit, config.fields["disk_free"].unit) == ("", "bytes")


@pytest.mark.parametrize(
    ("clock", "session"),
    [("17:00", "00:00-17:00"), ("00:01", "00:00-00:01"), ("00:00", "00:00-24:00")],
)
def test_a_session_ends_at_the_minute(clock: str, session: str) -> None:
    moment = datetime.fromisoformat(f"2026-03-02T{clock}:00").replace(tzinfo=ZoneInfo(ZONE))
    assert session_until(moment.timestamp()) == session
