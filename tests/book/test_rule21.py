"""Metric 2.1: each worked example is a folder of tests/cases/rule21."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ioc.cases.model import Case, Stage, Step, Supplement
from ioc.cases.rule21 import Facts, Judgement, facts_of, judge, ratio
from tests.book.making import KEY, at, record, step

CASES = sorted((Path(__file__).parents[1] / "cases" / "rule21").iterdir())


def moment(text: str | None) -> float | None:
    return None if text is None else at(text)


def facts(given: dict[str, Any]) -> Facts:
    papers = tuple(Supplement(at(asked), moment(brought)) for asked, brought in given.get("supplements", ()))
    names = ("due", "maximum", "finished", "returned", "ended")
    return Facts(**{name: moment(given.get(name)) for name in names}, supplements=papers)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_worked_example(folder: Path) -> None:
    case = json.loads((folder / "case.json").read_text("utf-8"))
    assert judge(facts(case["facts"]), at(case["period_end"])) == case["judgement"]


@pytest.mark.parametrize(
    ("good", "bad", "expected"), [(2, 1, "66.67"), (1, 0, "100.00"), (0, 3, "0.00"), (1, 7, "12.50")]
)
def test_the_ratio_is_in_percent_with_two_decimals(good: int, bad: int, expected: str) -> None:
    judged = [Judgement.ON_TIME] * good + [Judgement.OVERDUE] * bad
    assert ratio([*judged, Judgement.UNKNOWN]) == Decimal(expected)


def test_half_a_hundredth_goes_up() -> None:
    assert ratio([Judgement.WITHIN] * 1 + [Judgement.OVERDUE] * 799) == Decimal("0.13")


def test_of_nothing_there_is_no_ratio() -> None:
    assert ratio([]) is None
    assert ratio([Judgement.UNKNOWN]) is None


def test_facts_are_read_from_the_steps_of_a_dossier() -> None:
    acts = (step("2026-10-12 08:00", "9"), Step(KEY, at("2026-10-14 08:00"), "portal", "10", Stage.DONE))
    case = Case(KEY, record("2026-10-05 08:00", due=at("2026-10-16 17:00")), (), acts)
    assert facts_of(case, None) == Facts(
        at("2026-10-16 17:00"), None, at("2026-10-12 08:00"), at("2026-10-14 08:00")
    )


def test_a_record_that_says_when_work_ended_is_believed() -> None:
    case = Case(KEY, record("2026-10-14 08:00", "9", closed=at("2026-10-12 08:00")))
    assert facts_of(case, None).finished == at("2026-10-12 08:00")


def test_withdrawn_and_stopped_dossiers_end_then() -> None:
    for code in ("7", "8"):
        assert facts_of(Case(KEY, record("2026-10-14 08:00", code)), None).ended == at("2026-10-14 08:00")


def test_done_by_a_code_of_the_provinces_own_is_done() -> None:
    case = Case(KEY, record("2026-10-14 08:00", "9")._replace(status="TRA_KQ"))
    assert facts_of(case, None).finished == at("2026-10-14 08:00")
