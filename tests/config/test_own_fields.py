"""Fields that configuration names, read with the real sources and rules: in conditions, sentences and faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from alerts.messages import facts
from alerts.rules import Rule
from collectors.sources.http import HttpOptions
from ioc.config.compiled import Config
from ioc.config.load import Reading, examine
from ioc.reading import parts
from tests.config.conftest import TODAY

BASE = """
center: {id: tinh, name: Trung tâm}
systems: {cong: {name: Cổng}}
units: [{id: tinh, name: Tỉnh}]
receivers: {}
probes:
  ping: {source: icmp}
  cong:
    source: http
    every: 30s
    timeout: 5s
    secret_headers: {X-Khoa: {env: KHOA}}
    fields: {queue: {path: data.queue}, wait: {path: data.wait, unit: s}}
endpoints:
  - {id: cong, name: Cổng, kind: service, system: cong, unit: tinh, address: 127.0.0.1, probes: [ping, cong]}
"""


def read(tmp_path: Path, more: str = "", **environ: str) -> Reading:
    (tmp_path / "ioc.yaml").write_text(BASE + more, "utf-8")
    return examine(tmp_path, parts(), {"KHOA": "khoa-bi-mat", **environ}, TODAY)


def sound(reading: Reading) -> Config:
    assert not reading.faults
    assert reading.config is not None
    return reading.config


def rule(condition: str, title: str = "{name}") -> str:
    return f"rules: [{{id: own, if: '{condition}', severity: info, title: '{title}', runbook: x}}]\n"


def test_the_configuration_tells_what_is_measured_and_its_units(tmp_path: Path) -> None:
    fields = sound(read(tmp_path)).fields
    assert {name: fields[name].unit for name in ("rtt", "loss", "first_byte", "queue", "wait")} == {
        "rtt": "ms",
        "loss": "%",
        "first_byte": "ms",
        "queue": "",
        "wait": "s",
    }


@pytest.mark.parametrize(
    "condition",
    ["queue > 100.0", "http_queue > 1.0 && rtt > 1.0", 'avg(http_wait, "5m") > 2.0', "http_tls_days < 14.0"],
)
def test_a_rule_reads_what_its_sources_find(tmp_path: Path, condition: str) -> None:
    compiled = cast(Rule, sound(read(tmp_path, rule(condition))).rules[-1])
    assert compiled.id == "own"
    assert compiled.if_.text == condition


def test_a_number_that_no_source_finds_is_a_fault_of_its_line(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, rule("http_queu > 1.0")).faults
    assert fault.startswith("ioc.yaml:16: rule own: if: unknown field 'http_queu'; known are answering,")
    (fault,) = read(tmp_path, rule("stratum > 1.0")).faults
    assert "unknown field 'stratum'" in fault


def test_a_number_is_not_read_of_ourselves(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, rule("queue > 1.0").replace("id: own", "id: own, on: self")).faults
    assert "unknown field 'queue'" in fault


def test_a_sentence_names_a_number(tmp_path: Path) -> None:
    config = sound(read(tmp_path, rule("http_queue > 1.0", "{name}: {http_queue} hồ sơ, {http_wait} giây")))
    own = cast(Rule, config.rules[-1])

    def said(value: dict[str, Any]) -> Any:
        return facts(own, "cong", {"state": "up", **value}, config.inventory, 0.0, TODAY)["title"]

    assert said({"http_queue": 1234.5, "http_wait": 0.754}) == "Cổng: 1234 hồ sơ, 0.75 giây"
    assert said({"http_queue": 2.0}) == "Cổng: 2 hồ sơ, chưa có giây"
    (fault,) = read(tmp_path, rule("rtt > 1.0", "{queu}")).faults
    assert "unknown placeholder {queu}" in fault


def test_a_secret_header_is_found_and_never_shown(tmp_path: Path) -> None:
    config = sound(read(tmp_path))
    options = config.inventory.endpoints["cong"].probes[1].options
    assert isinstance(options, HttpOptions)
    assert options.secrets() == {"X-Khoa": "khoa-bi-mat"}
    assert "khoa-bi-mat" not in repr(config)
    (fault,) = read(tmp_path, KHOA="").faults
    assert fault.endswith(
        'environment variable of secret_headers.X-Khoa is empty or not set: "KHOA"; set it before the service starts'
    )


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("{env: KHOA}", "khoa-bi-mat", "secret in plain text in secret_headers.X-Khoa"),
        ("{X-Khoa: {env: KHOA}}", "khoa-bi-mat", "secret_headers must be a mapping, not empty"),
        (
            "secret_headers: {X-Khoa: {env: KHOA}}",
            "headers: {Authorization: khoa-bi-mat}",
            "write it into secret_headers",
        ),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_shown(tmp_path: Path, was: str, now: str, says: str) -> None:
    (tmp_path / "ioc.yaml").write_text(BASE.replace(was, now), "utf-8")
    faults = examine(tmp_path, parts(), {"KHOA": "x"}, TODAY).faults
    assert says in faults[0]
    assert "khoa-bi-mat" not in "".join(faults)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        (
            "queue: {path: data.queue}",
            "icmp_queue: {path: q}",
            'ioc.yaml:13: field could be another source\'s: "icmp_queue"',
        ),
        (
            "queue: {path: data.queue}",
            "tls_days: {path: q}",
            "ioc.yaml:13: fields cannot be; field 'tls_days' is one the source has itself",
        ),
        ("path: data.wait", "path: 'data[?'", "is not JMESPath"),
    ],
)
def test_a_bad_field_is_a_fault_of_its_line(tmp_path: Path, was: str, now: str, says: str) -> None:
    (tmp_path / "ioc.yaml").write_text(BASE.replace(was, now), "utf-8")
    (fault,) = examine(tmp_path, parts(), {"KHOA": "x"}, TODAY).faults
    assert says in fault
