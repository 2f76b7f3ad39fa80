"""What falls due when: golden cases a rule, limits as people write them, and what holds of every calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.config.public_days import public_days
from ioc.deadline import (
    Limit,
    Result,
    Unit,
    differs,
    due_of,
    end_of_day,
    falls_at,
    limit_of,
    moved_by,
    result_of,
    soon_at,
    stuck_at,
)
from ioc.worktime import WorkCalendar
from tests.calendars import calendars, moments

CASES = sorted((Path(__file__).parent / "cases" / "deadline").iterdir())
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = WorkCalendar(
    ZoneInfo("Asia/Ho_Chi_Minh"),
    frozenset({1, 2, 3, 4, 5}),
    ((420, 690), (810, 1020)),
    {date(2026, 11, 24): False},
)

Row = Mapping[str, Any]
Answer = float | str | bool | None


def calendar_of(written: Row) -> WorkCalendar:
    dates = dict(public_days(written["holidays"], 2026)) if "holidays" in written else {}
    dates |= {date.fromisoformat(day): what == "work" for day, what in written.get("dates", {}).items()}
    days = frozenset(WEEK.index(day) + 1 for day in written.get("days", WEEK[:5]))
    zone = ZoneInfo(written.get("zone", "Asia/Ho_Chi_Minh"))
    return WorkCalendar(zone, days, tuple(session_of(each) for each in written["sessions"]), dates)


def session_of(text: str) -> tuple[int, int]:
    first, last = (each.split(":") for each in text.split("-"))
    return int(first[0]) * 60 + int(first[1]), int(last[0]) * 60 + int(last[1])


def ask(calendar: WorkCalendar, row: Row) -> Answer:
    """A row's answer: moments as local text, the rest as it is."""

    def at(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=calendar.zone).timestamp()

    def due() -> float | None:
        return None if row["due"] == "null" else at(row["due"])

    asked: dict[str, Callable[[], Answer]] = {
        "closed": lambda: result_of(calendar, due(), at(row["closed"])).value,
        "given": lambda: str(differs(calendar, at(row["given"]), at(row["computed"]))).lower(),
        "due": lambda: due_of(calendar, at(row["due"]), limit_of(row["limit"])),
        "falls": lambda: falls_at(calendar, at(row["falls"])),
        "end": lambda: end_of_day(calendar, date.fromisoformat(row["end"])),
        "moved": lambda: moved_by(at(row["moved"]), [(at(begin), at(end)) for begin, end in row["pauses"]]),
        "soon": lambda: soon_at(calendar, at(row["soon"]), float(row["hours"]) * 3_600),
        "stuck": lambda: stuck_at(calendar, at(row["stuck"]), float(row["hours"]) * 3_600),
    }
    answer = next(of for name, of in asked.items() if name in row)()
    if isinstance(answer, float):
        local = datetime.fromtimestamp(answer, calendar.zone)
        return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")
    return "null" if answer is None else answer


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_golden_cases(folder: Path) -> None:
    # every value as text: neither dates nor `off` are anything else here
    case = yaml.load((folder / "case.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
    calendar = calendar_of(case["calendar"])
    answered = [(row, ask(calendar, row)) for row in case["rows"]]
    assert [(row, answer) for row, answer in answered if answer != row["is"]] == []


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("8 giờ", 8, Unit.HOURS),
        ("08 giờ làm việc", 8, Unit.HOURS),
        ("1,5 giờ", 1.5, Unit.HOURS),
        ("20 ngày", 20, Unit.DAYS),
        ("10 ngày làm việc", 10, Unit.WORKING_DAYS),
        ("  10  Ngày\tLàm Việc ", 10, Unit.WORKING_DAYS),
        ("0,5 ngày làm việc", 0.5, Unit.WORKING_DAYS),
        ("10 ngay lam viec", 10, Unit.WORKING_DAYS),
        ("10 nga\u0300y la\u0300m vie\u0323\u0302c", 10, Unit.WORKING_DAYS),
        ("1 tháng", 1, Unit.MONTHS),
        ("10 working days", 10, Unit.WORKING_DAYS),
        ("10 working_days", 10, Unit.WORKING_DAYS),
        ("1 day", 1, Unit.DAYS),
        ("10wd", 10, Unit.WORKING_DAYS),
        ("8h", 8, Unit.HOURS),
        ("20d", 20, Unit.DAYS),
        ("1mo", 1, Unit.MONTHS),
        ("PT8H", 8, Unit.HOURS),
        ("P20D", 20, Unit.DAYS),
        ("p10wd", 10, Unit.WORKING_DAYS),
        ("P1M", 1, Unit.MONTHS),
    ],
)
def test_limits_as_they_are_written(text: str, amount: float, unit: Unit) -> None:
    assert limit_of(text) == Limit(amount, unit)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", 'not a time limit: ""'),
        ("10", 'not a time limit: "10"'),
        ("ngày", 'not a time limit: "ngày"'),
        ("10 phút", 'not a time limit: "10 phút"'),
        ("-3 ngày", 'not a time limit: "-3 ngày"'),
        ("10 ngày làm việc kể từ ngày nhận", 'not a time limit: "10 ngày làm việc kể từ ngày nhận"'),
        ("1e3 ngày", 'not a time limit: "1e3 ngày"'),
        ("١٠ ngày", 'not a time limit: "١٠ ngày"'),
        ("PT1M", 'not a time limit: "PT1M"'),
        ("P8H", 'not a time limit: "P8H"'),
        ("0 ngày", 'time limit of "0 ngày": write more than 0, at most 9999 ngày'),
        (
            "10000 ngày làm việc",
            'time limit of "10000 ngày làm việc": write more than 0, at most 9999 ngày làm việc',
        ),
        ("601 tháng", 'time limit of "601 tháng": write more than 0, at most 600 tháng'),
        ("0,5 ngày", 'time limit of "0,5 ngày": write whole days and months'),
        ("P1,5M", 'time limit of "1,5 tháng": write whole days and months'),
    ],
)
def test_what_is_no_limit_says_what_to_write(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match="time limit") as told:
        limit_of(text)
    hint = "; write 8 giờ, 10 ngày làm việc, 20 ngày, 1 tháng; or PT8H, P10WD, P20D, P1M"
    assert str(told.value) == fault + (hint if fault.startswith("not") else "")


