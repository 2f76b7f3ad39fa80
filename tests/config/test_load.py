"""A sound configuration, value by value; secrets; the address given on the command line."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from ioc.config.compiled import Config, Embedded, Influx, Secret, Spool
from ioc.config.load import Parts, Reading, examine, load
from ioc.errors import ConfigError
from ioc.inventory import Owner
from ioc.units import Span

TODAY = date(2026, 11, 24)
EVERYTHING = """
center: {id: tha, name: Thanh Hóa, timezone: Asia/Ho_Chi_Minh}
listen: "[::1]:9000"
public_url: https://wall.example
access:
  read_token: {env: IOC_READ_TOKEN}
  write_token: {file: write-token}
  origins: ["https://Other.example"]
state: var/x.db
history:
  store: influx
  influx: {url: "http://127.0.0.1:8086", org: tha, bucket: ioc, token: {env: IOC_READ_TOKEN}, hours_bucket: ioc-1h}
  embedded: {file: var/h.db, raw: 2d}
  spool: {directory: var/spool, size: 1.5GiB}
wall: {viewing: {distance_m: 6, screen_height_m: 1.5}, languages: [en, vi, en]}
calendars: {gio: {days: [sat], sessions: ["08:00-09:00"], dates: {2026-09-02: off}}}
systems: {hn: {name: Hội nghị}}
units:
  - {id: tinh, name: Tỉnh, level: province, codes: {qd20: H56, gso: 38}}
  - {id: xa, name: Cũ, parent: tinh, end: 2025-07-01}
  - {id: xa, name: Mới, parent: tinh, start: 2025-07-01}
sites:
  - {id: ub, name: UBND, unit: xa, latitude: 19.8, longitude: 105, owner: Tổ, phone: 0237385123, circuit: 00123}
probes:
  sip: {source: sip, every: 5s, timeout: 500ms, port: 5061, password: {env: IOC_READ_TOKEN}}
  ping: {source: icmp}
endpoints:
  - {id: up, name: Đường, kind: uplink, system: hn, unit: xa, site: ub, address: "2001:DB8::1", probes: ping}
  - {id: room, name: Phòng, kind: room, system: hn, unit: xa, site: ub, parent: up, address: a.example,
     probes: [sip, ping], expected: gio, critical: true, phone: 112, labels: {tang: 3}}
