"""Names that an editor writes with tone marks apart are the same names, and as long as people count them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from unicodedata import is_normalized, normalize

from alerts.rules import parse_rule
from ioc.config.load import Reading

TODAY = date(2026, 11, 24)
NAME = "Phòng họp Xã Nguyễn Ặng"
CONFIG = f"""
center: {{id: t, name: Trung tâm}}
systems: {{hn: {{name: Hội nghị}}}}
units: [{{id: xa, name: {NAME}}}]
sites: [{{id: s, name: "{"Ặ" * 500}", unit: xa}}]
"""


def test_names_are_composed_and_counted_so(written: Callable[..., Reading]) -> None:
    reading = written(ioc__yaml=normalize("NFD", CONFIG))
    assert reading.faults == ()
    assert reading.config is not None
    known = reading.config.inventory
    span = known.units.get("xa", TODAY)
    assert span is not None
    assert (span.name, known.sites["s"].name) == (NAME, "Ặ" * 500)


def test_a_rule_compares_with_names_as_they_are_kept() -> None:
    rule = {
        "id": "r", "if": 'state == "down"', "where": f'name == "{NAME}"', "severity": "warning", "title": "Ặ" * 500,
        "next_action": f"Gọi {NAME}",
    }  # fmt: skip
    apart = parse_rule({name: normalize("NFD", text) for name, text in rule.items()})
    assert apart == parse_rule(rule)
    assert is_normalized("NFC", apart.title + apart.next_action)
