"""Alerts as other programs post them: what is taken, what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import postable
from alerts.postable import Flaw, Posted, alerts, array
from ioc.errors import Refused


def one(item: Any) -> Posted | Flaw:
    return next(alerts([item]))


def test_all_that_an_alert_may_say() -> None:
    said = {
        "labels": {"alertname": "Đĩa đầy 🖴", "empty": "", "quốc gia": "Việt Nam"},
        "annotations": {"summary": "s", "empty": ""},
        "startsAt": "2026-11-24T08:30:00.123456789+07:00",
        "endsAt": "2026-11-24T01:34:00Z",
        "generatorURL": "http://prometheus/graph",
        "unknown": [1],
    }
    assert one(said) == Posted(
        {"alertname": "Đĩa đầy 🖴", "quốc gia": "Việt Nam"},
        {"summary": "s", "empty": ""},
        1795483800.123456,
        1795484040.0,
        "http://prometheus/graph",
    )


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "", None])
def test_no_time_as_go_writes_it(text: str | None) -> None:
    assert one({"labels": {"a": "b"}, "startsAt": text, "endsAt": text}) == Posted({"a": "b"})


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (7, "is a number, not an object with labels"),
        ([], "is a list, not an object with labels"),
        ({}, "labels: at least one with a value is needed; it is what tells alerts apart"),
        ({"labels": {"a": ""}}, "labels: at least one with a value is needed; it is what tells alerts apart"),
        ({"labels": [1]}, "labels is a list, not an object of texts"),
        ({"labels": {"a": 1}}, "labels.a is a number, not text"),
        ({"labels": {"a": {"b": "c"}}}, "labels.a is an object, not text"),
        ({"labels": {"": "b"}}, "labels: name '' has 0 characters, not 1 to 256"),
        ({"labels": {"a": "b" * 4_097}}, "labels.a has 4097 characters; at most 4096 are taken"),
        ({"labels": {str(n): "b" for n in range(65)}}, "labels are 65; at most 64 are taken"),
        ({"labels": {"a": "b"}, "annotations": {"s": None}}, "annotations.s is null, not text"),
        (
            {"labels": {"a": "b"}, "startsAt": "yesterday"},
            "startsAt 'yesterday' is not a time with its zone; write it as 2026-11-24T08:30:00Z",
        ),
        (
            {"labels": {"a": "b"}, "startsAt": "2026-11-24T08:30:00"},
            "startsAt '2026-11-24T08:30:00' is not a time with its zone; write it as 2026-11-24T08:30:00Z",
        ),
        (
            {"labels": {"a": "b"}, "endsAt": 7},
            "endsAt is 7, not a time; write it as 2026-11-24T08:30:00Z",
        ),
        (
            {"labels": {"a": "b"}, "startsAt": "2026-11-24T08:30:00Z", "endsAt": "2026-11-24T08:29:00Z"},
            "endsAt '2026-11-24T08:29:00Z' is before startsAt '2026-11-24T08:30:00Z'",
        ),
        ({"labels": {"a": "b"}, "generatorURL": 5}, "generatorURL is text of 4096 characters at most"),
    ],
)
def test_what_is_wrong_with_one_is_said_of_it_alone(item: Any, why: str) -> None:
    found = list(alerts([{"labels": {"a": "b"}}, item, {"labels": {"c": "d"}}]))
    assert found == [Posted({"a": "b"}), Flaw(1, why), Posted({"c": "d"})]
    assert str(found[1]) == f"alert 1: {why}"


def test_more_than_one_post_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postable, "MOST_ALERTS", 2)
    found = list(alerts([{"labels": {"a": "b"}}] * 4))
    assert [type(each) for each in found] == [Posted, Posted, Flaw, Flaw]
    assert str(found[3]) == "alert 3: one post takes 2 alerts; send the others in another"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"{}", "the body is a list of alerts, not an object"),
        (b"null", "the body is a list of alerts, not null"),
        (b"[", "the body is not JSON: "),
        (b'["\xff"]', "the body is not JSON: "),
        (b"[" * 100_000 + b"]" * 100_000, "the body is not JSON: "),
        (b"", "the body is not JSON: "),
    ],
)
def test_what_is_no_list_is_refused_whole(body: bytes, what: str) -> None:
    with pytest.raises(Refused, match=what.replace("(", r"\(")) as caught:
        array(body)
    assert caught.value.status == 400


@pytest.mark.parametrize("key", ["startsAt", "endsAt", "generatorURL", "labels", "annotations", "x"])
def test_one_that_is_as_deep_as_json_may_be_costs_no_other(key: str) -> None:
    deep = b"[" * 1000 + b"]" * 1000
    body = b'[{"labels":{"a":"b"},"%s":%s},{"labels":{"c":"d"}}]' % (key.encode(), deep)
    assert list(alerts(array(body)))[1] == Posted({"c": "d"})


words = st.text(max_size=20)
values: Any = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(["labels", "annotations", "startsAt", "endsAt", "generatorURL", "x"])
items = st.lists(
    st.dictionaries(keys, values | st.dictionaries(words, words, max_size=4)) | values, max_size=5
)


@settings(deadline=None)
@given(items)
def test_anything_at_all_is_taken_or_refused(sent: list[Any]) -> None:
    try:
        body = orjson.dumps(sent)
    except TypeError:  # lone surrogates are no JSON
        return
    found = list(alerts(array(body)))
    assert len(found) == len(sent)
    for each in found:
        assert isinstance(each, Flaw) or all(each.labels.values())