references: [up, up]
shipped_rules: none
rules: [{id: mat, if: state == down, severity: info, title: Mất, runbook: x}]
receivers: {truc: {channel: webhook, url: "http://x", token: {env: IOC_READ_TOKEN}, severities: [info]}}
"""


@pytest.fixture
def config(written: Callable[..., Reading], tmp_path: Path) -> Config:
    (tmp_path / "write-token").write_text("write-0123456789abcdef\n")
    reading = written(ioc__yaml=EVERYTHING)
    assert reading.faults == ()
    assert reading.config is not None
    return reading.config


def test_every_key_arrives(config: Config, tmp_path: Path) -> None:
    assert (config.center.id, config.center.zone.key) == ("tha", "Asia/Ho_Chi_Minh")
    assert config.listen == ("::1", 9000)
    assert config.public_url == "https://wall.example"
    assert config.state == tmp_path / "var/x.db"
    history = config.history
    assert history.store == "influx"
    token = Secret("read-0123456789abcdef")
    assert history.influx == Influx("http://127.0.0.1:8086", "tha", "ioc", token, "", "ioc-1h")
    assert history.embedded == Embedded(tmp_path / "var/h.db", 2 * 86_400, 90 * 86_400, 3_650 * 86_400)
    assert history.spool == Spool(tmp_path / "var/spool", 3 * 1024**3 // 2)
    assert config.wall.languages == ("en", "vi")
    assert config.wall.viewing.distance_m == 6
    assert config.systems == {"hn": "Hội nghị"}
    assert config.rules == (("mat", "state == down"),)
    assert config.inventory.references == ("up",)


def test_the_inventory(config: Config) -> None:
    inventory = config.inventory
    room = inventory.endpoints["room"]
    assert [(probe.source, probe.every, probe.timeout) for probe in room.probes] == [
        ("sip", 5.0, 0.5),
        ("icmp", 10.0, 1.0),
    ]
    assert room.probes[0].options.port == 5061
    assert room.probes[0].options.password.get_secret_value() == "read-0123456789abcdef"
    assert (room.expected, room.critical, room.labels) == ("gio", True, {"tang": "3"})
    assert inventory.owner("room") == Owner("Tổ", "112", "", "00123", "")
    assert inventory.owner("up").phone == "0237385123"
    assert inventory.endpoints["up"].address == "2001:db8::1"
    assert inventory.units.get("xa", date(2025, 6, 30)) == Span("Cũ", "tinh", end=date(2025, 7, 1))
    assert inventory.units.get("xa", date(2025, 7, 1)) == Span("Mới", "tinh", start=date(2025, 7, 1))
    tinh = inventory.units.get("tinh", TODAY)
    assert tinh is not None
    assert (tinh.codes, tinh.level) == ({"qd20": "H56", "gso": "38"}, "province")


def test_the_calendar(config: Config) -> None:
    calendar = config.calendars["gio"]
    assert (calendar.days, calendar.sessions) == (frozenset({6}), ((480, 540),))
    assert calendar.dates == {date(2026, 9, 2): False}


def test_access_and_receivers(config: Config) -> None:
    access = config.access
    assert access.read_token is not None
    assert access.write_token is not None
    assert access.write_token.matches("write-0123456789abcdef")
    assert not access.write_token.matches("write-0123456789abcdeg")
    assert access.origins == ("https://other.example",)
    receiver = config.receivers["truc"]
    assert receiver.severities == {"info"}
    assert receiver.options.token == SecretStr("read-0123456789abcdef")


def test_a_secret_is_never_printed(config: Config) -> None:
    assert "0123456789" not in repr(config) + str(config) + repr(config.access) + f"{config.history}"


def test_a_secret_that_does_not_fit_is_not_told(written: Callable[..., Reading]) -> None:
    reading = written(
        ioc__yaml="center: {id: t, name: T}\n"
        "receivers:\n  a: {channel: webhook, url: 'http://x', token: {env: IOC_SHORT}}\n"
    )
    assert len(reading.faults) == 1
    assert reading.faults[0].startswith("ioc.yaml:3: token cannot be; value should have at least 8")
    assert "abc" not in reading.faults[0]


def test_load_raises_every_fault(tmp_path: Path, parts: Parts) -> None:
    (tmp_path / "ioc.yaml").write_text("center: {id: t}\nlisten: x\n")
    with pytest.raises(ConfigError) as caught:
        load(
            tmp_path,
            sources=parts.sources,
            channels=parts.channels,
            rule=parts.rule,
            environ={},
            today=TODAY,
        )
    assert len(caught.value.faults) == 2


def test_an_own_rule_replaces_a_shipped_one(written: Callable[..., Reading]) -> None:
    rule = "{id: endpoint-down, if: loss > 9, severity: info, title: T, runbook: x}"
    reading = written(ioc__yaml=f"center: {{id: t, name: T}}\nrules:\n  - {rule}\n")
    assert reading.config is not None
    assert reading.config.rules == (("endpoint-down", "loss > 9"),)


def test_the_command_line_says_where_to_listen(tmp_path: Path, parts: Parts) -> None:
    (tmp_path / "ioc.yaml").write_text("center: {id: t, name: T}\nlisten: 0.0.0.0:80\n")
    config = examine(tmp_path, parts, {}, TODAY, "127.0.0.1:0").config
    assert config is not None
    assert config.listen == ("127.0.0.1", 0)
    faults = examine(tmp_path, parts, {}, TODAY, "192.0.2.1:80").faults
    assert [fault.split(":")[0] for fault in faults] == ["--listen"] * 3


def test_tokens_and_certificates_open_other_addresses(
    tmp_path: Path, written: Callable[..., Reading]
) -> None:
    openssl = shutil.which("openssl")
    assert openssl, "install openssl"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=wall"
    files = ["-keyout", str(tmp_path / "k.pem"), "-out", str(tmp_path / "c.pem")]
    subprocess.run([openssl, *request.split(), *files], check=True, capture_output=True)
    tokens = "read_token: {env: IOC_READ_TOKEN}, write_token: {env: IOC_READ_TOKEN}"
    reading = written(
        ioc__yaml="center: {id: t, name: T}\nlisten: 0.0.0.0:8443\n"
        f"access: {{{tokens}, tls: {{certificate: c.pem, key: k.pem}}}}\n"
    )
    assert reading.faults == ()
    assert reading.config is not None
    assert reading.config.access.tls is not None


def test_the_fingerprint_follows_every_file(written: Callable[..., Reading]) -> None:
    main = "center: {id: t, name: T}\nunits: {csv: units.csv}\n"
    prints = [
        reading.config.fingerprint
        for table in ("id,name\na,A\n", "id,name\na,A\n", "id,name\na,B\n")
        if (reading := written(ioc__yaml=main, units__csv=table)).config
    ]
    assert prints[0] == prints[1] != prints[2]
    assert len(prints) == 3


def test_a_config_is_a_value(config: Config) -> None:
    assert replace(config) == config
