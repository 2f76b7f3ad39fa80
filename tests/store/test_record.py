"""Records of the spool: what is read is what was packed, whatever stands between."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ioc.store.record import MAGIC, MOST_CHARS, MOST_LINES, Record, Rubble, blocks, pack, scan, span

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
LINES = st.lists(TEXT, min_size=1, max_size=8)


def sound(data: bytes) -> list[Record]:
    return [each for each in scan(data) if isinstance(each, Record) and each.sound]


@given(st.lists(LINES, max_size=5))
def test_what_is_packed_is_found_again(many: list[list[str]]) -> None:
    data, first = b"", 7
    for lines in many:
        data += pack(first, lines, (1, 2))
        first += len(lines)
    found = list(scan(data))
    assert [each.lines() for each in found if isinstance(each, Record)] == many
    assert not [each for each in found if isinstance(each, Rubble)]
    assert all(a.stop == b.first for a, b in zip(sound(data), sound(data)[1:], strict=False))


@given(LINES, LINES, st.binary(max_size=60))
@example(["a"], ["b"], MAGIC)
@example(["a"], ["b"], MAGIC * 14)
def test_rubble_between_costs_neither_neighbour(one: list[str], two: list[str], rubble: bytes) -> None:
    first, second = pack(0, one, (0, 0)), pack(9, two, (0, 0))
    data = first + rubble + second
    assert [(each.first, each.lines()) for each in sound(data)] == [(0, one), (9, two)]
    lost = [(each.at, each.end) for each in scan(data) if isinstance(each, Rubble)]
    assert lost == ([(len(first), len(first) + len(rubble))] if rubble else [])


def test_a_flip_of_any_bit_costs_that_record_alone() -> None:
    parts = [
        pack(number * 2, [f"m v={number} {number}", f"m w={number} {number}"], (1, 2)) for number in range(3)
    ]
    begin, end = len(parts[0]), len(parts[0]) + len(parts[1])
    whole = b"".join(parts)
    for at in range(begin, end):
        for bit in range(8):
            data = bytearray(whole)
            data[at] ^= 1 << bit
            assert [each.first for each in sound(bytes(data))] == [0, 4], f"bit {bit} of byte {at - begin}"


def test_a_cut_anywhere_costs_what_is_cut_off() -> None:
    parts = [pack(number, [f"m v={number} {number}"], (1, 2)) for number in range(3)]
    whole = b"".join(parts)
    ends = [len(parts[0]), len(parts[0] + parts[1]), len(whole)]
    for size in range(len(whole) + 1):
        assert [each.first for each in sound(whole[:size])] == [
            n for n, end in enumerate(ends) if end <= size
        ]


def test_a_header_whose_body_is_gone_still_tells_its_numbers() -> None:
    data = pack(40, ["m v=1 1"] * 3, (1, 2))
    (record, *rest) = scan(data[:-1])
    assert isinstance(record, Record)
    assert (record.first, record.stop, record.sound) == (40, 43, False)
    assert [type(each) for each in rest] == [Rubble]
    with pytest.raises(ValueError, match="damaged"):
        record.lines()


@settings(max_examples=300)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_records_or_rubble(before: bytes, after: bytes) -> None:
    data = before + MAGIC + after
    at = 0
    for each in scan(data):
        assert each.at == at
        at = each.end
        if isinstance(each, Record) and each.sound:
            each.lines()
    assert at == len(data)


@given(st.lists(st.integers(1, 40), max_size=60).map(lambda sizes: ["x" * size for size in sizes]))
def test_blocks_are_the_lines_in_order(lines: list[str]) -> None:
    assert [line for block in blocks(lines) for line in block] == lines
    assert all(block for block in blocks(lines))


def test_blocks_are_bounded() -> None:
    assert [len(block) for block in blocks(["x"] * (2 * MOST_LINES + 1))] == [MOST_LINES, MOST_LINES, 1]
    long = "x" * (MOST_CHARS // 2)
    assert [len(block) for block in blocks([long, long, long])] == [2, 1]


def test_the_span_of_lines_is_that_of_their_timestamps() -> None:
    assert span(["m v=1 30", "m v=2 -10", 'm s="a b" 20', "m v=1"]) == (-10, 30)
    assert span([]) == (0, 0)
