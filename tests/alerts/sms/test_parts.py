"""The alphabet, cutting into parts, and the PDU of each."""

from __future__ import annotations

import json
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from alerts.sms.alphabet import _BASIC, _EXTENSION, length, pack, plain, septets, typed
from alerts.sms.parts import Coding, Part, coded, cut, room
from alerts.sms.tpdu import submit, validity

CASES = Path(__file__).parents[2] / "cases" / "sms"
FOLDERS = sorted(path.name for path in CASES.iterdir())
VIETNAMESE = "Đường truyền Trụ sở xã Ặn mất kết nối: ĂÂĐÊÔƠƯ ẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"


@pytest.mark.parametrize("folder", FOLDERS)
def test_golden(folder: str) -> None:
    """The TPDUs of a text, one a line, as the standard's examples and other programs have them."""
    case: dict[str, Any] = json.loads((CASES / folder / "message.json").read_text("utf-8"))
    parts = cut(case["text"], case.get("reference", 0))
    made = [submit(case["to"], part, case["valid"]).hex().upper() for part in parts]
    assert made == (CASES / folder / "tpdus.txt").read_text("ascii").split()


def decoded(part: Part) -> str:
    """The text of a part, by a decoder of its own."""
    if part.coding is Coding.UCS2:
        return part.data.decode("utf-16-be")
    out, codes = "", iter(part.data)
    extension = {code: each for each, code in _EXTENSION.items()}
    for code in codes:
        out += extension[next(codes)] if code == 0x1B else _BASIC[code]
    return out


@given(some.text(max_size=900), some.integers(0, 10_000))
def test_the_parts_hold_the_text_and_no_more_than_a_message(text: str, reference: int) -> None:
    parts = cut(text, reference)
    assert "".join(map(decoded, parts)) == text.encode("utf-16-be", "replace").decode("utf-16-be")
    for number, part in enumerate(parts, 1):
        taken = len(part.header) + (
            len(part.data) if part.coding is Coding.UCS2 else -(-len(part.data) * 7 // 8)
        )
        assert taken <= 140
        decoded(part)  # a cut inside an escape or a pair would raise
        if len(parts) > 1:
            assert part.header == bytes([5, 0, 3, reference & 255, len(parts), number])


@given(some.text(alphabet=_BASIC.replace("\x1b", "") + "".join(_EXTENSION), max_size=700))
def test_seven_bits_are_used_where_they_can_be(text: str) -> None:
    assert coded(text)[0] is Coding.GSM7
    assert length(text) == len(septets(text) or b"")
    parts = cut(text, 1)
    if length(text) <= room(Coding.GSM7, 2):
        assert len(parts) <= 2


@given(some.text(alphabet="ậ\u0323x\u0303 😀", max_size=420), some.integers(2, 6))
def test_no_part_begins_inside_a_letter_and_the_room_is_enough(text: str, count: int) -> None:
    fitting = text.encode("utf-16-be")[: 2 * room(Coding.UCS2, count)].decode("utf-16-be", "ignore")
    parts = cut(fitting, 0)
    assert len(parts) <= count
    for before, after in pairwise(map(decoded, parts)):
        marked = unicodedata.category(after[0])[0] == "M"
        assert not marked or unicodedata.category(before[-1])[0] == "M" or before[-1] > "\uffff"


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 306, [153, 153]),
        ("a" * 152 + "€" + "a" * 10, [152, 12]),
        ("ậ" * 70, [70]),
        ("ậ" * 71, [67, 4]),
        ("ậ" * 66 + "😀" + "ậ" * 10, [66, 12]),
        ("ậ" * 66 + "x\u0303" + "ậ" * 10, [66, 12]),
        ("ậ" * 65 + "😀\u0303" + "ậ" * 10, [67, 11]),
    ],
)
def test_the_limits(text: str, sizes: list[int]) -> None:
    parts = cut(text, 0)
    assert [len(part.data) // (2 if part.coding is Coding.UCS2 else 1) for part in parts] == sizes


def test_too_many_parts() -> None:
    with pytest.raises(ValueError, match="256 parts, at most 255"):
        cut("a" * 153 * 256, 0)


def test_plain_leaves_out_tone_marks_and_nothing_else() -> None:
    assert plain("Đường truyền Trụ sở xã Ặn mất kết nối") == "Duong truyen Tru so xa An mat ket noi"
    assert plain(unicodedata.normalize("NFD", "Nguyễn Thị Đẹp")) == "Nguyen Thi Dep"
    assert plain("“Số 5” – cấp 2… {x}\t€") == '"So 5" - cap 2. (x) E'
    assert plain("Ωé漢😀") == "Ωe??"


@given(some.text(max_size=300))
def test_plain_text_takes_one_septet_a_character_and_is_no_longer(text: str) -> None:
    made = plain(text)
    assert len(septets(made) or b"") == len(made) <= len(unicodedata.normalize("NFC", text))
    assert plain(made) == made


def test_vietnamese_is_ucs2_unless_it_is_plain() -> None:
    assert coded(VIETNAMESE)[0] is Coding.UCS2
    assert coded(plain(VIETNAMESE))[0] is Coding.GSM7
    assert plain(VIETNAMESE).isascii()
    assert typed("đã “xong” … – →") == 'đã "xong" . - >'


def test_packing_is_the_standards() -> None:
    """ "hellohello" is the published example; a single septet after a header of 6 octets has one bit of fill."""
    assert pack(b"hellohello").hex() == "e8329bfd4697d9ec37"
    assert pack(b"a", fill=1).hex() == "c2"


@pytest.mark.parametrize(
    ("minutes", "octet"),
    [
        (1, 0), (5, 0), (6, 1), (60, 11), (720, 143), (721, 144), (1440, 167), (1441, 168), (5760, 170),
        (43_200, 196), (10**9, 255),
    ],
)  # fmt: skip
def test_the_validity_period(minutes: int, octet: int) -> None:
    assert validity(minutes) == octet
