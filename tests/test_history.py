"""History as a whole: which store a configuration gets, the mark of a loss, how long the spool lasts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ioc import history
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.holdings import kept
from ioc.model import Sample, Verdict
from ioc.reading import check, read
from ioc.store.influx import Influx
from ioc.store.influx_reading import InfluxReader
from ioc.store.losses import Loss
from ioc.store.sqlite import Sqlite
from ioc.telemetry import Telemetry

INFLUX = {"url": "http://127.0.0.1:1", "org": "o", "bucket": "b", "token": {"env": "TOKEN"}}
ENVIRON = {"TOKEN": "of-the-test"}


def written(folder: Path, rooms: int = 1, every: str = "10s", **more: Any) -> Path:
    room = {"kind": "room", "system": "vc", "unit": "u", "address": "127.0.0.1", "probes": ["open"]}
    config = {
        "center": {"id": "c", "name": "C"},
        "systems": {"vc": {"name": "V"}},
        "units": [{"id": "u", "name": "U"}],
        "probes": {"open": {"source": "tcp", "port": 9, "every": every, "timeout": "100ms"}},
        "endpoints": [{"id": f"room-{n}", "name": f"R{n}", **room} for n in range(rooms)],
        **more,
    }
    (folder / "ioc.yaml").write_text(yaml.safe_dump(config))
    return folder


def config(folder: Path, **more: Any) -> Config:
    return read(written(folder, **more), ENVIRON, Clock())


def built(config: Config, told: list[Mapping[str, Any]]) -> history.History | None:
    return history.build(config, lambda endpoint: {"unit": "u"}, Clock(), Telemetry(), told.append)


async def test_without_a_word_history_is_kept_in_a_file_of_our_own(tmp_path: Path) -> None:
    told: list[Mapping[str, Any]] = []
    of = built(config(tmp_path), told)
    assert of is not None
    assert isinstance(of.reader, Sqlite)
    assert not (tmp_path / "state").exists(), "building opens nothing"
    of.keeper.start()
    at = Clock().now()
    of.keeper.add(Sample("room-0", at, "tcp", Verdict.OK, {"rtt": 1.5}))
    await of.keeper.settle()
    await of.keeper.close()
    assert (tmp_path / "state" / "history.db").is_file()
    assert (tmp_path / "state" / "spool" / "position").is_file()
    assert told[-1]["written"] == 1


@pytest.mark.parametrize(
    ("asked", "reader"),
    [({"influx": INFLUX}, InfluxReader), ({"influx": INFLUX, "store": "embedded"}, Sqlite)],
    ids=["influx", "influx given and not chosen"],
)
async def test_the_chosen_store(tmp_path: Path, asked: dict[str, Any], reader: type) -> None:
    of = built(config(tmp_path, history=asked), [])
    assert of is not None
    assert isinstance(of.reader, reader)
    assert isinstance(of.keeper._store, Influx if reader is InfluxReader else Sqlite)


def test_none(tmp_path: Path) -> None:
    made = config(tmp_path, history={"store": "none"})
    assert built(made, []) is None
    assert history.capacity(made) == []


def test_a_mark_tells_how_much_and_of_when() -> None:
    mark = history.marker("embedded")(Loss(12, 1_000_000, 3_500_000, 3_500_001))
    assert mark == "dropped,store=embedded lines=12i,seconds=2.5 3500001"


def test_check_says_how_long_the_spool_lasts(tmp_path: Path) -> None:
    spool = {"size": "2MiB"}
    said = check(written(tmp_path, rooms=100, every="1s", history={"spool": spool}), ENVIRON, Clock())
    (line,) = [each for each in said.text.splitlines() if each.startswith("spool: ")]
    assert line.startswith(f"spool: {tmp_path}/state/spool, 2MiB: ")
    assert " hours at 100.0 lines a second of " in line


def test_the_fewer_lines_are_kept_together_the_more_each_takes(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    few.mkdir()
    many.mkdir()
    alone = history.bytes_a_line(config(few))
    together = history.bytes_a_line(config(many, rooms=500, every="500ms"))
    assert 15 < together < 40 < 100 < alone < 300


def test_nothing_probed_takes_nothing(tmp_path: Path) -> None:
    (line,) = history.capacity(config(tmp_path, rooms=0))
    assert line == f"spool: {tmp_path}/state/spool, 1GiB"


def test_what_is_held_is_what_is_probed(tmp_path: Path) -> None:
    held = kept(config(tmp_path))
    assert set(held.measurements) == {"endpoint", "state", "dropped"}
    assert {field.name for field in held.measurements["endpoint"].fields} == {"rtt", "loss"}
    assert held.foreign == frozenset()
