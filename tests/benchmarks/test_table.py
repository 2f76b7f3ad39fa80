"""The committed results and the table that is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.kit.result import RESULT_KEYS
from benchmarks.table import BEGIN, END, FIGURES, ORDER, PAGE, RESULTS, page, read, table

MADE = {
    "name": "outage",
    "what": "silent outage",
    "ours": {"p50_s": 7.0, "p95_s": None, "cpu_percent_of_a_core": 4.4},
    "peers": {"Prometheus": {"p50_s": 26.3, "p95_s": 31}},
    "targets": {"p50_s": 8.0, "p95_s": 12.5},
    "met": {"p50_s": True, "p95_s": False},
    "unequal": ["bursts"],
    "machine": {"cores": 2, "cpu": "X", "python": "3.11.7", "load_before": 0.1, "load_after": 1},
    "date": "2026-11-24T11:00:00+00:00",
    "command": "python -m benchmarks.outage --json",
}


def test_the_table_in_the_documentation_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, table(read(RESULTS))) == text, "renew it: python -m benchmarks.table"


def test_every_benchmark_has_a_committed_result_or_is_said_to_have_none() -> None:
    names = [each["name"] for each in read(RESULTS)]
    lacking = [name for name in ORDER if name not in names]
    assert names == [name for name in ORDER if name not in lacking]
    said = f"Without a result so far: {', '.join(lacking)}."
    assert (said in PAGE.read_text(encoding="utf-8")) == bool(lacking)


def test_every_benchmark_has_a_row() -> None:
    found = {
        each.stem
        for each in Path(PAGE.parents[1] / "benchmarks").glob("*.py")
        if 'if __name__ == "__main__"' in each.read_text(encoding="utf-8") and each.stem != "table"
    }
    assert found == ORDER.keys()


@pytest.mark.parametrize("result", read(RESULTS), ids=lambda each: str(each["name"]))
def test_a_committed_result_is_whole(result: dict[str, Any]) -> None:
    assert result.keys() == RESULT_KEYS
    assert not result["quick"]
    assert result["met"].keys() == result["targets"].keys() <= FIGURES.keys()
    assert result["unequal"]
    for key, limit in result["targets"].items():
        value = result["ours"][key]
        assert result["met"][key] == (value is not None and value <= limit)


def test_a_row_says_target_figures_and_peers_and_marks_what_is_missed() -> None:
    rows = table([MADE]).splitlines()
    assert rows[2] == (
        "| 1 | [silent outage](#outage) | p50 ≤ 8 s, p95 ≤ 12.5 s | p50 7 s, **p95 never s**, "
        "CPU 4.4 % of a core | **missed** | Prometheus: p50 26.3 s, p95 31 s |"
    )
    assert "- bursts." in rows


def test_a_peer_that_did_not_run_says_why() -> None:
    assert "| Peer: not run (no such program) |" in table(
        [{**MADE, "peers": {"Peer": {"not_run": "no such program"}}}]
    )


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no <!-- table"):
        page("text", "table")
    assert page(f"a{BEGIN}old{END}b", "new\n") == f"a{BEGIN}\nnew\n{END}b"
