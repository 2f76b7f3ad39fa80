"""Matchers as Alertmanager's documentation has them."""

from __future__ import annotations

import re

import pytest

from ioc.matchers import Matcher, Op, all_hold

LABELS = {"severity": "critical", "unit": "xa-hà"}


@pytest.mark.parametrize(
    ("name", "op", "value", "holds"),
    [
        ("severity", Op.IS, "critical", True),
        ("severity", Op.IS, "crit", False),
        ("severity", Op.IS_NOT, "critical", False),
        ("severity", Op.MATCHES, "crit.*|warning", True),
        ("severity", Op.MATCHES, "crit", False),  # anchored
        ("severity", Op.MATCHES_NOT, "crit", True),
        ("unit", Op.MATCHES, "xa-.+", True),
        ("site", Op.IS, "", True),  # absent is empty
        ("site", Op.IS_NOT, "a", True),
        ("site", Op.MATCHES, ".+", False),
        ("site", Op.MATCHES_NOT, ".+", True),
    ],
)
def test_what_a_matcher_holds_of(name: str, op: Op, value: str, holds: bool) -> None:
    assert Matcher(name, op, value).holds(LABELS) is holds


def test_every_one_of_several_must_hold() -> None:
    severity, unit = Matcher("severity", Op.IS, "critical"), Matcher("unit", Op.IS, "other")
    assert all_hold((), LABELS)
    assert all_hold((severity,), LABELS)
    assert not all_hold((severity, unit), LABELS)


def test_written_as_alertmanager_reads_it() -> None:
    assert str(Matcher("a", Op.MATCHES, 'x"\\\n')) == 'a=~"x\\"\\\\\\n"'


def test_an_expression_that_is_none_is_refused() -> None:
    with pytest.raises(re.error):
        Matcher("a", Op.MATCHES, "(")
