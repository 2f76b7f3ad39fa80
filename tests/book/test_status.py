"""The national codes, and a province's own."""

from __future__ import annotations

import pytest

from ioc.cases.model import CLOSED, LIVE, Stage
from ioc.cases.status import national


@pytest.mark.parametrize(
    ("codes", "stages"),
    [
        ("1", {Stage.APPLIED}),
        ("3", {Stage.REFUSED}),
        ("2 4 5 6", LIVE),
        ("5 6", {Stage.PAUSED}),
        ("7 8 9 10", CLOSED),
    ],
)
def test_the_national_codes_mean_what_the_portal_says(codes: str, stages: set[Stage]) -> None:
    assert {national().stage(code) for code in codes.split()} == stages


def test_a_code_may_have_zeros_and_spaces() -> None:
    assert national().stage(" 04 ") is Stage.OPEN
    assert national().name("09") == "Đã xử lý xong"


def test_a_code_that_nobody_knows_is_none() -> None:
    assert national().stage("11") is None
    assert national().stage("0") is None
    assert national().name("11") == "11"


def test_a_province_may_count_a_code_otherwise() -> None:
    own = national().but({"6": Stage.OPEN, "20": Stage.DONE})
    assert (own.stage("6"), own.stage("20"), own.stage("5")) == (Stage.OPEN, Stage.DONE, Stage.PAUSED)
    assert national().stage("6") is Stage.PAUSED
