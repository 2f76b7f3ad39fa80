"""The register: every source is whole."""

from __future__ import annotations

import inspect
import random
from pathlib import Path

import pytest
from pydantic import BaseModel

from collectors import registry
from collectors.base import Source, Surroundings
from ioc import schema
from ioc.clock import Clock
from ioc.model import Role
from ioc.telemetry import Telemetry

TESTS = Path(__file__).parents[1]
SOURCES = sorted(registry.SOURCES.items())


def test_every_file_of_a_source_is_registered() -> None:
    folder = Path(registry.__file__).parent / "sources"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == set(registry.SOURCES)


@pytest.mark.parametrize(("name", "source"), SOURCES)
def test_a_source_is_whole(name: str, source: type[Source]) -> None:
    assert source.name == name
    assert source.__module__ == f"collectors.sources.{name}"
    assert isinstance(source.role, Role)
    assert issubclass(source.Options, BaseModel)
    assert source.Options.model_config.get("extra") == "forbid"
    assert inspect.getdoc(source)
    assert inspect.getdoc(source.Options)
    assert inspect.getdoc(inspect.getmodule(source))
    assert inspect.iscoroutinefunction(source.gather)


@pytest.mark.parametrize("name", [name for name, _ in SOURCES])
def test_a_source_has_a_test_and_cases(name: str) -> None:
    assert (TESTS / "collectors" / f"test_source_{name}.py").is_file()
    cases = TESTS / "cases" / name
    assert any(path.is_dir() for path in cases.iterdir())


def test_building_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def touched(*_: object, **__: object) -> None:
        raise AssertionError("a source opened a socket when it was built")

    monkeypatch.setattr(socket, "socket", touched)
    built = registry.build(Surroundings(Clock(), Telemetry(), random.Random(1)))
    assert set(built) == set(registry.SOURCES) == set(registry.options())


def test_what_sources_declare_fits_together() -> None:
    declared = schema.endpoint([field for _, source in SOURCES for field in (*source.fields, schema.LOSS)])
    assert declared.field("rtt") == schema.RTT
    names = [each.name for _, source in SOURCES for each in source.measurements]
    assert len(names) == len(set(names) - {schema.STATE.name, schema.DROPPED.name, declared.name})
