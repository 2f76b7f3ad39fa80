"""The digest: who gets what of it, on which days, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from alerts import digest
from alerts.channels.base import Receiver
from alerts.incidents import Incident
from alerts.messages import ZONE
from alerts.notification import Target
from alerts.rules import Severity
from alerts.summary import MOST_LINES
from ioc.duty import Contact, Duty, Person
from ioc.worktime import WorkCalendar
from tests.alerts.world import Inbox, World, province
from tests.fakes import HandClock

DAY = date(2026, 11, 25)
OFFICE = WorkCalendar(ZONE, frozenset({1, 2, 3, 4, 5}), ((450, 1020),), {date(2026, 11, 24): False})


def civil(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def incident(
    number: int, unit: str, closed: float | None = None, severity: Severity = Severity.WARNING
) -> Incident:
    facts = {
        "unit": unit,
        "unit_name": f"Đơn vị {unit}",
        "title": f"Sự cố {number}",
        "began": civil("2026-11-24 10:00"),
    }
    return Incident(
        number, f"root-{number}", "rule", severity, civil("2026-11-24 10:00"), frozenset(), closed, facts=facts
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "due", "following"),
    [
        ("2026-11-23 07:29:59", "2026-11-23 07:30", "2026-11-23 07:30"),
        ("2026-11-23 07:30:00", "2026-11-23 07:30", "2026-11-25 07:30"),
        ("2026-11-24 12:00", None, "2026-11-25 07:30"),  # a holiday
        ("2026-11-27 12:00", "2026-11-27 07:30", "2026-11-30 07:30"),  # over a weekend
        ("2026-11-28 07:30", None, "2026-11-30 07:30"),
    ],
)
def test_it_is_due_on_working_days(now: str, due: str | None, following: str) -> None:
    assert digest.moment(OFFICE, civil(now)) == (None if due is None else civil(due))
    assert digest.next_moment(OFFICE, civil(now)) == civil(following)


def test_a_calendar_that_is_never_worked_has_no_moment() -> None:
    assert digest.next_moment(replace(OFFICE, days=frozenset()), civil("2026-11-23 07:00")) is None


def test_a_unit_is_told_of_its_own_and_of_those_below() -> None:
    units = province().units
    since = civil("2026-11-24 07:30")
    all = [
        incident(1, "x-a"),
        incident(2, "x-b", severity=Severity.CRITICAL),
        incident(3, ""),  # of ourselves
        incident(4, "x-a", closed=since + 60),
        incident(5, "x-a", closed=since),  # the last digest had it
        replace(incident(6, "x-a", closed=since + 60), into=1),  # goes on in another one
    ]
    above = digest.of_unit("th", all, since, units, DAY)
    assert [each.id for each in above.open] == [2, 1, 3]
    assert [each.id for each in above.closed] == [4]
    below = digest.of_unit("x-b", all, since, units, DAY)
    assert [each.id for each in (*below.open, *below.closed)] == [2]


def test_what_it_says() -> None:
    told = digest.Digest(
        civil("2026-11-24 07:30"), (incident(1, "a"),), (incident(2, "a", civil("2026-11-25 06:00")),)
    )
    reader = digest.Reader("a", Target("mail", "x@example.vn", "x"), "vi")
    said = digest.notification(told, reader, 7, civil("2026-11-25 07:30"), "http://wall.example")
    assert said.annotations["what"] == "1 sự cố đang mở, 1 đã hết từ 07:30 24/11"
    assert said.annotations["lines"].splitlines() == [
        "Còn mở từ 10:00 24/11: Sự cố 1, Đơn vị a (sự cố 1)",
        "Đã hết lúc 06:00 25/11, từ 10:00 24/11: Sự cố 2, Đơn vị a (sự cố 2)",
    ]
    assert (said.kind, said.severity, said.because, said.target) == (
        "digest",
        "info",
        "digest",
        reader.target,
    )
    english = digest.notification(told, replace(reader, language="en"), 8, said.at, "")
    assert english.annotations["what"] == "1 incidents open, 1 closed since 07:30 24/11"


def test_a_long_one_counts_what_it_leaves_out() -> None:
    many = tuple(incident(number, "a") for number in range(1, MOST_LINES + 11))
    reader = digest.Reader("a", Target("mail"), "vi")
    said = digest.notification(digest.Digest(0.0, many, ()), reader, 7, 0.0, "")
    lines = said.annotations["lines"].splitlines()
    assert len(lines) == MOST_LINES
    assert lines[-1] == "… và 11 sự cố nữa"


# --- the whole of it, on simulated time ---

DUTY = Duty(
    people={
        "hai": Person("hai", "Hải", (Contact("mail", "hai@example.vn"),), unit="th", digest=True),
        "lan": Person("lan", "Lan", (Contact("mail", "lan@example.vn"),), unit="x-b", digest=True),
    }
)


def world(path: Path, inbox: Inbox, at: str) -> World:
    """A service from a civil time on: digests for the province, and for a commune where all is well."""
    receivers = {"mail": Receiver("mail", inbox)}
    clock = HandClock(civil(at))
    return World(path, clock=clock, inbox=inbox, receivers=receivers, duty=DUTY, calendars={"office": OFFICE})


def digests(inbox: Inbox) -> list[tuple[str, str]]:
    """To whom, and when."""
    return [
        (each.person, datetime.fromtimestamp(each.at, ZONE).strftime("%a %H:%M"))
        for each in inbox.got
        if each.kind == digest.DIGEST
    ]


async def until(here: World, at: str) -> None:
    await here.go(civil(at) - here.clock.at)


async def test_it_comes_once_a_working_day_and_only_with_something_in_it(tmp_path: Path) -> None:
    inbox = Inbox()
    here = world(tmp_path, inbox, "2026-11-23 07:00")
    here.all()
    await until(here, "2026-11-23 09:00")
    assert digests(inbox) == []  # nothing happened
    here.put("room-a1", "down")
    await until(here, "2026-11-27 09:00")
    assert digests(inbox) == [("hai", "Wed 07:30"), ("hai", "Thu 07:30"), ("hai", "Fri 07:30")]
    assert "1 sự cố đang mở, 0 đã hết" in inbox.got[-1].annotations["what"]
    await here.stop()


async def test_one_that_was_missed_comes_after_the_start_and_not_twice(tmp_path: Path) -> None:
    inbox = Inbox()
    here = world(tmp_path, inbox, "2026-11-25 07:00")
    here.all()
    here.put("room-b1", "down")
    await until(here, "2026-11-25 08:00")
    await here.stop()
    for at in ("2026-11-26 10:00", "2026-11-26 10:05", "2026-11-27 23:59"):
        here = world(tmp_path, inbox, at)
        await here.go(1.0)
        await here.stop()
    both = ("hai", "lan")
    assert digests(inbox) == [(who, at) for at in ("Wed 07:30", "Thu 10:00", "Fri 23:59") for who in both]


async def test_a_service_that_starts_for_the_first_time_has_missed_none(tmp_path: Path) -> None:
    inbox = Inbox()
    here = world(tmp_path, inbox, "2026-11-25 10:00")
    here.all()
    here.put("room-a1", "down")
    await until(here, "2026-11-25 23:00")
    assert digests(inbox) == []
    await here.stop()


async def test_a_clock_that_was_set_is_followed_within_an_hour(tmp_path: Path) -> None:
    inbox = Inbox()
    here = world(tmp_path, inbox, "2026-11-25 00:00")
    here.all()
    here.put("room-a1", "down")
    await here.go(60.0)
    here.clock.ahead = civil("2026-11-25 09:00") - here.clock.at
    await here.go(3600.0)
    assert [who for who, _ in digests(inbox)] == ["hai"]
    await here.stop()
