"""What configuration may say about SNMP; secrets that are never shown; a library that is not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.places import Place
from collectors.snmp import session
from collectors.snmp.agents import Agents
from collectors.sources import snmp
from collectors.sources.snmp import SnmpOptions
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.errors import ConfigError, SourceError
from ioc.reading import read
from tests.collectors.test_source_snmp import Device

PASSWORD = "mat-khau-rat-dai"
V3: dict[str, Any] = {
    "version": "v3",
    "user": "u",
    "auth_password": PASSWORD,
    "privacy_password": PASSWORD,
}
YAML = """\
center: {{id: tinh, name: Trung tâm}}
systems: {{dc: {{name: Trung tâm dữ liệu}}}}
units: [{{id: tinh, name: Tỉnh, level: province}}]
probes:
  tcp: {{source: tcp, every: 10s, timeout: 1s, port: 22}}
  snmp: {{source: snmp, every: 60s, timeout: 5s, {options}}}
endpoints:
  - {{id: sw, name: Chuyển mạch, kind: switch, system: dc, unit: tinh, address: 127.0.0.1, probes: tcp snmp}}
rules:
  - {{id: busy, if: snmp_if_use > 90 && snmp_cpu > 95, for: 5m, severity: warning, title: "{{name}} bận",
     next_action: Xem, runbook: x}}
"""


def written(folder: Path, options: str) -> Config:
    (folder / "ioc.yaml").write_text(YAML.format(options=options), "utf-8")
    (folder / "community").write_text("bi-mat-cua-tinh\n", "utf-8")
    return read(folder, {"SNMP_PASSWORD": PASSWORD}, Clock())


def test_a_configuration_with_rules_on_what_snmp_tells(tmp_path: Path) -> None:
    config = written(tmp_path, "community: {file: community}, what: [cpu, interfaces], exclude: [Vl*]")
    options = config.inventory.endpoints["sw"].probes[1].options
    assert options.community.get_secret_value() == "bi-mat-cua-tinh"
    assert options.fits("Gi0/1") and not options.fits("Vlan1")
    assert "bi-mat" not in repr(options) + str(options) + repr(options.credentials())


def test_v3_takes_its_passwords_from_outside(tmp_path: Path) -> None:
    secret = "{env: SNMP_PASSWORD}"
    config = written(
        tmp_path,
        f"version: v3, user: u, auth_password: {secret}, privacy_password: {secret}, privacy: aes256",
    )
    options = config.inventory.endpoints["sw"].probes[1].options
    assert options.credentials().privacy == "aes256"
    assert PASSWORD not in repr(options) + repr(options.credentials())


def test_a_secret_in_plain_text_is_a_fault_that_does_not_show_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        written(tmp_path, "community: hush")
    assert "secret in plain text in community" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_library_that_is_not_installed_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp, "installed", lambda: False)
    with pytest.raises(
        ConfigError, match=r"ioc.yaml:6: .*gufo-snmp is not installed here; install ioc-monitor"
    ):
        written(tmp_path, "community: {file: community}")


async def test_a_library_that_was_taken_away_is_no_silent_device(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> Any:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(session, "import_module", gone)
    with pytest.raises(SourceError, match="gufo-snmp is not installed here"):
        await Device().read(9)


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({}, "v2c without a community; write community: {env: NAME} or {file: PATH}"),
        ({"version": "v3"}, "v3 without a user"),
        ({**V3, "auth": "none"}, "privacy without auth"),
        ({**V3, "auth_password": "ngan"}, "auth_password of fewer than 8 characters with auth: sha256"),
        ({**V3, "privacy_password": ""}, "privacy_password of fewer than 8 characters with privacy: aes"),
        ({"community": "x", "include": [""]}, "pattern '': write 1 to 64 characters"),
        ({"community": "x", "what": []}, "at least 1 item"),
        ({"community": "x", "what": ["fans"]}, "what.0"),
        ({"community": "x", "most_interfaces": 0}, "greater than or equal to 1"),
        ({"community": "x", "retries": 3}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_refused(options: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SnmpOptions.model_validate(options)
    assert wrong in str(refused.value)
    assert "ngan" not in str(refused.value) and PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    "options",
    [{**V3, "auth": "none", "privacy": "none"}, {**V3, "privacy": "none"}, {"community": "x"}],
)
def test_what_is_taken(options: dict[str, Any]) -> None:
    assert SnmpOptions.model_validate(options).credentials().privacy == ""


def test_the_register_does_without_gufo_snmp() -> None:
    """In a process of its own, since the tests import it."""
    code = (
        "import collectors.registry, sys; print(sorted(m for m in sys.modules if m.startswith('gufo.snmp')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_sessions_are_bounded_and_the_least_used_goes_first() -> None:
    agents, who = Agents(Clock(), room=2), SnmpOptions.model_validate({"community": "x"}).credentials()
    places = [Place(2, f"127.0.0.{n}", 161, (f"127.0.0.{n}", 161)) for n in range(1, 4)]
    first, second = (agents.of(place, who, 1.0) for place in places[:2])
    assert agents.of(places[0], who, 1.0) is first
    third = agents.of(places[2], who, 1.0)
    assert len(agents) == 2
    assert agents.of(places[0], who, 1.0) is first and agents.of(places[2], who, 1.0) is third
    assert agents.of(places[1], who, 1.0) is not second


async def test_sessions_that_are_all_busy_leave_no_room() -> None:
    agents, who = Agents(Clock(), room=1), SnmpOptions.model_validate({"community": "x"}).credentials()
    one, other = (Place(2, host, 161, (host, 161)) for host in ("127.0.0.1", "127.0.0.2"))
    async with agents.of(one, who, 1.0).lock:
        with pytest.raises(SourceError, match="1 agents are being asked already"):
            agents.of(other, who, 1.0)
    assert agents.of(other, who, 1.0).lock.locked() is False
