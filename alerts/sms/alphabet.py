"""The GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1 and 6.2.1.1), and text made to fit it."""

from __future__ import annotations

import unicodedata

ESCAPE = 0x1B
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_CODES = {each: bytes([code]) for code, each in enumerate(_BASIC) if code != ESCAPE} | {
    each: bytes([ESCAPE, code]) for each, code in _EXTENSION.items()
}
_TYPED = {
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "‑": "-", "…": ".", "→": ">",
    "•": "-", "·": ".", "×": "x", "≥": ">", "≤": "<", "\u00a0": " ", "\u202f": " ", "\t": " ",
}  # fmt: skip
"""what typography writes where a typewriter has a character of its own"""
_REPLACED = {
    "đ": "d", "Đ": "D", "₫": "d", "[": "(", "]": ")", "{": "(", "}": ")", "~": "-", "|": "/", "\\": "/",
    "^": "'", "€": "E", "\f": " ", "\r": " ",
}  # fmt: skip


def septets(text: str) -> bytes | None:
    """The text in 7-bit codes, one a byte, two for those of the extension; None where a character has none."""
    codes = [_CODES.get(each) for each in text]
    return None if None in codes else b"".join(each for each in codes if each is not None)


def length(text: str) -> int:
    """How many septets it takes, a character that has no code counted as one."""
    return sum(len(_CODES.get(each, b"?")) for each in text)


def pack(codes: bytes, fill: int = 0) -> bytes:
    """Septets packed into octets, lowest bit first, after `fill` bits of zero (TS 23.038, 6.1.2.1)."""
    whole = 0
    for index, code in enumerate(codes):
        whole |= code << (7 * index + fill)
    return whole.to_bytes((7 * len(codes) + fill + 7) // 8, "little")


def typed(text: str) -> str:
    """Composed, with typographic characters as a typewriter has them; never longer than it was."""
    return "".join(_TYPED.get(each, each) for each in unicodedata.normalize("NFC", text))


def plain(text: str) -> str:
    """Without tone marks, in characters of one septet each; never longer than the text composed."""
    return "".join(_bare(each) for each in typed(text))


def _bare(each: str) -> str:
    base = _REPLACED.get(each) or unicodedata.normalize("NFD", each)[0]
    if base in _REPLACED:
        base = _REPLACED[base]
    if len(_CODES.get(base, b"")) == 1:
        return base
    return "" if unicodedata.category(each)[0] in "MC" else "?"
