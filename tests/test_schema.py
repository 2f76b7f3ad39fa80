"""The schema refuses what would make history grow without bound."""

from __future__ import annotations

import pytest

from ioc.errors import SchemaError
from ioc.schema import LOSS, PLACE, RTT, Field, Measurement, endpoint


@pytest.mark.parametrize("tag", ["officer", "call_id", "name", "address", "ENDPOINT", ""])
def test_a_tag_that_is_not_bounded_is_refused_where_it_is_declared(tag: str) -> None:
    with pytest.raises(SchemaError, match=r"is not bounded; known are endpoint, interface, label"):
        Measurement("calls", "calls", (*PLACE, tag), (RTT,))


@pytest.mark.parametrize("name", ["", "Rtt", "1st", "a-b", "a b", "á"])
def test_a_name_that_would_need_escaping_is_refused(name: str) -> None:
    with pytest.raises(SchemaError, match="small letters"):
        Field(name, "ms", "about")
    with pytest.raises(SchemaError, match="small letters"):
        Measurement(name, "about", PLACE, (RTT,))


def test_a_name_is_said_once() -> None:
    with pytest.raises(SchemaError, match="'rtt' is there twice"):
        Measurement("m", "about", PLACE, (RTT, RTT))
    with pytest.raises(SchemaError, match="'site' is there twice"):
        Measurement("m", "about", ("site",), (Field("site", "", "clash"),))


def test_sources_may_share_a_field_but_not_its_name_alone() -> None:
    shared = endpoint([RTT, LOSS, RTT])
    assert [field.name for field in shared.fields] == ["loss", "rtt"]
    assert shared.tags == ("endpoint", "site", "system", "unit", "source")
    assert shared.field("rtt") == RTT
    assert shared.field("none") is None
    assert endpoint([RTT, Field("rtt", "ms", "in other words")]).field("rtt") == RTT
    with pytest.raises(SchemaError, match="use another name"):
        endpoint([RTT, Field("rtt", "s", "another unit")])
