"""The configuration that docs/oncall.md shows: who is on call by it, as the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.oncall.gaps import gaps
from alerts.oncall.schedule import on_call
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.oncall import oncall
from ioc.reading import read
from tests.alerts.oncall.test_schedule import at
from tests.docs.blocks import ROOT, blocks

PAGE = ROOT / "docs" / "oncall.md"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (block,) = (each for each in blocks() if each.page == PAGE and each.info == "yaml configuration")
    (tmp_path / "ioc.yaml").write_text("center: {id: shown, name: Shown}\n" + block.text, "utf-8")
    return tmp_path


@pytest.fixture
def config(directory: Path) -> Config:
    return read(directory, {}, Clock())


@pytest.mark.parametrize(
    ("moment", "people"),
    [
        ("2026-11-03T09:00", ("an",)),  # Tuesday of An's week, in working hours
        ("2026-11-03T18:00", ("chi",)),  # the night layer, the office closed
        ("2026-11-10T09:00", ("binh",)),
        ("2026-11-04T07:45", ("an",)),  # before eight, but the office is open
        ("2026-11-24T17:30", ("chi",)),
        ("2026-12-25T03:00", ("binh",)),  # the override
        ("2027-01-05T09:00", ("an",)),  # a week of Bình, swapped
        ("2027-01-12T09:00", ("an",)),
    ],
)
def test_who_is_on_call(config: Config, moment: str, people: tuple[str, ...]) -> None:
    schedule = config.duty.schedules["truc"]
    assert on_call(schedule, at(moment), config.calendars) == people


def test_somebody_always_is(config: Config) -> None:
    assert gaps(config.duty.schedules["truc"], at("2026-11-24T00:00"), config.calendars) == []


def test_the_command_shows_it(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    oncall(directory, "2026-12-24 12:00", 3)
    said = capsys.readouterr().out
    assert "Trực kỹ thuật (truc), Asia/Ho_Chi_Minh" in said
    assert "override" in said
