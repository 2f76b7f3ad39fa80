"""Reports of a case become one: any order, any repeats, the same case."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.cases.merge import MOST_DIGESTS, MOST_STEPS, merge, version
from ioc.cases.model import Case, Fault, Finding, Record, Stage, Supplement, Update
from tests.book.making import KEY, at, record, step, updates


def told(reports: Iterable[Update]) -> Case:
    case: Case | None = None
    for each in reports:
        case, _ = merge(case, each)
    assert case is not None
    return case


def faults(reports: Iterable[Update]) -> list[Finding]:
    case: Case | None = None
    found: list[Finding] = []
    for each in reports:
        case, findings = merge(case, each)
        found += findings
    return found


def untied(reports: list[Update]) -> list[Update]:
    """Of records of one version, which only their order can tell apart, one."""
    first: dict[object, Update] = {}
    for each in reports:
        first.setdefault(version(each) if isinstance(each, Record) else each, each)
    return list(first.values())


batches = st.lists(updates(), min_size=1, max_size=10).map(untied)


@settings(deadline=None)
@given(batches, st.data())
def test_any_order_with_any_repeats_is_one_case(reports: list[Update], data: st.DataObject) -> None:
    repeats = data.draw(st.lists(st.sampled_from(reports), max_size=5))
    assert told(data.draw(st.permutations(reports + repeats))) == told(reports)


@settings(deadline=None)
@given(batches, st.sets(st.integers(0, 9)))
def test_groups_told_on_their_own_come_together_in_either_order(reports: list[Update], one: set[int]) -> None:
    group = [each for n, each in enumerate(reports) if n in one]
    other = [each for n, each in enumerate(reports) if n not in one]
    assert told(group + other) == told(other + group)


@settings(deadline=None)
@given(st.lists(updates(), min_size=1, max_size=10))
def test_what_was_seen_changes_nothing_when_it_comes_again(reports: list[Update]) -> None:
    case = told(reports)
    for each in reports:
        again, findings = merge(case, each)
        assert again is case
        assert not findings


@settings(deadline=None)
@given(st.lists(updates(), min_size=1, max_size=12))
def test_of_records_of_the_highest_version_the_one_that_came_last_first_counts(reports: list[Update]) -> None:
    records = list(dict.fromkeys(each for each in reports if isinstance(each, Record)))
    case = told(reports)
    if not records:
        assert case.record is None
        return
    best = max(map(version, records))
    wins = [each for each in records if version(each) == best][-1]
    assert case.record == wins._replace(applicant="", subject="")


def test_names_of_people_are_no_part_of_a_case() -> None:
    case = told([record("2026-10-05 08:00", applicant="Nguyễn Văn A", subject="Về việc …")])
    assert "Nguyễn" not in repr(case)
    assert "Về việc" not in repr(case)


def test_two_records_of_one_version_are_a_finding_and_the_later_counts() -> None:
    first, second = record("2026-10-05 08:00", officer="an"), record("2026-10-05 08:00", officer="binh")
    assert told([first, second, first]).officer == "binh"
    found = faults([first, second, first])
    assert found == [Finding(KEY, Fault.CONFLICT, "portal", f"4 {at('2026-10-05 08:00'):.0f}")]


def test_a_corrected_name_alone_is_a_conflict_too() -> None:
    first, second = (record("2026-10-05 08:00", applicant=name) for name in ("Nguyễn Văn A", "Nguyễn Văn Á"))
    assert [each.fault for each in faults([first, second])] == [Fault.CONFLICT]


def test_the_digests_of_one_version_are_bounded() -> None:
    case = told(record("2026-10-05 08:00", officer=f"o{n}") for n in range(3 * MOST_DIGESTS))
    assert len(case.digests) == MOST_DIGESTS
    assert case.officer == f"o{3 * MOST_DIGESTS - 1}"


def test_a_record_with_more_supplements_is_the_newer_of_one_moment() -> None:
    asked = record("2026-10-05 08:00", "5", supplements=(Supplement(at("2026-10-05 08:00")),))
    assert told([asked, record("2026-10-05 08:00", "5")]).record == asked


def test_the_status_is_that_of_the_newest_thing_said() -> None:
    reports: list[Update] = [
        step("2026-10-07 09:00", "5"),
        record("2026-10-06 08:00", "4"),
        step("2026-10-05 09:00", "1"),
    ]
    assert told(reports).latest.status == "5"
    assert told([*reports, step("2026-10-07 09:00", "9")]).latest.stage is Stage.DONE


def test_the_officer_and_the_unit_are_those_named_last() -> None:
    case = told(
        [
            record("2026-10-05 08:00", officer="an"),
            step("2026-10-06 08:00", officer="binh"),
            step("2026-10-07 08:00", unit="xa-2"),
        ]
    )
    assert (case.officer, case.unit) == ("binh", "xa-2")
    newer = told([*list[Update](case.steps), record("2026-10-08 08:00", officer="chi")])
    assert (newer.officer, newer.unit) == ("chi", "xa-1")


def test_a_status_that_goes_back_in_a_later_record_is_taken_and_found() -> None:
    reports = [record("2026-10-05 08:00", "9"), record("2026-10-06 08:00", "4")]
    assert told(reports).latest.status == "4"
    assert faults(reports) == [Finding(KEY, Fault.WENT_BACK, "portal", "9 → 4")]
    assert not faults(reversed(reports))


def test_to_pause_and_to_go_on_is_no_step_back() -> None:
    assert not faults([record("2026-10-05 08:00", "5"), record("2026-10-06 08:00", "4")])


def test_what_cannot_be_so_is_found_and_kept() -> None:
    bad = record(
        "2026-10-05 08:00",
        received=at("2026-10-05 08:00"),
        due=at("2026-10-01 08:00"),
        closed=at("1970-01-02 08:00"),
        supplements=(Supplement(at("2026-10-05 08:00"), at("2026-10-04 08:00")),),
    )
    assert told([bad]).record == bad
    assert [each.fault for each in faults([bad])] == [
        Fault.IMPOSSIBLE_TIME,
        Fault.DUE_BEFORE_RECEIVED,
        Fault.CLOSED_BEFORE_RECEIVED,
        Fault.BROUGHT_BEFORE_ASKED,
    ]


def test_a_step_without_a_record_is_kept_and_found() -> None:
    assert faults([step("2026-10-05 08:00", "9")]) == [Finding(KEY, Fault.NO_RECORD, "portal", "9")]


def test_of_too_many_steps_the_newest_are_kept_in_any_order() -> None:
    acts = [step(float(1_790_000_000 + n)) for n in range(MOST_STEPS + 10)]
    case = told(acts)
    assert case.steps == tuple(acts[10:])
    assert told(reversed(acts)) == case
    assert {each.fault for each in faults(reversed(acts)) if each.fault is not Fault.NO_RECORD} == {
        Fault.TOO_MANY_STEPS
    }