def test_a_long_text_is_shown_by_its_beginning() -> None:
    with pytest.raises(ValueError, match='"x{80}";'):
        limit_of("x" * 100_000)


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), -1e18, 0.0, 5e9])
def test_moments_of_no_known_year_are_refused(moment: float) -> None:
    with pytest.raises(ValueError, match="counted from 1990 to 2100"):
        due_of(OFFICE, moment, Limit(20, Unit.DAYS))


def test_an_end_after_the_known_years_is_refused() -> None:
    with pytest.raises(ValueError, match="year 2120"):
        due_of(OFFICE, datetime(2095, 3, 1, 9, tzinfo=OFFICE.zone).timestamp(), Limit(300, Unit.MONTHS))


hundredths = st.integers(1, 999_900).map(lambda number: number / 100)
limits = st.one_of(
    st.builds(Limit, hundredths, st.sampled_from((Unit.HOURS, Unit.WORKING_DAYS))),
    st.builds(Limit, st.integers(1, 9_999), st.just(Unit.DAYS)),
    st.builds(Limit, st.integers(1, 600), st.just(Unit.MONTHS)),
)
short = st.builds(Limit, st.integers(1, 12), st.sampled_from(Unit))


@given(limits)
def test_a_limit_reads_back_as_it_is_shown(limit: Limit) -> None:
    assert limit_of(str(limit)) == limit


@given(st.text(max_size=40) | st.from_regex(r"P?T?[0-9]{1,6}([.,][0-9]+)? ?(ngày|wd|h|M)", fullmatch=True))
def test_any_text_is_a_limit_or_a_clear_fault(text: str) -> None:
    try:
        found = limit_of(text)
    except ValueError as told:
        words = str(told)
    else:
        words = f"time limit of {found}"
        assert limit_of(str(found)) == found
    assert "time limit" in words


@settings(deadline=None)
@given(calendars, moments, moments, short)
def test_what_is_received_later_is_not_due_earlier(
    calendar: WorkCalendar, one: float, other: float, limit: Limit
) -> None:
    first, second = (due_of(calendar, moment, limit) for moment in sorted((one, other)))
    assert first is not None
    assert second is not None
    assert first <= second


@settings(deadline=None)
@given(calendars, moments, short, st.integers(1, 12))
def test_more_time_is_not_due_earlier(
    calendar: WorkCalendar, received: float, limit: Limit, more: int
) -> None:
    first = due_of(calendar, received, limit)
    second = due_of(calendar, received, Limit(limit.amount + more, limit.unit))
    assert first is None or second is None or received < first <= second


@settings(deadline=None)
@given(calendars, moments, short)
def test_what_is_computed_falls_due_in_hours(calendar: WorkCalendar, received: float, limit: Limit) -> None:
    due = due_of(calendar, received, limit)
    if due is not None:
        assert falls_at(calendar, due) == due
        assert result_of(calendar, due, due) is Result.ON_TIME
        assert result_of(calendar, due, due + 1) is Result.LATE
        assert not differs(calendar, due, due)


pauses = st.lists(
    st.tuples(moments, st.integers(0, 10**6)).map(lambda pause: (pause[0], pause[0] + pause[1])), max_size=5
)


@given(moments, pauses, st.randoms())
def test_pauses_move_by_what_they_cover_in_any_order(
    due: float, given_: list[tuple[float, float]], random: Any
) -> None:
    seconds = {
        second for begin, end in given_ for second in range(int(begin) // 3_600, -(-int(end) // 3_600))
    }
    moved = moved_by(due, given_)
    assert due <= moved <= due + 3_600 * len(seconds)
    shuffled = random.sample(given_, len(given_))
    assert moved_by(due, [*shuffled, *given_]) == moved, "an order or a repeat changes nothing"
    assert moved_by(due, [*given_, (due, due)]) == moved, "a pause of nothing changes nothing"
    assert moved >= moved_by(due, given_[1:]), "one more is not earlier"


@settings(deadline=None)
@given(calendars, moments, st.integers(0, 10**6))
def test_soon_is_before_and_stuck_after(calendar: WorkCalendar, at: float, seconds: int) -> None:
    soon, stuck = soon_at(calendar, at, seconds), stuck_at(calendar, at, seconds)
    assert soon is None or (soon <= at and calendar.worked(soon, at) == seconds)
    assert stuck is None or (at <= stuck and calendar.worked(at, stuck) == seconds)
