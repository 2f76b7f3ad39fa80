"""Queries are filled in as Grafana does it."""

from __future__ import annotations

from tests.grafana.asking import Moment, fill, flux, interpolate, promql


def test_a_value_is_escaped_for_a_regular_expression() -> None:
    assert interpolate("/^${x:regex}$/", {"x": "a.b"}, frozenset()) == r"/^a\.b$/"


def test_several_are_alternatives() -> None:
    assert interpolate("/^${x:regex}$/", {"x": ["a/1", "b"]}, frozenset()) == r"/^(a\/1|b)$/"


def test_all_is_what_the_variable_says_for_it() -> None:
    unit = {"name": "unit", "type": "query", "allValue": ".*", "current": {"value": ["$__all"]}, "query": "q"}
    board = {"templating": {"list": [unit]}}
    assert fill(board, "${unit:regex}", {}) == ".*"
    assert fill(board, "${unit:regex}", {"unit": ["x.y"]}) == r"x\.y"


def test_macros_of_flux_are_replaced_by_text() -> None:
    text = "range(start: v.timeRangeStart, stop: v.timeRangeStop) w(every: v.windowPeriod) b(v.defaultBucket)"
    assert flux(text, Moment(0.0, 60.0, 1.5), "ioc", "org") == (
        'range(start: 1970-01-01T00:00:00Z, stop: 1970-01-01T00:01:00Z) w(every: 1500ms) b("ioc")'
    )


def test_macros_of_promql_are_replaced_by_text() -> None:
    assert promql("rate(x[$__rate_interval])", Moment(0.0, 60.0, 15.0), 15.0) == "rate(x[60s])"
