"""Numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from alerts.sms.numbers import e164, national


@pytest.mark.parametrize(
    "written",
    [
        "0912000111",
        "0912 000 111",
        "0912.000.111",
        "(0912) 000-111",
        "+84912000111",
        "+84 (0)912 000 111",
        "0084912000111",
        "84912000111",
        "\u00a0+84\u00a0912\u00a0000\u00a0111",
    ],
)
def test_one_number_in_many_forms(written: str) -> None:
    assert e164(written) == "+84912000111"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("024 3825 5555", "+842438255555"),
        ("+46 70 825 13 58", "+46708251358"),
        ("00 46 708251358", "+46708251358"),
    ],
)
def test_other_numbers(written: str, number: str) -> None:
    assert e164(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "", "113", "912000111", "an@example.vn", "+", "+84", "+840912000111", "0912000111x", "+8491200011122",
        "091200011", "٠٩١٢٠٠٠١١١", "+1234567890123456", "0912000111;ext=5", "18001260",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a telephone number; write it as"):
        e164(written)


@given(some.text(max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        number = e164(text)
    except ValueError:
        return
    assert e164(number) == number
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()
    assert len(number) <= 16
    assert e164(national(number)) == number or not number.startswith("+84")


def test_the_national_form() -> None:
    assert national("+84912000111") == "0912000111"
    assert national("+46708251358") == "+46708251358"
