"""Telephone numbers as ITU-T E.164 has them: `+`, a country code, fifteen digits at most."""

from __future__ import annotations

import re

_COUNTRY = "84"
"""whose national form, `0…`, is understood"""
_BETWEEN = str.maketrans("", "", " .-()\u00a0")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")
_VIETNAMESE = re.compile(r"\+84(?:[35789][0-9]{8}|2[0-9]{9})")
"""mobile numbers, and those of fixed lines"""
_BARE = re.compile(r"84[1-9][0-9]{8}")


def e164(written: str) -> str:
    """A number in international form: `0912 000 111`, `+84 (0)912.000.111` and `0084912000111` are +84912000111.

    Raises ValueError where it is none, or where the country is in doubt.
    """
    digits = written.replace("(0)", "").translate(_BETWEEN)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = f"+{_COUNTRY}{digits[1:]}"
    elif _BARE.fullmatch(digits):
        digits = "+" + digits
    form = _VIETNAMESE if digits.startswith("+" + _COUNTRY) else _INTERNATIONAL
    if not form.fullmatch(digits):
        raise ValueError(
            f"{written[:40]!r} is not a telephone number; write it as +84912000111 or 0912000111"
        )
    return digits


def national(number: str) -> str:
    """The form used inside Viet Nam, `0912000111`; a foreign number stays as it is."""
    return "0" + number.removeprefix("+" + _COUNTRY) if number.startswith("+" + _COUNTRY) else number
