"""A clock that is set is told once; a date that begins, once."""

from datetime import date

from ioc.civiltime import CivilTime
from ioc.picture import Picture
from tests.fakes import HandClock


class Ear:
    """What CivilTime tells."""

    def __init__(self) -> None:
        self.clock = HandClock(1_000_000.0)
        self.picture = Picture("test", lambda see, error: None)
        self.today = date(2026, 11, 24)
        self.heard: list[str] = []
        self.civil = CivilTime(
            self.clock, self.picture, lambda: self.today, lambda: self.heard.append("set"),
            lambda: self.heard.append("begun"),
        )  # fmt: skip


def test_a_clock_that_is_set_is_shown_and_followed_until_it_is_put_back() -> None:
    ear = Ear()
    ear.clock.ahead = 3600
    ear.civil.look()
    ear.civil.look()
    assert ear.heard == ["set"]
    shown = ear.picture.get("self/clock")
    assert shown is not None
    assert (shown["state"], shown["skew"]) == ("jumped", 3600)
    assert "+3600 s" in shown["detail"]
    ear.clock.ahead = 0
    ear.civil.look()
    assert ear.heard == ["set", "set"]
    assert ear.picture.get("self/clock") is None


def test_a_drift_below_a_second_is_nothing() -> None:
    ear = Ear()
    ear.clock.ahead = 0.9
    ear.civil.look()
    assert ear.heard == []


def test_a_date_begins_once() -> None:
    ear = Ear()
    ear.civil.look()
    assert ear.heard == []
    ear.today = date(2026, 11, 25)
    ear.civil.look()
    ear.civil.look()
    assert ear.heard == ["begun"]
    assert ear.civil.day == date(2026, 11, 25)
