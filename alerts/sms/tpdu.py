"""SMS-SUBMIT, the message as a modem hands it to the network (3GPP TS 23.040, 9.2.2.2)."""

from __future__ import annotations

from alerts.sms.alphabet import pack
from alerts.sms.parts import Coding, Part

_SUBMIT, _RELATIVE_VALIDITY, _HEADER = 0x01, 0x10, 0x40
_INTERNATIONAL = 0x91
"""type of address: international number, ISDN numbering plan (9.1.2.5)"""
_NONE = b"\x00"
SERVICE_CENTER_OF_SIM = b"\x00"
"""what stands before the TPDU in +CMGS for: the service centre's address is the SIM's"""


def submit(number: str, part: Part, valid: int) -> bytes:
    """The TPDU of a part to an E.164 number, valid for so many minutes; TP-MR 0 lets the modem count."""
    first = _SUBMIT | _RELATIVE_VALIDITY | (_HEADER if part.header else 0)
    return b"".join(
        (
            bytes([first, 0]),
            address(number),
            _NONE,  # TP-PID: an ordinary message
            bytes([part.coding, validity(valid)]),
            _user_data(part),
        )
    )


def address(number: str) -> bytes:
    """TP-DA of an E.164 number: digits, type, and two digits an octet, the first one low."""
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    return bytes([len(digits), _INTERNATIONAL]) + bytes.fromhex(swapped)


def validity(minutes: int) -> int:
    """TP-VP in its relative form (9.2.3.12.1), rounded up to a step it has; at most 63 weeks."""
    if minutes <= 12 * 60:
        return max(0, -(-minutes // 5) - 1)
    if minutes <= 24 * 60:
        return 143 - (-(minutes - 12 * 60) // 30)
    days = -(-minutes // (24 * 60))
    return 166 + days if days <= 30 else min(255, 192 - (-days // 7))


def _user_data(part: Part) -> bytes:
    if part.coding is Coding.UCS2:
        return bytes([len(part.header) + len(part.data)]) + part.header + part.data
    fill = -8 * len(part.header) % 7
    before = (8 * len(part.header) + fill) // 7
    return bytes([before + len(part.data)]) + part.header + pack(part.data, fill)
