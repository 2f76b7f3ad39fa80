"""The judgement of whole logs: each case is a folder with a script's log, a sink's log and what follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.demo import logs
from ioc.demo.judge import Injected, Verdict, judge, report
from ioc.demo.pages import Page, read

CASES = Path(__file__).parent.parent / "cases" / "demo"


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_case(case: Path) -> None:
    pages, strange = read(logs.read(case / "sink.jsonl"))
    given = json.loads((case / "end.json").read_text())
    found = judge(logs.read(case / "script.jsonl"), pages, given["incidents"], given["end"])
    expected = json.loads((case / "expected.json").read_text())
    assert {"good": found.good, "strange": strange, **report(found)} == expected


def page(at: float, incident: str, root: str, status: str = "firing") -> Page:
    return Page(at, incident, status, root, "rule", "warning", "", repeat=False)


def begun(id: str, target: str, at: float) -> dict[str, object]:
    return {
        "what": "begin",
        "fault": True,
        "id": id,
        "kind": "room_silent",
        "target": target,
        "roots": [target],
        "due": at + 48,
        "at": at,
    }


moments = st.floats(0, 300)


@given(st.lists(st.tuples(moments, st.integers(1, 5), st.sampled_from("abcd")), max_size=20))
def test_every_page_is_an_alert_or_false_and_every_fault_alerted_or_missed(
    told: list[tuple[float, int, str]],
) -> None:
    script = [begun("f1", "a", 50.0), begun("f2", "b", 100.0)]
    pages = [page(at, str(incident), root) for at, incident, root in sorted(told)]
    figures = report(judge(script, pages, (), 300.0))
    assert figures["alerted"] + figures["missed"] == figures["injected"] == 2
    assert figures["alerted"] + figures["false_pages"] == figures["pages"] == len(told)


def test_percentiles_are_of_the_nearest_rank() -> None:
    script = [begun(f"f{n}", f"t{n}", 0.0) for n in range(20)]
    pages = [page(float(n + 1), str(n), f"t{n}") for n in range(20)]
    assert report(judge(script, pages))["latency_s"] == {"p50": 10.0, "p95": 19.0, "max": 20.0}


def test_a_page_a_moment_after_the_healing_was_on_its_way() -> None:
    fault = Injected("f", "k", "t", frozenset({"t"}), 10.0, 58.0, healed=70.0)
    assert fault.covers("t", 70.9)
    assert not fault.covers("t", 71.1)
    assert not fault.covers("other", 20.0)
    assert Verdict(fault).page is None
