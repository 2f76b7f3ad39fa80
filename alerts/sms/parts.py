"""A text cut into the short messages that carry it (3GPP TS 23.040, 9.2.3.24.1: concatenation, 8-bit reference)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from unicodedata import category

from alerts.sms.alphabet import ESCAPE, septets

MOST_PARTS = 255


class Coding(IntEnum):
    """How the text is coded; the number is TP-DCS, and `data_coding` of SMPP."""

    GSM7 = 0
    UCS2 = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One short message: septets one a byte, or UTF-16 big-endian, after a user data header that may be empty."""

    coding: Coding
    data: bytes
    header: bytes = b""


_ALONE = {Coding.GSM7: 160, Coding.UCS2: 70}
_JOINED = {Coding.GSM7: 153, Coding.UCS2: 67}


def room(coding: Coding, parts: int) -> int:
    """Septets, or UTF-16 units, that so many parts hold at least."""
    return _ALONE[coding] if parts == 1 else _JOINED[coding] * parts - (parts - 1)


def coded(text: str) -> tuple[Coding, bytes]:
    """The text as it travels: in 7 bits where all of it can be."""
    codes = septets(text)
    if codes is not None:
        return Coding.GSM7, codes
    return Coding.UCS2, text.encode("utf-16-be", "replace")


def cut(text: str, reference: int) -> tuple[Part, ...]:
    """The parts of a text, in order; the phone joins those of one reference, of which the low byte is used.

    Raises ValueError for more than 255 parts.
    """
    coding, data = coded(text)
    width = 1 if coding is Coding.GSM7 else 2
    if len(data) <= _ALONE[coding] * width:
        return (Part(coding, data),)
    inside = _inside_escape if coding is Coding.GSM7 else _inside_letter
    pieces = list(_pieces(data, _JOINED[coding] * width, width, inside))
    if len(pieces) > MOST_PARTS:
        raise ValueError(f"{len(pieces)} parts, at most {MOST_PARTS}")
    return tuple(
        Part(coding, piece, bytes([5, 0, 3, reference & 0xFF, len(pieces), number]))
        for number, piece in enumerate(pieces, 1)
    )


def _pieces(data: bytes, most: int, width: int, inside: Callable[[bytes, int], bool]) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = min(start + most, len(data))
        if end < len(data) and inside(data, end):
            end -= width
        yield data[start:end]
        start = end


def _inside_escape(data: bytes, at: int) -> bool:
    """Whether a cut would part an escape from its character; the character after it is never an escape itself."""
    return data[at - 1] == ESCAPE


def _inside_letter(data: bytes, at: int) -> bool:
    """Whether a cut would part a pair of surrogates, or a letter from its first mark: some phones show parts alone."""
    if _is_low(data[at]):
        return True
    return category(data[at : at + 2].decode("utf-16-be", "replace"))[0] == "M" and not _is_low(data[at - 2])


def _is_low(octet: int) -> bool:
    """Whether a unit that begins so is the second one of a pair."""
    return 0xDC <= octet <= 0xDF
