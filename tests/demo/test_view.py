"""What the terminal shows of a run, and the report as people read it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from ioc.demo.pages import Page
from ioc.demo.summary import summary
from ioc.demo.view import Lines, Screen, View, display

NAMES = {"vc-1": "Điểm cầu Xã An Bình"}
PAGE = Page(
    148.0, "7", "firing", "vc-1", "endpoint-down", "warning", "Điểm cầu [1] mất kết nối", repeat=False
)


def line(what: str, at: float, kind: str = "room_silent", *, fault: bool = True) -> dict[str, object]:
    return {"what": what, "fault": fault, "id": "f1", "kind": kind, "target": "vc-1", "at": at}


def view() -> View:
    return View("http://127.0.0.1:8080", 100.0, 180.0, NAMES, now=150.0)


def test_a_fault_is_shown_while_it_lasts() -> None:
    seen = view()
    told = seen.follow([line("begin", 110.0), line("begin", 112.0, "blip", fault=False)], [PAGE])
    assert told == [
        "   10.0 s  fault   room_silent   Điểm cầu Xã An Bình",
        "   48.0 s  page    firing warning #7 Điểm cầu [1] mất kết nối",
    ]
    assert list(seen.faults) == ["f1"]
    assert (seen.injected, seen.disturbances, list(seen.pages)) == (1, 1, [PAGE])
    assert seen.follow([line("end", 170.0)], []) == ["   70.0 s  healed  room_silent   Điểm cầu Xã An Bình"]
    assert seen.faults == {}


def test_a_run_that_is_too_short_says_so_at_its_start() -> None:
    told = view().follow([{"what": "plan", "lacking": ["no own_link"]}, {"what": "over"}], [])
    assert told == ["This run is too short for a whole judgement (no own_link); --duration 180 is enough."]
    assert view().follow([{"what": "plan", "lacking": []}], []) == []


def test_lines_greet_with_the_address_of_the_wall_once() -> None:
    out = io.StringIO()
    shown = Lines(Console(file=out, width=200))
    shown.show(view(), ["one [red]thing[/red]"])
    shown.show(view(), ["another"])
    shown.close()
    assert out.getvalue().count("http://127.0.0.1:8080") == 1
    assert "one [red]thing[/red]\nanother\n" in out.getvalue()


def test_a_terminal_gets_a_living_screen() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=120, height=40)
    shown = display(console)
    assert isinstance(shown, Screen)
    seen = view()
    seen.counts = {"vc": {"up": 599, "down": 1, "off": 0}}
    seen.follow([line("begin", 110.0)], [PAGE])
    shown.show(seen, [])
    shown.close()
    text = out.getvalue()
    for piece in ("http://127.0.0.1:8080", "vc: 599 up, 1 down", "room_silent", "40 s", "Điểm cầu [1]"):
        assert piece in text
    assert isinstance(display(Console(file=io.StringIO())), Lines)


@pytest.mark.parametrize("case", ["all-well", "missed", "paged-twice", "began-too-late"])
def test_a_summary_tells_the_figures_and_all_that_went_wrong(case: str) -> None:
    path = Path(__file__).parent.parent / "cases" / "demo" / case / "expected.json"
    about = {"endpoints": 1216, "rooms": 600, "seed": 3, "duration_s": 180.0, "lacking": ["no own_link"]}
    about["texts"] = {"taken": 41, "refused": 3}
    report = json.loads(path.read_text()) | about
    text = summary(report)
    assert f"{report['injected']} faults: {report['alerted']} alerted" in text
    assert "not a whole judgement: no own_link" in text
    assert "41 short messages taken, 3 refused by a gateway" in text
    for what in report["details"].values():
        assert all(each in text for each in what)
