"""Hours of nobody: where they are, which of them count, who could not be told."""

from __future__ import annotations

from alerts.oncall.gaps import Gap, called, gaps, unreached
from alerts.oncall.schedule import Change, shifts
from ioc.duty import Contact, Duty, Override, Person
from tests.alerts.oncall.test_schedule import CALENDARS, at, local, truc, weekly

MONDAY = at("2026-11-23T00:00")
WEEK = 7 * 86_400.0


def gap(start: str, end: str) -> Gap:
    return Gap(at(start), at(end))


def test_a_schedule_that_always_calls_somebody_has_none() -> None:
    assert gaps(truc(weekly(("an",))), MONDAY, {}) == []


def test_a_rotation_that_begins_later_is_a_gap_until_then() -> None:
    schedule = truc(weekly(("an",), start="2026-11-25T08:00"))
    assert gaps(schedule, MONDAY, {}) == [gap("2026-11-23T00:00", "2026-11-25T08:00")]


def test_gaps_side_by_side_are_one_whatever_leaves_them() -> None:
    schedule = truc(
        weekly(("an",), (), days=1, start="2026-11-23T00:00"), weekly((), days=1, start="2026-11-24T12:00")
    )
    assert gaps(schedule, MONDAY, {}, ahead=3 * 86_400.0) == [gap("2026-11-24T00:00", "2026-11-25T00:00")]


def test_hours_outside_the_cover_do_not_count() -> None:
    office = weekly(("an",), calendar="office")
    assert gaps(truc(office, cover="office"), MONDAY, CALENDARS) == []
    nights = truc(weekly(("an",), daily=(17 * 60, 7 * 60)), cover="office", cover_closed=True)
    assert gaps(nights, MONDAY, CALENDARS, ahead=86_400.0) == [
        gap("2026-11-23T07:00", "2026-11-23T07:30"), gap("2026-11-23T11:30", "2026-11-23T13:30"),
    ]  # fmt: skip


def test_what_was_changed_on_screen_fills_one() -> None:
    schedule = truc(weekly(("an",), start="2026-11-25T08:00"))
    change: list[Change] = [Override(local("2026-11-23T00:00"), local("2026-11-25T00:00"), ("binh",))]
    assert gaps(schedule, MONDAY, {}, change) == [gap("2026-11-25T00:00", "2026-11-25T08:00")]


def test_who_is_on_call_and_takes_no_critical_incident() -> None:
    people = {
        "an": Person("an", "An", (Contact("mail", "an@x"), Contact("sms", "1"))),
        "binh": Person("binh", "Bình", (Contact("mail", "binh@x"),)),
        "chi": Person("chi", "Chi", ()),
        "dung": Person("dung", "Dũng", (Contact("gone", "1"),)),
    }
    found = shifts(truc(weekly(("binh",), ("an", "chi"), ("dung",), days=1)), MONDAY, MONDAY + WEEK, {})
    on_call = called(Duty(people=people), found)
    assert {each.id for each in on_call} == set(people)
    severities = {"mail": frozenset({"warning"}), "sms": frozenset({"critical"})}
    assert [each.id for each in unreached(people.values(), severities)] == ["binh", "chi", "dung"]
