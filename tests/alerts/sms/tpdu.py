"""SMS-SUBMIT read back, by another way than it was written: bit by bit."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.sms.alphabet import _BASIC, _EXTENSION


def joined(tpdus: Sequence[bytes]) -> tuple[str, str]:
    """The number and the text of all parts of one message; fails where they do not belong together."""
    read = [_read(each) for each in tpdus]
    numbers, headers = {number for number, _, _ in read}, [header for _, header, _ in read]
    assert len(numbers) == 1
    if len(read) > 1:
        assert {bytes(header[:4]) for header in headers} == {bytes([0, 3, headers[0][2], len(read)])}
        assert [header[4] for header in headers] == list(range(1, len(read) + 1))
    return numbers.pop(), "".join(text for _, _, text in read)


def _read(tpdu: bytes) -> tuple[str, bytes, str]:
    digits = tpdu[2]
    octets = (digits + 1) // 2
    number = "".join(f"{each & 15:X}{each >> 4:X}" for each in tpdu[4 : 4 + octets])[:digits]
    at = 4 + octets
    coding, length, data = tpdu[at + 1], tpdu[at + 3], tpdu[at + 4 :]
    header = data[1 : 1 + data[0]] if tpdu[0] & 0x40 else b""
    before = 1 + len(header) if header else 0
    if coding == 8:
        assert length == len(data)
        return "+" + number, header, data[before:].decode("utf-16-be")
    bits = "".join(f"{each:08b}"[::-1] for each in data)
    first = -(-before * 8 // 7)
    codes = [int(bits[7 * at : 7 * at + 7][::-1], 2) for at in range(first, length)]
    return "+" + number, header, _text(codes)


def _text(codes: Sequence[int]) -> str:
    out, left = "", iter(codes)
    extension = {code: each for each, code in _EXTENSION.items()}
    for code in left:
        out += extension[next(left)] if code == 0x1B else _BASIC[code]
    return out
