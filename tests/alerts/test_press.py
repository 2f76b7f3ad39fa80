"""What a press means: whose it is, of which message, and what it comes to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.press import (
    LONGEST,
    Outcome,
    Press,
    asks,
    data_of,
    delivery_of,
    is_of,
    judge,
    presser,
    reply,
)
from ioc.duty import Contact, Person
from tests.alerts.channels.golden import NOTE, changed

AN = Person("an", "Nguyễn Văn An", (Contact("sms", "501"), Contact("tele", "501")))
BINH = Person("binh", "Trần Thị Bình", (Contact("tele", "502"),))
PEOPLE = {"binh": BINH, "an": AN}


def press(**more: Any) -> Press:
    known: dict[str, Any] = {
        "id": "q",
        "user": "501",
        "chat": "501",
        "title": "",
        "message": 7,
        "data": "ack:3",
    }
    return Press(**known | more)


def incident(by: str = "", at: float = 0.0, status: str = "open") -> dict[str, Any]:
    return {"status": status, "acknowledged": {"by": by, "at": at, "note": ""} if by else None}


@given(st.integers(0, 10**18 - 1))
def test_what_a_button_carries_is_short_and_says_which_message(number: int) -> None:
    data = data_of(changed({"id": number}))
    assert len(data.encode()) <= 64
    assert delivery_of(data) == number


@given(st.text(max_size=80))
def test_what_else_may_be_carried_names_no_message_or_a_number(data: str) -> None:
    found = delivery_of(data)
    assert found is None or (data == f"ack:{data[4:]}" and 0 <= found < 10**18)


@pytest.mark.parametrize(
    "data", ["", "ack:", "ack:-1", "ack:1 ", "ack:1\n", "ack:٣", "ack:" + "9" * 19, "ACK:1"]
)
def test_what_is_no_button_of_ours(data: str) -> None:
    assert delivery_of(data) is None


def test_a_person_is_known_by_the_contact_of_this_receiver() -> None:
    assert presser(press(), "tele", PEOPLE) is AN
    assert presser(press(user="502", chat="-100900"), "tele", PEOPLE) is BINH
    assert presser(press(user="502"), "sms", PEOPLE) is None
    assert presser(press(user="503"), "tele", PEOPLE) is None


@pytest.mark.parametrize(
    ("sent", "pressed", "mine"),
    [
        ({"receiver": "tele", "to": "501"}, {"chat": "501"}, True),
        ({"receiver": "tele", "to": "501"}, {"chat": "502"}, False),
        ({"receiver": "tele", "to": ""}, {"chat": "-100900"}, True),
        ({"receiver": "tele", "to": ""}, {"chat": "501"}, False),
        ({"receiver": "other", "to": "501"}, {"chat": "501"}, False),
        ({"receiver": "tele", "to": "@IOC_th"}, {"chat": "-1", "title": "@ioc_TH"}, True),
        ({"receiver": "tele", "to": "@ioc_th"}, {"chat": "-1", "title": ""}, False),
    ],
)
def test_a_press_is_of_a_message_that_went_to_its_chat(
    sent: dict[str, Any], pressed: dict[str, Any], mine: bool
) -> None:
    assert is_of(press(**pressed), changed(sent), "tele", "-100900") is mine


@pytest.mark.parametrize(
    ("shown", "spent", "outcome"),
    [
        (None, False, Outcome.CLOSED),
        (incident(status="closed"), False, Outcome.CLOSED),
        (incident(), False, Outcome.TAKE),
        (incident(), True, Outcome.SPENT),
        (incident("an", 100.5), True, Outcome.YOURS),
        (incident("Nguyễn Văn An", 100.5), False, Outcome.YOURS),
        (incident("binh", 100.5), False, Outcome.THEIRS),
        (incident("Tổ trực", 100.5), False, Outcome.THEIRS),
        (incident("an", 100.0), False, Outcome.TAKE),
        (incident("binh", 99.0), False, Outcome.TAKE),
    ],
)
def test_what_a_press_comes_to(shown: dict[str, Any] | None, spent: bool, outcome: Outcome) -> None:
    assert judge(shown, AN, 100.0, spent) is outcome


@pytest.mark.parametrize(
    ("kind", "held", "wanted"),
    [
        ("opened", False, True),
        ("reopened", False, True),
        ("escalated", False, True),
        ("raised", False, True),
        ("reminder", False, True),
        ("reminder", True, True),
        ("unacknowledged", False, True),
        ("grew", True, False),
        ("closed", False, False),
        ("absorbed", True, False),
        ("digest", False, False),
        ("summary", False, False),
        ("test", False, False),
    ],
)
def test_which_messages_have_a_button(kind: str, held: bool, wanted: bool) -> None:
    known = {"acknowledged": "An, 21:13:20 ngày 21/09/2026"} if held else {}
    assert asks(changed({"kind": kind, "annotations": known})) is wanted


def test_what_belongs_to_no_incident_has_none() -> None:
    assert asks(NOTE)
    assert not asks(changed({"incident": 0}))


@given(
    st.text(max_size=400),
    st.sampled_from(sorted(set(Outcome) - {Outcome.TAKE})),
    st.sampled_from(["vi", "en", "fr"]),
)
def test_a_reply_is_never_longer_than_is_shown(name: str, outcome: Outcome, language: str) -> None:
    said = reply(outcome, language, incident=41, by=name, user="501")
    assert 0 < len(said) <= LONGEST
