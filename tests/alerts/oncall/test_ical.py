"""Calendar files in and out: who is meant, which clocks count, what hostile files cost."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.oncall import ical
from alerts.oncall.ical import MOST_BOOKINGS, MOST_EVENTS, read, write
from alerts.oncall.schedule import Shift, on_call, shifts
from ioc.config.schedules import Booked
from ioc.duty import Booking, Contact, Duty, Person, Schedule
from tests.alerts.oncall.test_schedule import HANOI, at, truc, weekly

PEOPLE = {
    "an": Person("an", "Nguyễn Văn An", (Contact("sms", "+84912000101"), Contact("mail", "An@Example.vn"))),
    "binh": Person("binh", "Trần Thị Bình", (Contact("mail", "binh@example.vn"),)),
    "chi": Person("chi", "Lê Thị Chi", ()),
}
TODAY = date(2026, 11, 24)


def file(*events: str) -> str:
    inside = "".join(
        f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{inside}END:VCALENDAR\n"


def booked(*events: str, zone: ZoneInfo = HANOI) -> Booked:
    return read(file(*events), PEOPLE, zone, TODAY)


def spans(found: Booked) -> list[tuple[str, str, tuple[str, ...]]]:
    """Bookings in the clocks of Hà Nội."""
    assert not found.problems
    return [(_shown(each.start), _shown(each.end), each.people) for each in found.bookings]


def _shown(civil: float) -> str:
    from alerts.oncall.rotation import wall

    return wall(civil, HANOI).isoformat(" ", "minutes")


DAYTIME = "DTSTART:20261201T080000\nDTEND:20261201T200000"


@pytest.mark.parametrize(
    ("who", "people"),
    [
        ("SUMMARY:an", ("an",)),
        ("SUMMARY:Nguyễn Văn An", ("an",)),
        ("SUMMARY:  LÊ  THỊ chi ,Trần Thị Bình", ("chi", "binh")),
        ("SUMMARY:Trực ca\nATTENDEE:mailto:an@example.vn", ("an",)),
        (
            "SUMMARY:binh\nATTENDEE;CN=An:MAILTO:AN@example.vn\nATTENDEE:mailto:binh@example.vn",
            ("an", "binh"),
        ),
        ("SUMMARY:chi\nATTENDEE:mailto:khach@example.vn", ("chi",)),
    ],
)
def test_whom_an_event_names(who: str, people: tuple[str, ...]) -> None:
    assert spans(booked(f"{DAYTIME}\n{who}")) == [("2026-12-01 08:00", "2026-12-01 20:00", people)]


@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        ("DTSTART:20261201T010000Z\nDTEND:20261201T130000Z", "2026-12-01 08:00", "2026-12-01 20:00"),
        ("DTSTART;TZID=Asia/Tokyo:20261201T100000\nDURATION:PT12H", "2026-12-01 08:00", "2026-12-01 20:00"),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261203", "2026-12-01 00:00", "2026-12-03 00:00"),
        ("DTSTART;VALUE=DATE:20261201", "2026-12-01 00:00", "2026-12-02 00:00"),
    ],
)
def test_which_clocks_count(times: str, start: str, end: str) -> None:
    assert spans(booked(f"{times}\nSUMMARY:an")) == [(start, end, ("an",))]


def test_what_repeats_is_expanded_with_its_exceptions() -> None:
    event = (
        "DTSTART:20261130T080000\nDTEND:20261130T200000\nSUMMARY:an\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5"
    )
    found = booked(f"{event}\nEXDATE:20261202T080000\nRDATE:20261205T080000")
    assert [start for start, _, _ in spans(found)] == [
        "2026-11-30 08:00", "2026-12-05 08:00", "2026-12-07 08:00", "2026-12-09 08:00", "2026-12-14 08:00",
    ]  # fmt: skip


def test_one_occurrence_can_be_moved_to_somebody_else() -> None:
    moved = (
        "UID:7\nRECURRENCE-ID:20261207T080000\nDTSTART:20261207T100000\nDTEND:20261207T120000\nSUMMARY:binh"
    )
    weekly_ = "UID:7\nDTSTART:20261130T080000\nDTEND:20261130T200000\nSUMMARY:an\nRRULE:FREQ=WEEKLY;COUNT=3"
    text = "".join(f"BEGIN:VEVENT\n{each}\nEND:VEVENT\n" for each in (weekly_, moved))
    found = read(f"BEGIN:VCALENDAR\n{text}END:VCALENDAR\n", PEOPLE, HANOI, TODAY)
    assert spans(found) == [
        ("2026-11-30 08:00", "2026-11-30 20:00", ("an",)),
        ("2026-12-07 10:00", "2026-12-07 12:00", ("binh",)),
        ("2026-12-14 08:00", "2026-12-14 20:00", ("an",)),
    ]


def test_a_night_shift_ends_at_the_same_hour_whatever_the_clocks_do() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = "DTSTART:20270327T200000\nDTEND:20270328T080000\nSUMMARY:an\nRRULE:FREQ=DAILY;COUNT=2"
    found = booked(night, zone=berlin)
    assert [each.end for each in found.bookings] == [
        at("2027-03-28T08:00", berlin),
        at("2027-03-29T08:00", berlin),
    ]


def test_what_is_over_or_cancelled_or_far_ahead_is_left_out() -> None:
    old = "DTSTART:20261101T080000\nDTEND:20261101T200000\nSUMMARY:an"
    gone = f"{DAYTIME}\nSUMMARY:an\nSTATUS:CANCELLED"
    yearly = f"{DAYTIME}\nSUMMARY:binh\nRRULE:FREQ=YEARLY"
    assert [start[:4] for start, _, _ in spans(booked(old, gone, yearly))] == ["2026", "2027", "2028"]


def test_until_is_the_last_moment_at_which_one_begins() -> None:
    daily = f"{DAYTIME}\nSUMMARY:an\nRRULE:FREQ=DAILY;UNTIL="
    assert len(booked(daily + "20261203T010000Z").bookings) == 3
    assert len(booked(daily + "20261203T005959Z").bookings) == 2
    assert len(booked(daily + "20261203").bookings) == 3


def test_a_schedule_may_be_a_calendar_file_alone() -> None:
    bookings = booked(
        f"{DAYTIME}\nSUMMARY:an", "DTSTART:20261201T190000\nDURATION:PT2H\nSUMMARY:binh"
    ).bookings
    schedule = truc(bookings=bookings)
    assert on_call(schedule, at("2026-12-01T19:30"), {}) == ("an", "binh")
    assert on_call(schedule, at("2026-12-01T21:00"), {}) == ()


def test_a_files_own_zones_are_not_worked_out() -> None:
    zone = "BEGIN:VTIMEZONE\nTZID:Asia/Ho_Chi_Minh\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0700\n"
    zone += "TZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"
    event = "DTSTART;TZID=Asia/Ho_Chi_Minh:20261201T080000\nDURATION:PT12H\nSUMMARY:an"
    text = file(event).replace("BEGIN:VEVENT", zone + "BEGIN:VEVENT", 1)
    assert spans(read(text, PEOPLE, HANOI, TODAY)) == [("2026-12-01 08:00", "2026-12-01 20:00", ("an",))]


def test_too_many_events_and_shifts_are_refused() -> None:
    event = f"{DAYTIME}\nSUMMARY:an"
    found = booked(*[event] * (MOST_EVENTS + 1))
    assert [each.what for each in found.problems] == [f"more than {MOST_EVENTS} events"]
    daily = f"{DAYTIME}\nSUMMARY:an\nRRULE:FREQ=DAILY"
    found = booked(*[daily] * 30)
    assert [each.what for each in found.problems] == [f"more than {MOST_BOOKINGS} shifts in three years"]
    assert found.bookings == ()


LONG_AGO = "DTSTART:19900101T080000\nDTEND:19900101T200000\nSUMMARY:an"


def test_what_repeats_since_long_ago_costs_no_more_than_what_begins_today() -> None:
    (weekly,) = spans(booked(f"{LONG_AGO}\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20261208T000000Z"))[
        -1:
    ]
    assert weekly == ("2026-12-01 08:00", "2026-12-01 20:00", ("an",))
    found = booked(*[f"{LONG_AGO}\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"] * 1_000)
    assert (found.bookings, found.problems) == ((), ())


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
        "FREQ=YEARLY;COUNT=5000;BYSETPOS=-1;BYDAY=" + ",".join(f"{number}MO" for number in range(1, 53)),
    ],
)
def test_a_file_that_would_take_minutes_to_expand_is_refused_at_once(rule: str) -> None:
    found = booked(*[f"{LONG_AGO}\nRRULE:{rule}"] * 500)
    (problem,) = found.problems
    assert (problem.what, problem.hint) == (
        "events whose repeats take too long to work out",
        "have what repeats a counted number of times begin later, or write UNTIL instead of COUNT",
    )


def test_a_mark_of_byte_order_is_no_fault() -> None:
    assert read("\ufeff" + file(f"{DAYTIME}\nSUMMARY:an"), PEOPLE, HANOI, TODAY).problems == ()


def test_a_repetition_that_began_long_ago_is_refused() -> None:
    found = booked("DTSTART:19010101T080000\nDTEND:19010101T200000\nSUMMARY:an\nRRULE:FREQ=DAILY")
    assert [each.what for each in found.problems] == ["DTSTART out of 1990 to 2100:"]


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=300), st.integers(0, 6))
def test_any_text_is_read_or_refused(noise: str, place: int) -> None:
    whole = file(f"{DAYTIME}\nSUMMARY:an\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261202T080000").splitlines(
        keepends=True
    )
    whole.insert(place, noise + "\n")
    found = read("".join(whole), PEOPLE, HANOI, TODAY)
    assert isinstance(found, Booked)


NAMES = st.sampled_from(
    ("DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE", "RECURRENCE-ID", "ATTENDEE", "UID")
)
VALUES = st.sampled_from(
    (
        "", "x", "20261201", "20261201T080000", "20261201T080000Z", "P1D", "-P1D", "PT99999999H", "99991231T235959",
        "00010101T000000", "FREQ=DAILY", "FREQ=DAILY;UNTIL=20261301", "FREQ=YEARLY;BYDAY=99MO", "FREQ=;COUNT=-1",
        "20261201T080000/PT1H", "20261201T080000,20261202", "mailto:an@example.vn", "FREQ=MONTHLY;BYSETPOS=0",
    )
)  # fmt: skip
PARAMETERS = st.sampled_from(
    ("", ";VALUE=DATE", ";TZID=Asia/Ho_Chi_Minh", ";TZID=Nowhere", ";VALUE=PERIOD", ';X="y')
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(NAMES, PARAMETERS, VALUES), max_size=8))
def test_any_properties_are_read_or_refused(properties: list[tuple[str, str, str]]) -> None:
    body = "\n".join(f"{name}{parameters}:{value}" for name, parameters, value in properties)
    found = booked(f"SUMMARY:an\n{body}", f"{DAYTIME}\nSUMMARY:binh")
    assert all(each.line >= 0 and each.what for each in found.problems)
    assert all(each.start < each.end for each in found.bookings)


def test_what_we_write_is_read_again() -> None:
    schedule = truc(weekly(("an",), ("binh", "chi")))
    duty = Duty(people=PEOPLE, schedules={"truc": schedule})
    found = shifts(schedule, at("2026-12-01T00:00"), at("2026-12-20T00:00"), {})
    text = write(schedule, duty, found, at("2026-11-24T00:00")).decode()
    again = read(text, PEOPLE, HANOI, TODAY)
    assert again == Booked(tuple(Booking(each.start, each.end, each.people) for each in found))
    assert "CATEGORIES:Trực ca" in text.replace("\r\n ", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_hours_of_nobody_are_no_events() -> None:
    schedule = Schedule("truc", "Trực", HANOI)
    text = write(schedule, Duty(), [Shift(0.0, 10.0, (), "nobody")], 0.0).decode()
    assert "VEVENT" not in text
    assert ical.read(text, PEOPLE, HANOI, TODAY) == Booked()
