"""Any text at all as line protocol: points and flaws, or CodecError; nothing else, and never without bound."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.errors import CodecError
from ioc.store import parse
from ioc.store.parse import Flaw, Parsed

GOOD = b'# c\nm\\ x,t=a\\,b,u=c f="x \\"y\\"\nz",g=1i,h=-2.5e3,i=t 1760000000000000\nm f=1 5\n'
PIECES = [
    b"m", b",t=", b"=", b",", b" ", b'"', b"\\", b"\\\\", b'\\"', b"\n", b"\r\n", b"#", b"f=1", b"1i", b"2u",
    b"true", b"-", b"1e5", b"nan", b"inf", b"9" * 30, b"\x00", b"\xff", b"\xc3\xa9", b"\t", "ệ".encode(),
]  # fmt: skip

mutated = st.builds(
    lambda at, cut, new: GOOD[:at] + new + GOOD[at + cut :],
    st.integers(0, len(GOOD)),
    st.integers(0, 40),
    st.binary(max_size=20) | st.sampled_from(PIECES),
)
made = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=40).map(b"".join)
anything = st.binary(max_size=400) | mutated | made


@settings(max_examples=1_000, deadline=None)
@given(anything, st.sampled_from(sorted(parse.PRECISIONS)))
def test_a_text(data: bytes, precision: str) -> None:
    text = data.decode("utf-8", "surrogateescape")
    found = list(parse.lines(text, precision))
    assert len(found) <= text.count("\n") + 1
    numbers = [each.line for each in found if isinstance(each, Flaw)]
    assert numbers == sorted(set(numbers))
    for each in found:
        if isinstance(each, Parsed):
            assert each.measurement.isprintable()
            assert each.fields
            assert list(each.tags) == sorted(each.tags)
            assert all(key and value for key, value in each.tags)
            str(each).encode()
        elif each is not None:
            assert 1 <= each.line <= text.count("\n") + 1
            assert len(each.why) < 400


@settings(max_examples=500, deadline=None)
@given(anything)
def test_one_line(data: bytes) -> None:
    with contextlib.suppress(CodecError):
        assert parse.line(data.decode("utf-8", "surrogateescape")).fields
