"""The channel gateway: its requests and what it makes of answers, against a server with real TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from alerts.channels.gateway import Gateway, GatewayOptions, judge
from alerts.service import Answer
from alerts.sms import template
from ioc.errors import Undeliverable
from tests.alerts.channels.golden import check, folders


@pytest.mark.parametrize("case", folders("gateway"))
async def test_case(case: str, tmp_path: Path) -> None:
    await check("gateway", case, tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "ftp://x/"}, "is not an http or https address"),
        ({"url": "http://u:p@x/"}, "neither a password nor a field"),
        ({"url": "http://{to}.x/"}, "neither a password nor a field"),
        ({"url": "http://x/?a=1"}, "under query:"),
        ({"url": "http://x/{tel}"}, "{tel} is not a field; there are digits, id, national, text, to"),
        ({"query": {"a": "{"}}, "'{' at character 1 stands alone; write it twice"),
        ({"json": {"a": ["x}"]}}, "'}' at character 2 stands alone"),
        ({"json": {"a": [{"b": "{key}"}]}}, "{key} is not a field"),
        ({"headers": {"X": "{text}"}}, "{text} is not a field"),
        ({"form": {"a": "b"}, "xml": "<a/>"}, "one body"),
        ({"secrets": {"to": "x"}}, "to is the name of another field"),
        ({"ok": "a =="}, "is not JMESPath"),
        ({"code_text": "("}, "is not a regular expression"),
        ({"code_text": "a"}, "needs one group"),
        ({"taken": ["1"]}, "say under code: or code_text:"),
        ({"surprise": 1}, "Extra inputs"),
        ({"json": [[[[[[[[[["{to}"]]]]]]]]]]}, "deeper than 8 levels"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        GatewayOptions(**{"url": "https://sms.example/send", **options})
    assert said in str(caught.value)


def test_what_it_talks_to() -> None:
    options = GatewayOptions(url="https://SMS.tinh.gov.vn:8443/a/{to}", to="0912000111")
    assert Gateway.host(options) == "sms.tinh.gov.vn"
    assert Gateway(options).own_address() == "+84912000111"


VALUES = some.dictionaries(some.sampled_from(["to", "text", "id"]), some.text(max_size=30), min_size=3)


@given(VALUES)
def test_a_value_is_never_read_as_a_field(values: dict[str, str]) -> None:
    assert template.fill("{{{to}}} {text}", values) == f"{{{values['to']}}} {values['text']}"
    tree = template.fill_tree({"a": ["{id}", 1, None]}, values)
    assert tree == {"a": [values["id"], 1, None]}


@given(some.binary(max_size=300), some.integers(100, 599))
def test_any_answer_is_taken_or_refused(body: bytes, status: int) -> None:
    options = GatewayOptions(url="http://x/", code="a.b[0]", ok="length(keys(@)) > `0`", taken=["1"])
    try:
        said = judge(options, Answer(status, body))
    except Undeliverable as error:
        said = f"{status} {error}"
    assert said.startswith(str(status))
    assert len(said) <= 440
