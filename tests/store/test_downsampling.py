"""Names of down-sampled fields, and the text of tasks as far as it can be judged without running them.

That they make the right numbers is tested on a real InfluxDB: tests/provision/test_windows.py.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.schema import DROPPED, STATE, Field, Kind, Measurement, endpoint
from ioc.store.downsampling import (
    DAY,
    HOURS,
    MINUTES,
    RAW_KEPT,
    TIERS,
    Way,
    aggregates,
    fill,
    name,
    quoted,
    tasks,
)

WAY = Way("ioc", "ioc_5m", MINUTES, (endpoint(()), STATE, DROPPED))


def test_a_field_s_name_says_what_it_is_of_the_window() -> None:
    assert [name("rtt", each) for each in aggregates(Kind.FLOAT)] == [
        "rtt_mean",
        "rtt_sum",
        "rtt_min",
        "rtt_max",
        "rtt_count",
        "rtt_last",
    ]
    assert aggregates(Kind.INTEGER) == aggregates(Kind.FLOAT)
    assert aggregates(Kind.TEXT) == aggregates(Kind.FLAG) == ("last",)


def test_no_two_fields_get_one_name() -> None:
    fields = ["a", "a_mean", "a_mean_mean", "mean", "_mean", "a_"]
    names = [name(field, each) for field in fields for each in aggregates(Kind.FLOAT)]
    assert len(set(names)) == len(names)


def test_tiers_are_kept_ever_longer() -> None:
    assert (RAW_KEPT, MINUTES.kept, HOURS.kept) == (30 * DAY, 730 * DAY, 3650 * DAY)
    assert [tier.bucket("ioc") for tier in TIERS] == ["ioc_5m", "ioc_1h"]
    for tier in TIERS:
        assert HOURS.seconds % tier.seconds == 0


def test_tasks_are_named_by_their_buckets_and_run_at_a_window_s_end() -> None:
    fresh, late = tasks(WAY)
    assert (fresh.name, late.name) == ("ioc: ioc to ioc_5m", "ioc: ioc to ioc_5m, late")
    assert 'option task = {name: "ioc: ioc to ioc_5m", every: 5m, offset: 30s}' in fresh.flux
    assert 'option task = {name: "ioc: ioc to ioc_5m, late", every: 1h, offset: 10m}' in late.flux


def test_the_engine_is_asked_for_declared_numbers_only() -> None:
    fresh, _ = tasks(WAY)
    numbers = (
        '(r._measurement == "endpoint") or (r._measurement == "state" and (r._field == "code"))'
        ' or (r._measurement == "dropped")'
    )
    texts = '(r._measurement == "state" and (r._field == "state" or r._field == "reason"))'
    assert f"|> filter(fn: (r) => {numbers})\n" in fresh.flux
    assert f"|> filter(fn: (r) => {texts})\n" in fresh.flux
    assert (
        'r._measurement != "endpoint" and r._measurement != "state" and r._measurement != "dropped"'
        in fresh.flux
    )


def test_a_measurement_of_texts_alone_has_no_numbers() -> None:
    words = Measurement("words", "…", (), (Field("word", "", "…", Kind.TEXT),))
    fresh, _ = tasks(Way("a", "b", HOURS, (words, DROPPED)))
    assert 'filter(fn: (r) => (r._measurement == "dropped"))' in fresh.flux
    assert 'filter(fn: (r) => (r._measurement == "words"))' in fresh.flux


def test_nothing_declared_has_texts() -> None:
    fresh, _ = tasks(Way("a", "b", HOURS, (DROPPED,)))
    assert 'filter(fn: (r) => r._measurement == "")' in fresh.flux


@pytest.mark.parametrize(
    ("start", "stop", "first", "last"),
    [
        (1_700_000_100, 1_700_000_400, "2023-11-14T22:15:00Z", "2023-11-14T22:20:00Z"),
        (1_700_000_100.5, 1_700_000_400.5, "2023-11-14T22:15:00Z", "2023-11-14T22:25:00Z"),
        (1_700_000_099.9, 1_700_000_100.0, "2023-11-14T22:10:00Z", "2023-11-14T22:15:00Z"),
    ],
)
def test_a_fill_takes_up_whole_windows(start: float, stop: float, first: str, last: str) -> None:
    assert f"start = {first}\nstop = {last}\n" in fill(WAY, start, stop)
    assert "option task" not in fill(WAY, start, stop)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_quoted_text_ends_where_it_should(text: str) -> None:
    inside = quoted(text)[1:-1]
    at = 0
    while at < len(inside):
        assert inside[at] != '"'
        assert inside[at : at + 2] != "${"
        at += 2 if inside[at] == "\\" else 1
    assert at == len(inside)
