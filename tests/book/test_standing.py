"""How a case stands: its due, its pauses, and the very moments at which that changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.cases.model import Case, Record, Step, Supplement
from ioc.cases.standing import (
    AGES,
    PAST,
    Standing,
    clock_of,
    closed_at,
    differing,
    due_of,
    next_moment,
    pauses,
    result_of,
    view_of,
)
from ioc.deadline import Result
from tests.book.making import DAY, HOUR, KEY, TERMS, at, record, step, updates
from tests.book.test_merge import told

RECEIVED = at("2026-10-05 08:00")  # a Monday
DUE = at("2026-10-16 17:00")


def case_of(status: str = "4", *steps: Step, **changed: Any) -> Case:
    given: dict[str, Any] = {"received": RECEIVED, "due": DUE, **changed}
    return Case(KEY, record(RECEIVED, status, **given), (), steps)


def standing(case: Case, when: float) -> Standing:
    return view_of(clock_of(case, TERMS), RECEIVED, when).standing


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (at("2026-10-05 08:00"), Standing.ON_TRACK),
        (at("2026-10-16 07:30") - 1, Standing.ON_TRACK),
        (at("2026-10-16 09:30"), Standing.SOON),
        (DUE, Standing.SOON),
        (DUE + PAST, Standing.OVERDUE),
        (DUE + DAY, Standing.OVERDUE),
    ],
)
def test_a_case_is_soon_due_and_then_overdue_at_its_very_moment(when: float, expected: Standing) -> None:
    assert standing(case_of(), when) is expected


def test_without_a_due_the_procedures_limit_decides() -> None:
    case = case_of(due=None, procedure="2.000815")
    assert due_of(case, TERMS) == at("2026-10-19 08:00")
    assert standing(case_of(due=None), RECEIVED) is Standing.NONE


def test_the_newest_date_given_for_a_supplement_is_due_first() -> None:
    papers = (
        Supplement(RECEIVED + DAY, RECEIVED + 2 * DAY, None, DUE + 5 * DAY),
        Supplement(RECEIVED + 3 * DAY, RECEIVED + 4 * DAY, None, DUE + 3 * DAY),
    )
    assert due_of(case_of(supplements=papers), TERMS) == DUE + 3 * DAY


def test_a_pause_that_ended_without_a_new_date_moves_due_by_its_own_length() -> None:
    papers = (Supplement(RECEIVED + DAY, RECEIVED + 3 * DAY),)
    assert due_of(case_of(supplements=papers), TERMS) == DUE + 2 * DAY
    paused = step(RECEIVED + DAY, "5"), step(RECEIVED + 3 * DAY, "4")
    assert due_of(case_of("4", *paused), TERMS) == DUE + 2 * DAY
    assert due_of(case_of("4", *paused, supplements=papers), TERMS) == DUE + 2 * DAY


def test_a_pause_before_the_new_date_was_given_is_in_that_date() -> None:
    papers = (
        Supplement(RECEIVED + DAY, RECEIVED + 2 * DAY),
        Supplement(RECEIVED + 3 * DAY, RECEIVED + 4 * DAY, None, DUE + DAY),
        Supplement(RECEIVED + 5 * DAY, RECEIVED + 5 * DAY + HOUR),
    )
    assert due_of(case_of(supplements=papers), TERMS) == DUE + DAY + HOUR


@pytest.mark.parametrize(
    "case",
    [case_of("5"), case_of("4", step(RECEIVED + DAY, "5")), case_of(supplements=(Supplement(RECEIVED + 1),))],
)
def test_nothing_falls_due_while_paused(case: Case) -> None:
    assert standing(case, DUE + 30 * DAY) is Standing.PAUSED
    assert clock_of(case, TERMS).overdue is None


def test_stretches_of_a_paused_status_are_told_with_their_ends() -> None:
    acts = [step(RECEIVED + n * HOUR, code) for n, code in enumerate(("4", "5", "5", "4", "9", "5"), 1)]
    assert pauses(case_of("4", *acts)) == [
        (RECEIVED + 2 * HOUR, RECEIVED + 4 * HOUR),
        (RECEIVED + 6 * HOUR, None),
    ]


def test_a_case_without_progress_is_stuck_beside_however_it_stands() -> None:
    times = clock_of(case_of("4", step(at("2026-10-06 17:00"))), TERMS)
    assert times.stuck == at("2026-10-12 17:00")
    assert times.stuck is not None
    assert not view_of(times, RECEIVED, times.stuck - 1).stuck
    assert view_of(times, RECEIVED, times.stuck).stuck


def test_a_case_that_is_over_has_no_moments() -> None:
    over = clock_of(case_of("9"), TERMS)
    assert next_moment(over, None, RECEIVED) is None


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (at("2026-10-15 16:00"), Result.EARLY),
        (at("2026-10-16 08:00"), Result.ON_TIME),
        (DUE, Result.ON_TIME),
        (DUE + 1, Result.LATE),
    ],
)
def test_how_a_case_was_closed(closed: float, expected: Result) -> None:
    assert result_of(case_of("9", closed=closed), TERMS) is expected
    assert result_of(case_of("4", step(closed, "9")), TERMS) is expected


def test_given_back_after_it_was_done_it_was_over_when_done() -> None:
    done, back = step(DUE, "9"), Step(KEY, DUE + DAY, "portal", "10", step(DUE, "9").stage)
    assert closed_at(case_of("4", done, back)) == DUE
    assert closed_at(case_of("4", done, step(DUE + HOUR, "4"), back)) == DUE + DAY


def test_a_due_far_from_the_computed_one_is_told() -> None:
    far = record(RECEIVED, received=RECEIVED, due=DUE + 10 * DAY, procedure="2.000815")
    assert differing(far, TERMS) == at("2026-10-19 08:00")
    near = far._replace(due=at("2026-10-20 08:00"))
    assert differing(near, TERMS) is None


def test_moments_outside_the_years_known_are_no_due() -> None:
    assert standing(case_of(due=9e9), RECEIVED) is Standing.ON_TRACK
    assert clock_of(case_of(due=9e9), TERMS).overdue is None


@settings(deadline=None)
@given(st.lists(updates(), min_size=1, max_size=8), st.floats(0, 120))
def test_between_two_moments_nothing_changes(reports: list[Record | Step], days: float) -> None:
    case = told(reports)
    times, received = clock_of(case, TERMS), case.record.received if case.record else None
    now = RECEIVED + days * DAY
    after = next_moment(times, received, now)
    if after is not None:
        assert view_of(times, received, now) == view_of(times, received, after - 1e-6)
        assert view_of(times, received, after) != view_of(times, received, now)
    else:
        assert view_of(times, received, now) == view_of(times, received, now + (AGES[-1] + 900) * DAY)
