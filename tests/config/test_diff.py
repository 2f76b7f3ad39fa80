"""What a reload says that it changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ioc.config.compiled import Config
from ioc.config.diff import changes, in_force, needs_restart
from ioc.config.load import Reading

SOUND = (Path(__file__).parents[1] / "cases" / "config" / "sound" / "ioc.yaml").read_text("utf-8")
ROOM = "  - {id: room, name: Phòng, kind: room, system: hoi-nghi, unit: tinh, address: 192.0.2.2, probes: ping}\n"


def read(written: Callable[..., Reading], text: str) -> Config:
    config = written(ioc__yaml=text).config
    assert config is not None
    return config


def test_nothing(written: Callable[..., Reading]) -> None:
    assert changes(read(written, SOUND), read(written, SOUND + "# a remark\n")) == []


def test_endpoints(written: Callable[..., Reading]) -> None:
    old = read(written, SOUND)
    new = read(
        written, SOUND.replace("references:", ROOM + "references:").replace("192.0.2.1,", "192.0.2.9,")
    )
    assert changes(old, new) == ["1 endpoint added: room", "1 endpoint changed: mcu"]
    assert changes(new, old) == ["1 endpoint removed: room", "1 endpoint changed: mcu"]


def test_a_profile_changes_every_endpoint_that_uses_it(written: Callable[..., Reading]) -> None:
    new = SOUND.replace("sip: {source: sip}", "sip: {source: sip, port: 5061}")
    assert changes(read(written, SOUND), read(written, new)) == ["1 endpoint changed: mcu"]


def test_rules_units_and_settings(written: Callable[..., Reading]) -> None:
    new = (
        SOUND.replace("name: Tỉnh", "name: Tỉnh mới")
        + "shipped_rules: none\nrules: [{id: cham, if: loss > 5, severity: info, title: T, runbook: x}]\n"
        + "wall: {languages: [en]}\naccess: {origins: ['https://a.example']}\n"
    )
    assert changes(read(written, SOUND), read(written, new)) == [
        "1 unit changed: tinh",
        "1 rule added: cham",
        "1 rule removed: endpoint-down",
        "access changed; it takes a restart",
        "wall changed; it takes a restart",
    ]


def test_what_takes_a_restart(written: Callable[..., Reading]) -> None:
    old, new = read(written, SOUND), read(written, SOUND + "listen: 127.0.0.1:81\nstate: other.db\n")
    assert needs_restart(old, new) == ("listen", "state")
    assert changes(old, new) == ["listen changed; it takes a restart", "state changed; it takes a restart"]


def test_what_takes_a_restart_is_said_again_and_the_rest_is_not(written: Callable[..., Reading]) -> None:
    old = read(written, SOUND)
    new = read(written, SOUND.replace("192.0.2.1,", "192.0.2.9,") + "wall: {languages: [en]}\n")
    assert changes(in_force(old, new), new) == ["wall changed; it takes a restart"]


def test_another_history_takes_a_restart(written: Callable[..., Reading]) -> None:
    old = read(written, SOUND)
    for section in ("store: none", "embedded: {raw: 2d}", "spool: {size: 2GiB}"):
        new = read(written, f"{SOUND}history: {{{section}}}\n")
        assert changes(old, new) == ["history changed; it takes a restart"]
        assert in_force(old, new).history == old.history


def test_what_other_programs_tell_us_takes_no_restart(written: Callable[..., Reading]) -> None:
    old = SOUND + "heartbeats: {backup: {every: 24h}}\n"
    new = SOUND + (
        "heartbeats: {backup: {every: 12h}, relay: {every: 1m}}\noutside: {token: {env: IOC_READ_TOKEN}}\n"
        "watchdog: {url: 'https://hc.example/ping'}\n"
    )
    before, after = read(written, old), read(written, new)
    assert changes(before, after) == [
        "1 heartbeat added: relay",
        "1 heartbeat changed: backup",
        "outside changed",
        "watchdog changed",
    ]
    assert in_force(before, after).others == after.others
