"""What other programs may write: as it was written, and what is kept for ourselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from collectors.registry import SOURCES
from ioc import schema
from ioc.config.compiled import Allowed, Secret
from ioc.config.diff import changes, in_force
from ioc.config.inlet import OURS, PLACE
from ioc.config.load import Reading

SOUND = """
center: {id: tinh, name: Trung tâm}
history: {store: embedded}
inlet:
  token: {env: IOC_READ_TOKEN}
  endpoint_tag: host
  measurements:
    cpu: {tags: [cpu], without: [rack]}
    snmp_pump: {endpoint_tag: agent_host}
    weather: {tags: [place], endpoint_tag: ""}
"""


def test_what_was_written(written: Callable[..., Reading]) -> None:
    config = written(ioc__yaml=SOUND).config
    assert config is not None
    inlet = config.inlet
    assert inlet is not None
    assert inlet.token.matches("read-0123456789abcdef")
    assert inlet.series == 20_000
    assert inlet.measurements == {
        "cpu": Allowed(frozenset({"cpu"}), frozenset({"rack"}), "host"),
        "snmp_pump": Allowed(endpoint_tag="agent_host"),
        "weather": Allowed(frozenset({"place"})),
    }


def test_without_the_key_there_is_none(written: Callable[..., Reading]) -> None:
    config = written(ioc__yaml=SOUND.partition("inlet:")[0]).config
    assert config is not None
    assert config.inlet is None


def test_every_measurement_of_ours_is_reserved() -> None:
    declared = {each.name for source in SOURCES.values() for each in source.measurements}
    assert declared | {schema.STATE.name, schema.DROPPED.name, schema.endpoint(()).name} == OURS
    assert set(schema.PLACE) == PLACE


def test_a_reload_changes_what_is_taken_and_a_restart_by_whom(written: Callable[..., Reading]) -> None:
    old = written(ioc__yaml=SOUND).config
    assert old is not None
    assert old.inlet is not None
    fewer = replace(old, inlet=replace(old.inlet, series=5, token=Secret("another-0123456789")))
    assert changes(old, fewer) == ["inlet changed", "inlet.token changed; it takes a restart"]
    assert in_force(old, fewer).inlet == replace(old.inlet, series=5)
    without = replace(old, inlet=None)
    assert changes(old, without) == ["inlet changed", "inlet.token changed; it takes a restart"]
    assert in_force(old, without).inlet == old.inlet
    assert in_force(without, old).inlet is None
