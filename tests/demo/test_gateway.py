"""The simulated gateways take a text, refuse the numbers that they do not carry, and say what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from ioc.demo import gateway
from ioc.demo.duty import duty
from ioc.demo.gateway import Texts

TEXT = {"phone": "0900000008", "content": "MCU số 2 mất kết nối", "id": "7"}


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("mot", {**TEXT, "phone": "0900000001"}, "0"),
        ("mot", TEXT, "4"),
        ("hai", TEXT, "0"),
        ("hai", {"phone": "0900000008"}, "9"),
        ("hai", {**TEXT, "content": ""}, "9"),
        ("hai", ["0900000008"], "9"),
    ],
)
def test_an_answer(name: str, body: Any, code: str) -> None:
    assert gateway.answer(name, body)["code"] == code


@pytest.mark.parametrize(("path", "name"), [("/sms/mot", "mot"), ("/sms/ba", ""), ("/", ""), ("/mot", "")])
def test_a_path_names_a_gateway(path: str, name: str) -> None:
    assert gateway.of(path) == name


def test_texts_are_counted_by_what_was_answered() -> None:
    lines = [{"answer": gateway.answer(name, TEXT)} for name in ("mot", "hai", "hai")]
    assert gateway.counted([*lines, {"path": "/", "body": {}}]) == Texts(taken=2, refused=1)


def test_the_number_that_is_refused_belongs_to_somebody_who_has_another_way() -> None:
    people = duty("http://127.0.0.1:9/")["people"].values()
    refused = [each for each in people if each["phone"].replace(" ", "") in gateway.REFUSED["mot"]]
    assert [[way["by"] for way in each["contacts"]] for each in refused] == [["sms-mot", "sms-hai"]]
