"""Who is on call: at every minute what an independent walk through time says, in zones that change their clocks."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.oncall.rotation import moment, wall
from alerts.oncall.schedule import Shift, on_call, shifts, turns
from ioc.duty import Booking, Layer, Override, Schedule, Swap
from ioc.worktime import WorkCalendar
from tests.alerts.oncall.oracle import MINUTE, Oracle

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = ("an", "binh", "chi", "dung")
TURNS = {
    # zone: days around changes of its clocks in 2026 and after, and one without any
    "Asia/Ho_Chi_Minh": ("2026-11-30",),
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "Africa/Cairo": ("2026-04-24", "2026-10-30"),
    "America/Santiago": ("2026-04-05", "2026-09-06"),
    "Pacific/Apia": ("2011-12-30",),
}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def at(text: str, zone: ZoneInfo = HANOI) -> float:
    return local(text).replace(tzinfo=zone).timestamp()


def weekly(*turns: tuple[str, ...], start: str = "2026-11-02T08:00", **more: object) -> Layer:
    return Layer(turns, local(start), **{"days": 7, **more})  # type: ignore[arg-type]


OFFICE = WorkCalendar(HANOI, frozenset({1, 2, 3, 4, 5}), ((450, 690), (810, 1020)))
CALENDARS = {"office": OFFICE}


def truc(*layers: Layer, zone: ZoneInfo = HANOI, **more: object) -> Schedule:
    return Schedule("truc", "Trực ca", zone, layers, **more)  # type: ignore[arg-type]


def test_turns_follow_each_other_and_begin_again() -> None:
    schedule = truc(weekly(("an",), ("binh",), ("chi", "dung")))
    asked = (
        "2026-11-02T08:00",
        "2026-11-09T07:59",
        "2026-11-09T08:00",
        "2026-11-16T08:00",
        "2026-11-23T08:00",
    )
    assert [on_call(schedule, at(each), {}) for each in asked] == [
        ("an",), ("an",), ("binh",), ("chi", "dung"), ("an",),
    ]  # fmt: skip


def test_nobody_is_on_call_before_a_rotation_begins() -> None:
    assert on_call(truc(weekly(("an",))), at("2026-11-02T07:59"), {}) == ()


def test_a_later_layer_beats_an_earlier_one_while_it_is_on_duty() -> None:
    night = weekly(("chi",), daily=(17 * 60, 8 * 60))
    schedule = truc(weekly(("an",)), night)
    assert on_call(schedule, at("2026-11-03T16:59"), {}) == ("an",)
    assert on_call(schedule, at("2026-11-03T17:00"), {}) == ("chi",)
    assert on_call(schedule, at("2026-11-04T07:59"), {}) == ("chi",)
    assert on_call(schedule, at("2026-11-04T08:00"), {}) == ("an",)


def test_a_layer_may_hold_only_while_a_calendar_is_closed() -> None:
    schedule = truc(weekly(("an",), calendar="office", closed=True))
    assert on_call(schedule, at("2026-11-03T09:00"), CALENDARS) == ()
    assert on_call(schedule, at("2026-11-03T12:00"), CALENDARS) == ("an",)
    assert on_call(schedule, at("2026-11-07T09:00"), CALENDARS) == ("an",), "a Saturday"


def test_a_turn_of_nobody_leaves_it_to_the_layer_before() -> None:
    schedule = truc(weekly(("an",)), weekly(("chi",), ()))
    assert on_call(schedule, at("2026-11-03T09:00"), {}) == ("chi",)
    assert on_call(schedule, at("2026-11-10T09:00"), {}) == ("an",)


def test_an_override_beats_every_layer_and_a_later_one_an_earlier_one() -> None:
    first = Override(local("2026-11-03T00:00"), local("2026-11-05T00:00"), ("binh",))
    schedule = truc(weekly(("an",)), overrides=(first,))
    on_screen = [Override(local("2026-11-04T00:00"), local("2026-11-04T12:00"), ("chi", "dung"))]
    assert on_call(schedule, at("2026-11-03T09:00"), {}, on_screen) == ("binh",)
    assert on_call(schedule, at("2026-11-04T09:00"), {}, on_screen) == ("chi", "dung")
    assert on_call(schedule, at("2026-11-04T12:00"), {}, on_screen) == ("binh",)
    assert on_call(schedule, at("2026-11-05T00:00"), {}, on_screen) == ("an",)


def test_a_swap_exchanges_two_and_comes_last() -> None:
    swap = Swap(local("2026-11-08T20:00"), local("2026-11-09T20:00"), "an", "binh")
    schedule = truc(weekly(("an",), ("binh",)), swaps=(swap,))
    assert on_call(schedule, at("2026-11-08T20:00"), {}) == ("binh",)
    assert on_call(schedule, at("2026-11-09T08:00"), {}) == ("an",)
    assert on_call(schedule, at("2026-11-09T20:00"), {}) == ("binh",)


def test_bookings_are_below_every_layer_and_add_up() -> None:
    day = at("2026-11-03T00:00")
    bookings = (Booking(day, day + 7200, ("an",)), Booking(day + 3600, day + 7200, ("binh", "an")))
    schedule = truc(weekly(("chi",), daily=(90, 105)), bookings=bookings)
    asked = (0, 3600, 5400, 6300, 7200)
    assert [on_call(schedule, day + each, {}) for each in asked] == [
        ("an",),
        ("an", "binh"),
        ("chi",),
        ("an", "binh"),
        (),
    ]


def test_shifts_follow_each_other_and_say_why() -> None:
    swap = Swap(local("2026-11-04T00:00"), local("2026-11-05T00:00"), "an", "chi")
    schedule = truc(weekly(("an",)), swaps=(swap,), overrides=(
        Override(local("2026-11-06T00:00"), local("2026-11-07T00:00"), ("binh",)),
    ))  # fmt: skip
    start, end = at("2026-11-02T00:00"), at("2026-11-08T00:00")
    assert shifts(schedule, start, end, {}) == [
        Shift(start, at("2026-11-02T08:00"), (), "nobody"),
        Shift(at("2026-11-02T08:00"), at("2026-11-04T00:00"), ("an",), "layer 1"),
        Shift(at("2026-11-04T00:00"), at("2026-11-05T00:00"), ("chi",), "layer 1, swap"),
        Shift(at("2026-11-05T00:00"), at("2026-11-06T00:00"), ("an",), "layer 1"),
        Shift(at("2026-11-06T00:00"), at("2026-11-07T00:00"), ("binh",), "override"),
        Shift(at("2026-11-07T00:00"), end, ("an",), "layer 1"),
    ]
    assert shifts(schedule, end, end, {}) == []


def test_the_same_person_twice_in_a_row_is_no_handover() -> None:
    found = shifts(
        truc(weekly(("an",)), weekly(("an",), daily=(0, 60))),
        at("2026-11-03T00:00"),
        at("2026-11-05T00:00"),
        {},
    )
    assert len(found) == 4
    assert turns(found) == [Shift(at("2026-11-03T00:00"), at("2026-11-05T00:00"), ("an",), "layer 2")]


@pytest.mark.parametrize(
    ("shown", "civil"),
    [
        ("2026-03-29T01:59", "2026-03-29T00:59+00:00"),
        ("2026-03-29T02:00", "2026-03-29T01:00+00:00"),
        ("2026-03-29T02:30", "2026-03-29T01:00+00:00"),
        ("2026-03-29T03:00", "2026-03-29T01:00+00:00"),
        ("2026-03-29T03:30", "2026-03-29T01:30+00:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30+00:00"),
        ("2026-10-25T03:00", "2026-10-25T02:00+00:00"),
    ],
)
def test_a_local_time_is_the_first_moment_at_which_clocks_show_it_or_a_later_one(
    shown: str, civil: str
) -> None:
    assert moment(local(shown), BERLIN) == datetime.fromisoformat(civil).timestamp()


def test_of_a_time_that_comes_twice_the_second_can_be_meant() -> None:
    second = local("2026-10-25T02:30").replace(fold=1)
    assert moment(second, BERLIN) == datetime.fromisoformat("2026-10-25T01:30+00:00").timestamp()


def test_a_handover_in_the_skipped_hour_is_when_the_clocks_jump() -> None:
    schedule = truc(Layer((("an",), ("binh",)), local("2026-03-28T02:30"), days=1), zone=BERLIN)
    jump = datetime.fromisoformat("2026-03-29T01:00+00:00").timestamp()
    assert on_call(schedule, jump - 1, {}) == ("an",)
    assert on_call(schedule, jump, {}) == ("binh",)
    assert wall(jump, BERLIN) == local("2026-03-29T03:00")


@st.composite
def zoned(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    name = draw(st.sampled_from(sorted(TURNS)))
    return ZoneInfo(name), local(draw(st.sampled_from(TURNS[name])))


people = st.sampled_from(((), ("an",), ("binh",), ("chi", "dung"), ("an", "chi")))
minutes = st.integers(0, 1439)


def _after(day: datetime, draw: st.DrawFn, days: int = 3) -> datetime:
    return day + timedelta(minutes=draw(st.integers(-days * 1440, days * 1440)))


@st.composite
def layer(draw: st.DrawFn, day: datetime) -> Layer:
    daily = draw(st.none() | st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]))
    hours, days = draw(st.sampled_from([(1, 0), (5, 0), (12, 0), (0, 1), (0, 2)]))
    turns_ = draw(st.lists(people, min_size=1, max_size=3))
    calendar = draw(st.sampled_from(["", "", "office"]))
    return Layer(tuple(turns_), _after(day, draw), days, hours, calendar, draw(st.booleans()), daily)


@st.composite
def change(draw: st.DrawFn, day: datetime) -> Override | Swap:
    start = _after(day, draw)
    end = start + timedelta(minutes=draw(st.integers(1, 2 * 1440)))
    if draw(st.booleans()):
        return Override(start, end, draw(people.filter(bool)))
    return Swap(start, end, *draw(st.permutations(PEOPLE))[:2])


@st.composite
def scheduled(draw: st.DrawFn) -> tuple[Schedule, tuple[Override | Swap, ...], float]:
    zone, day = draw(zoned())
    changes = draw(st.lists(change(day), max_size=3))
    schedule = Schedule(
        "truc",
        "Trực ca",
        zone,
        tuple(draw(st.lists(layer(day), max_size=3))),
        tuple(each for each in changes if isinstance(each, Override)),
        tuple(each for each in changes if isinstance(each, Swap)),
    )
    start = (day - timedelta(days=1)).replace(tzinfo=zone).timestamp()
    return schedule, tuple(draw(st.lists(change(day), max_size=2))), start


@settings(deadline=None, max_examples=60)
@given(scheduled())
def test_at_every_minute_it_is_who_the_slow_walk_says(
    drawn: tuple[Schedule, tuple[Override | Swap, ...], float],
) -> None:
    schedule, changes, start = drawn
    start = start // MINUTE * MINUTE
    end = start + 3 * 86_400
    found = shifts(schedule, start, end, CALENDARS, changes)
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(before.end == after.start for before, after in itertools.pairwise(found))
    assert all(shift.start < shift.end for shift in found)
    oracle = Oracle(schedule, start, CALENDARS)
    number = 0
    for civil in range(int(start), int(end), 7 * MINUTE):
        while found[number].end <= civil:
            number += 1
        wanted = oracle.at(civil, changes)
        assert found[number].people == wanted, wall(civil, schedule.zone)
        assert on_call(schedule, civil, CALENDARS, changes) == wanted
