"""Flux names only what the schema declares, and reads long times from where they are held ready."""

from __future__ import annotations

import pytest

from grafana.source import flux
from ioc.errors import SchemaError
from ioc.schema import LOSS, RTT, STATE, endpoint

ENDPOINT = endpoint([RTT, LOSS])


def test_a_field_that_is_not_declared_is_refused() -> None:
    with pytest.raises(SchemaError, match="measurement 'endpoint' has no field 'jitter'"):
        flux.averages(ENDPOINT, "jitter", ["unit"], ["unit"])


def test_a_tag_that_is_not_declared_is_refused() -> None:
    with pytest.raises(SchemaError, match="measurement 'state' has no tag 'source'"):
        flux.only(STATE, ["code"], ["source"])
    with pytest.raises(SchemaError, match="has no tag 'officer'"):
        flux.averages(ENDPOINT, "rtt", [], ["officer"])
    with pytest.raises(SchemaError, match="has no tag 'store'"):
        flux.values("store")


def test_tags_are_those_that_variables_choose_or_of_a_value() -> None:
    chosen = flux.only(STATE, ["code"], ["unit"])
    assert chosen == (
        '  |> filter(fn: (r) => r._measurement == "state" and (r._field == "code")'
        " and r.unit =~ /^${unit:regex}$/)"
    )
    assert 'r.system == "vc"' in flux.only(STATE, ["code"], {"system": "vc"})


def test_wide_windows_come_from_buckets_that_hold_them() -> None:
    assert flux.tiered("rtt", "max") == (
        'tier = if int(v: v.windowPeriod) >= int(v: 1h) then "_1h" else '
        'if int(v: v.windowPeriod) >= int(v: 5m) then "_5m" else ""\n'
        'field = if tier == "" then "rtt" else "rtt_max"'
    )


def test_a_group_is_over_windows_and_not_over_samples() -> None:
    query = flux.averages(ENDPOINT, "loss", ["unit"], ["system"])
    window, group = query.index("aggregateWindow"), query.index("group(")
    assert query.index("filter") < window < group
    assert 'group(columns: ["system"])' in query
