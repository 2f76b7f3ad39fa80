"""Which states are written, and when again."""

from __future__ import annotations

from typing import Any

from ioc.model import Reason, State
from ioc.picture import Picture
from ioc.store.base import Mark
from ioc.store.marks import AGAIN, Marks


def value(state: str, at: float, reason: str = "answered") -> dict[str, Any]:
    return {"state": state, "since": 0.0, "at": at, "reason": reason, "detail": ""}


def watched() -> tuple[Picture, Marks, list[Mark]]:
    picture, marks, seen = Picture("e", lambda see, error: None), Marks(), []
    picture.watch(lambda change: seen.extend([mark] if (mark := marks.see(change)) else []))
    return picture, marks, seen


def test_only_a_changed_state_is_marked() -> None:
    picture, _, seen = watched()
    picture.put("endpoint/a", value("up", 1.0))
    picture.put("endpoint/a", value("up", 2.0))
    picture.put("endpoint/a", value("down", 3.0, "no_answer"))
    picture.put("site/a", {"name": "x"})
    assert seen == [
        Mark("a", 1.0, State.UP, Reason.ANSWERED),
        Mark("a", 3.0, State.DOWN, Reason.NO_ANSWER),
    ]


def test_an_unchanged_state_is_marked_again_after_five_minutes() -> None:
    picture, marks, _ = watched()
    picture.put("endpoint/a", value("up", 0.0))
    picture.put("endpoint/b", value("up", 100.0))
    assert marks.due(AGAIN - 0.001) == []
    assert marks.due(AGAIN) == [Mark("a", AGAIN, State.UP, Reason.ANSWERED)]
    assert marks.due(AGAIN) == []
    assert [mark.endpoint for mark in marks.due(AGAIN + 100.0)] == ["b"]
    assert [mark.endpoint for mark in marks.due(2 * AGAIN)] == ["a"]


def test_a_change_starts_the_five_minutes_anew() -> None:
    picture, marks, _ = watched()
    picture.put("endpoint/a", value("up", 0.0))
    picture.put("endpoint/a", value("down", 200.0))
    assert marks.due(AGAIN) == []
    assert marks.due(200.0 + AGAIN) == [Mark("a", 500.0, State.DOWN, Reason.ANSWERED)]


def test_a_removed_endpoint_is_not_marked_again() -> None:
    picture, marks, seen = watched()
    picture.put("endpoint/a", value("up", 0.0))
    picture.remove("endpoint/a")
    assert len(seen) == 1
    assert marks.due(10 * AGAIN) == []
