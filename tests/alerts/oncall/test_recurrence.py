"""Days of recurrence rules: what dateutil finds, and an end to every walk."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alerts.oncall.recurrence import RuleProblem, days, effort, recurrence

FIRST = date(2026, 1, 5)
WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def parts(text: str) -> dict[str, list[object]]:
    """A rule's text as its parts."""
    pairs = (each.split("=") for each in text.split(";"))
    return {name: [_value(each) for each in values.split(",")] for name, values in pairs}


def _value(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        return text


def expected(text: str, first: date, last: date) -> list[date]:
    """What dateutil says, up to a day."""
    rule = rrulestr(text, dtstart=datetime.combine(first, time()))
    return list(takewhile(lambda day: day <= last, (each.date() for each in rule)))


by_day = st.lists(st.sampled_from(WEEK), min_size=1, max_size=3, unique=True)
ordinals = st.sampled_from((1, 2, 3, 4, -1, -2))


@st.composite
def rule(draw: st.DrawFn) -> str:
    """One that some day satisfies: dateutil looks for it up to the year 9999."""
    frequency = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    long = frequency in ("MONTHLY", "YEARLY")
    out = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 1 if frequency == 'MONTHLY' else 4))}"]
    if draw(st.booleans()):
        out.append(f"COUNT={draw(st.integers(1, 40))}")
    by = draw(st.sampled_from(("", "BYDAY", "NTH", "BYMONTHDAY", "BOTH")))
    if by in ("BYDAY", "BOTH") or (by == "NTH" and not long):
        out.append(f"BYDAY={','.join(draw(by_day))}")
    elif by == "NTH":
        out.append(f"BYDAY={','.join(f'{draw(ordinals)}{name}' for name in draw(by_day))}")
    if by in ("BYMONTHDAY", "BOTH") and frequency != "WEEKLY":
        out.append(f"BYMONTHDAY={draw(st.sampled_from(('1', '5,13', '28', '-1', '-3,2')))}")
    if by and draw(st.booleans()):
        months = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True))
        out.append(f"BYMONTH={','.join(map(str, months))}")
    if by and long and draw(st.booleans()):
        out.append(f"BYSETPOS={draw(st.sampled_from((1, -1)))}")
    if frequency == "WEEKLY":
        out.append(f"WKST={draw(st.sampled_from(WEEK))}")
    return ";".join(out)


@settings(deadline=None, max_examples=100)
@given(rule(), st.integers(0, 400), st.integers(0, 1_200))
def test_it_finds_what_dateutil_finds(text: str, offset: int, since_: int) -> None:
    begin = FIRST + timedelta(days=offset)
    last = begin + timedelta(days=3 * 366)
    first = rrulestr(text, dtstart=datetime.combine(begin, time()))[0].date()
    assume(
        first <= last and expected(text, first, first) == [first]
    )  # else what it means is not certain (RFC 5545, 3.8.5.3)
    every = expected(text, first, last)
    made = recurrence(parts(text))
    assert list(days(made, first, last)) == every
    since = first + timedelta(days=since_)
    assert [day for day in days(made, first, last, since) if day >= since] == [
        day for day in every if day >= since
    ]


def test_what_a_rule_costs_is_told_before_it_is_worked_out() -> None:
    last = FIRST + timedelta(days=999)
    since = FIRST + timedelta(days=900)
    assert effort(recurrence(parts("FREQ=DAILY")), FIRST, last, since) == 100
    assert effort(recurrence(parts("FREQ=DAILY;INTERVAL=10;COUNT=3")), FIRST, last, since) == 100
    assert effort(recurrence(parts("FREQ=WEEKLY;BYDAY=MO,TU,WE")), FIRST, last, since) == 400
    assert effort(recurrence(parts("FREQ=DAILY")), FIRST, FIRST - timedelta(days=3), since) == 0


def test_a_rule_that_never_holds_ends() -> None:
    never = recurrence(parts("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"))
    assert list(days(never, FIRST, FIRST + timedelta(days=40 * 366))) == [FIRST]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("FREQ=SECONDLY", "FREQ=SECONDLY is not read; only DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("INTERVAL=2", "FREQ= is not read; only DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO is not read"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is not from 1 to 1000"),
        ("FREQ=DAILY;COUNT=9999999", "COUNT=9999999 is not from 1 to 100000"),
        ("FREQ=DAILY;COUNT=1,2", "COUNT with 2 values"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0 is no place"),
        ("FREQ=MONTHLY;BYMONTH=13", "BYMONTH=13 is not from 1 to 12"),
        ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY with a number means nothing with FREQ=WEEKLY"),
        ("FREQ=WEEKLY;BYDAY=XX", "XX is not a weekday"),
        ("FREQ=WEEKLY;UNTIL=soon", "UNTIL=soon is not a date"),
    ],
)
def test_what_is_not_read_is_said(text: str, wrong: str) -> None:
    with pytest.raises(RuleProblem) as problem:
        recurrence(parts(text))
    assert str(problem.value) == wrong
