"""Templates of rules: what each becomes, what may be given, and what is wrong with what was."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.rules import parse_rule, shipped
from alerts.templates.registry import templates
from ioc.errors import RuleError

NUMBERS = {"tls_days"}
KNOWN = (
    "annotations, enabled, for, hold, id, keep_firing_for, next_action, on, runbook, severity, title, where"
)


@pytest.mark.parametrize("name", list(templates()))
def test_each_is_a_rule_with_its_defaults(name: str) -> None:
    rule = parse_rule({"template": name, "id": "own"}, NUMBERS)
    assert rule.id == "own"
    assert rule.next_action
    assert rule.runbook
    assert rule.for_ > 0


def test_parameters_and_keys_take_their_place() -> None:
    written = {
        "template": "certificate", "id": "cert-2d", "days": 2, "severity": "critical", "where": 'kind == "service"',
        "title": "{name}: {tls_days}", "for": "1m",
    }  # fmt: skip
    rule = parse_rule(written, NUMBERS)
    assert (rule.if_.text, rule.severity, rule.title, rule.for_) == (
        "tls_days < 2", "critical", "{name}: {tls_days}", 60.0
    )  # fmt: skip
    assert rule.where is not None
    assert rule.where.text == 'kind == "service"'


def test_both_wheres_hold() -> None:
    rule = parse_rule({"template": "site", "id": "x", "where": 'unit == "a" || unit == "b"'})
    assert rule.where is not None
    assert rule.where.text == '(kind == "uplink") && (unit == "a" || unit == "b")'


def test_fractions_stand_as_they_are() -> None:
    rule = parse_rule({"template": "quality", "id": "x", "loss": 2.5, "window": "5m"})
    assert rule.if_.text == 'avg(loss, "5m") > 2.5 || avg(rtt, "5m") > 400'


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"template": "certificat"}, "template: 'certificat' does not exist; did you mean 'certificate'?"),
        (
            {"template": 7},
            "template: 7 does not exist; there are certificate, outage, quality, site, stale-source",
        ),
        ({"template": "certificate", "days": 400}, "days: 400 is not from 0 to 365"),
        ({"template": "certificate", "days": "14"}, "days: '14' is not a number"),
        ({"template": "certificate", "days": True}, "days: True is not a number"),
        ({"template": "outage", "hold": "5x"}, "hold: '5x' is not a duration; write 30s, 2m or 1h"),
        ({"template": "outage", "hold": "25h"}, "for: '25h' is longer than 24h"),
        (
            {"template": "outage", "if": "true"},
            f"unknown key 'if' of template outage; known are {KNOWN}",
        ),
    ],
)
def test_what_is_wrong_is_said(written: dict[str, Any], why: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule({"id": "x", **written}, NUMBERS)
    assert str(caught.value) == f"rule 'x': {why}"


def test_a_number_that_no_source_finds_is_named() -> None:
    with pytest.raises(RuleError, match="unknown field 'tls_days'"):
        parse_rule({"template": "certificate", "id": "x"})


def test_shipped_rules_are_whole() -> None:
    assert all(rule.if_.text for rule in shipped())
