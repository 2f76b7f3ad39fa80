"""Frames: golden bytes, and a round trip through another implementation's parser."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from ioc.picture import Delta
from web import frames

CASES = sorted((Path(__file__).parents[1] / "cases" / "frames").iterdir())
WINDOWS = st.sampled_from([9, 10, 12, 15])


def parsed(data: bytes, window: int, deflates: PerMessageDeflate | None = None) -> Frame:
    """Exactly one frame, as the `websockets` library reads it."""
    extensions = [deflates or unpacker(window)] if window else []
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    parsing = Frame.parse(reader.read_exact, mask=False, max_size=2**30, extensions=extensions)
    try:
        while True:
            next(parsing)
    except StopIteration as done:
        frame: Frame = done.value
    assert not reader.buffer
    return frame


def unpacker(window: int) -> PerMessageDeflate:
    """Reads what a server deflates with context takeover, the stricter case for frames that are shared."""
    return PerMessageDeflate(False, False, window, 15, {})


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_golden(case: Path) -> None:
    given_ = json.loads((case / "input.json").read_text(encoding="utf-8"))
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    data = frames.frame(message(given_), given_["window"])
    assert data.hex(" ", 1).split()[: len(expected["head"].split())] == expected["head"].split()
    frame = parsed(data, given_["window"])
    assert frame.opcode is Opcode.TEXT
    assert frame.fin
    assert bytes(frame.data).decode() == expected["payload"]


def message(case: dict[str, Any]) -> bytes:
    said = case["message"]
    if case["kind"] == "hello":
        return frames.hello(**said)
    if case["kind"] == "beat":
        return frames.beat(**said)
    change = Delta(said["epoch"], said["offset"], said["full"], said["put"], frozenset(said["gone"]))
    return frames.delta(change, said["now"], pytest.fail)


@given(st.binary(max_size=300), st.integers(0, 2000), WINDOWS | st.just(0))
def test_every_payload_comes_back(start: bytes, repeated: int, window: int) -> None:
    payload = start + b"x" * repeated
    assert bytes(parsed(frames.frame(payload, window), window).data) == payload


@given(st.lists(st.text(min_size=100, max_size=400), max_size=6), WINDOWS)
def test_a_shared_frame_needs_no_earlier_one_and_harms_no_later_one(texts: list[str], window: int) -> None:
    keeps_context = unpacker(window)
    for text in texts:
        data = frames.frame(text.encode(), window)
        assert bytes(parsed(data, window, keeps_context).data) == text.encode()


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, "8100"),
        (125, "817d"),
        (126, "817e007e"),
        (65_535, "817effff"),
        (65_536, "817f0000000000010000"),
    ],
)
def test_lengths_take_as_few_bits_as_they_may(length: int, head: str) -> None:
    data = frames.frame(b"x" * length)
    assert data == bytes.fromhex(head) + b"x" * length


def test_a_deflated_frame_says_so_and_has_no_flush_tail() -> None:
    payload = b"abcdefgh" * 100
    data = frames.frame(payload, 12)
    assert data[0] == 0xC1
    assert not data.endswith(frames.FLUSH_TAIL)
    assert zlib.decompressobj(-12).decompress(data[2:] + frames.FLUSH_TAIL) == payload


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.dictionaries(
            st.text(max_size=4), st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
        ),
        max_size=5,
    ),
    st.frozensets(st.text(max_size=8), max_size=3),
)
def test_a_delta_says_what_the_picture_said(put: dict[str, Any], gone: frozenset[str]) -> None:
    said = orjson.loads(frames.delta(Delta("e", 7, False, put, gone), 1.5, pytest.fail))
    assert said == {
        "type": "delta",
        "epoch": "e",
        "offset": 7,
        "full": False,
        "now": 1.5,
        "put": put,
        "gone": sorted(gone),
    }


def test_a_value_that_json_cannot_carry_costs_only_itself() -> None:
    bad: list[str] = []
    put: dict[str, Any] = {"a": {"n": 1}, "b": {"n": {1, 2}}, "c": {"n": 2**70}}
    said = orjson.loads(frames.delta(Delta("e", 3, False, put, frozenset()), 0.0, bad.append))
    assert (said["put"], bad) == ({"a": {"n": 1}}, ["b", "c"])


def test_a_message_is_framed_once_for_each_window() -> None:
    prepared = frames.Prepared(b"x" * 500)
    assert prepared.frame(12) is prepared.frame(12)
    assert prepared.frame(0) == frames.frame(b"x" * 500)
