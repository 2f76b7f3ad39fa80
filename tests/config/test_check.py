"""What `ioc check` prints."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ioc.config.check import report
from ioc.config.load import Parts
from ioc.reading import parts as real_parts

CASES = Path(__file__).parents[1] / "cases" / "config"
EXAMPLE = Path(__file__).parents[2] / "examples" / "thanh-hoa-small"
TODAY = date(2026, 11, 24)


def test_faults_then_how_many(parts: Parts) -> None:
    told = report(CASES / "bad-rule", parts, {}, TODAY)
    assert not told.sound
    lines = told.text.splitlines()
    assert lines[0] == (CASES / "bad-rule" / "expected.txt").read_text("utf-8").strip()
    assert lines[1].startswith("warning: ioc.yaml: no references")
    assert lines[-1] == "1 fault; nothing would run"


def test_a_directory_that_is_not_there_is_the_only_thing_said(tmp_path: Path, parts: Parts) -> None:
    told = report(tmp_path / "nowhere", parts, {}, TODAY)
    where = tmp_path / "nowhere"
    lines = [f"{where}: unreadable directory; no such file or directory", "1 fault; nothing would run"]
    assert told.text.splitlines() == lines


def test_a_faulty_receiver_is_not_also_none(parts: Parts) -> None:
    told = report(CASES / "unknown-channel", parts, {}, TODAY)
    assert "no receivers" not in told.text


def test_the_example_with_the_real_sources_rules_and_channels() -> None:
    told = report(EXAMPLE, real_parts(), {}, TODAY)
    assert told.sound, told.text
    assert "warning" not in told.text
    for line in (
        "units: 5 today, 6 in all; sites: 4",
        "endpoints: 10",
        "  hoi-nghi: 9 (Hội nghị truyền hình)",
        "probes: 1.0 a second, about 87,840 samples a day",
        "references: ref-vnpt, ref-viettel",
        "receivers: truc-ca (webhook)",
        "listens on 127.0.0.1:8080, this machine only",
    ):
        assert line in told.text.splitlines()


@pytest.mark.parametrize("day", [date(2025, 6, 30), date(2025, 7, 1)])
def test_units_are_counted_at_the_date(day: date) -> None:
    standing = {date(2025, 6, 30): 3, date(2025, 7, 1): 5}[day]
    assert f"units: {standing} today, 6 in all" in report(EXAMPLE, real_parts(), {}, day).text
