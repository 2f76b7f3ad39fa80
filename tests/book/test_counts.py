"""Figures: what one case adds, and that sums kept by differences equal a recount."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.cases.contribution import Share, share_of_now, shares_of_days
from ioc.cases.counts import PRESENT, Counts, Place
from ioc.cases.merge import merge
from ioc.cases.model import Case, Kind, Record, Step
from ioc.cases.standing import clock_of, view_of
from tests.book.making import BASE, DAY, TERMS, above, at, record, step, updates

TODAY = date(2026, 10, 6)
NOON = at("2026-10-06 12:00")
KEYS = [f"dossier/H44-261005-000{n}" for n in range(4)]


def shares(case: Case | None, now: float) -> list[Share]:
    if case is None:
        return []
    view = view_of(clock_of(case, TERMS), case.record.received if case.record else None, now)
    present = share_of_now(case, view, TERMS, above)
    return [*((present,) if present else ()), *shares_of_days(case, TERMS, above)]


def counted(cases: dict[str, Case], now: float = NOON) -> Counts:
    counts = Counts(TODAY)
    for case in cases.values():
        for share in shares(case, now):
            counts.add(share)
    return counts


@settings(deadline=None)
@given(st.lists(st.sampled_from(KEYS).flatmap(updates), max_size=20), st.lists(st.floats(0, 90), max_size=3))
def test_sums_kept_by_differences_equal_a_recount(reports: list[Record | Step], waits: list[float]) -> None:
    cases: dict[str, Case] = {}
    counts, now = Counts(TODAY), NOON
    for each in reports:
        was = cases.get(each.key)
        cases[each.key], _ = merge(was, each)
        for share in shares(was, now):
            counts.add(share, -1)
        for share in shares(cases[each.key], now):
            counts.add(share)
    for days in waits:
        later = now + days * DAY
        for case in cases.values():
            for share in shares(case, now):
                counts.add(share, -1)
            for share in shares(case, later):
                counts.add(share)
        now = later
    assert counts == counted(cases, now)
    assert not list(counts.differences(counted(cases, now)))


@settings(deadline=None)
@given(st.lists(st.sampled_from(KEYS).flatmap(updates), max_size=20))
def test_what_is_taken_away_leaves_nothing(reports: list[Record | Step]) -> None:
    counts = Counts(TODAY)
    for each in reports:
        case, _ = merge(None, each)
        for n in (1, -1):
            for share in shares(case, NOON):
                counts.add(share, n)
    assert len(counts) == 0


def test_an_open_case_counts_for_its_unit_and_each_above_its_procedure_and_officer() -> None:
    case = Case(
        KEYS[0],
        record("2026-10-05 08:00", received=BASE, procedure="2.000815", officer="an", channel="online"),
    )
    counts = counted({KEYS[0]: case})
    expected = {
        PRESENT: {
            "open": 1,
            "stage/open": 1,
            "standing/on_track": 1,
            "age/0": 1,
            "channel/online": 1,
        }
    }
    flows = {
        period: {"received": 1, "received/channel/online": 1} for period in ("2026-10-05", "2026-10", "2026")
    }
    for axis, value in (("unit", "xa-1"), ("unit", "tinh"), ("procedure", "2.000815")):
        assert counts.read(Place(Kind.DOSSIER, axis, value)) == {**expected, **flows}
    assert counts.read(Place(Kind.DOSSIER, "officer", "an")) == expected


def test_a_case_that_is_done_counts_for_the_day_it_was_done_by_both_rules() -> None:
    case = Case(
        KEYS[0],
        record("2026-10-05 08:00", received=BASE, due=at("2026-10-05 17:00")),
        (),
        (step("2026-10-06 08:00", "9"),),
    )
    found = counted({KEYS[0]: case}).read(Place(Kind.DOSSIER, "unit", "tinh"))
    assert found["2026-10-06"] == {"resolved": 1, "resolved/late": 1, "rule21/overdue": 1}
    assert PRESENT not in found
    assert found["2026"]["received"] == found["2026"]["resolved"] == 1


def test_what_was_not_accepted_is_not_received() -> None:
    applied = counted({KEYS[0]: Case(KEYS[0], record("2026-10-05 08:00", "1"))})
    assert applied.read(Place(Kind.DOSSIER, "unit", "xa-1")) == {PRESENT: {"applied": 1}}
    assert len(counted({KEYS[0]: Case(KEYS[0], record("2026-10-05 08:00", "3"))})) == 0


def test_a_case_that_no_record_told_of_is_in_no_figure() -> None:
    assert len(counted({KEYS[0]: Case(KEYS[0], None, (), (step("2026-10-05 08:00"),))})) == 0


def test_this_and_the_last_day_month_and_year_are_kept() -> None:
    counts = Counts(TODAY)
    place = Place(Kind.DOSSIER, "unit", "xa-1")
    for day in (date(2026, 10, 4), date(2026, 10, 5), date(2026, 9, 1), date(2026, 8, 1), date(2024, 1, 1)):
        counts.add(Share(day.toordinal(), Kind.DOSSIER, ("xa-1",), "", "", ("received",)))
    assert {period: names["received"] for period, names in counts.read(place).items()} == {
        "2026-10-05": 1,
        "2026-10": 2,
        "2026-09": 1,
        "2026": 4,
    }
    counts.turn(date(2026, 11, 7))
    assert {period: names["received"] for period, names in counts.read(place).items()} == {
        "2026-10": 2,
        "2026": 4,
    }
    counts.turn(date(2028, 1, 1))
    assert len(counts) == 0


def test_touched_places_are_told_once() -> None:
    counts = counted({KEYS[0]: Case(KEYS[0], record("2026-10-05 08:00"))})
    assert counts.take() == {Place(Kind.DOSSIER, "unit", "xa-1"), Place(Kind.DOSSIER, "unit", "tinh")}
    assert counts.take() == set()


def test_a_difference_names_the_place_the_period_and_both_counts() -> None:
    counts, place = Counts(TODAY), Place(Kind.DOSSIER, "unit", "xa-1")
    counts.load(place, date(2026, 3, 1).toordinal(), "received", 3)
    same = counts.copy()
    assert not list(counts.differences(same))
    same.load(place, date(2026, 3, 1).toordinal(), "received", -3)
    assert list(counts.differences(same)) == ["dossier/unit/xa-1 2026 received: 3, recounted 0"]
