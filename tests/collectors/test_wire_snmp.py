"""The SNMP codec: every message survives, and what is none is refused with what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.wire.snmp import (
    NULL,
    OID_CAP,
    VARBINDS_CAP,
    Kind,
    Message,
    Oid,
    Tag,
    Value,
    decode,
    encode,
    name,
)
from ioc.errors import CodecError

GET = bytes.fromhex(  # snmpget -v2c -c public HOST 1.3.6.1.2.1.1.3.0, as captured
    "302902010104067075626c6963a01c02045a5d3f8b020100020100300e300c06082b060102010103000500"
)
NUMBER = st.integers(0, (1 << 32) - 1)
OIDS = st.builds(
    lambda first, second, rest: (first, second, *rest),
    st.integers(0, 1),
    st.integers(0, 39),
    st.lists(NUMBER, max_size=12),
) | st.builds(
    lambda second, rest: (2, second, *rest), st.integers(0, (1 << 32) - 81), st.lists(NUMBER, max_size=9)
)
VALUES = st.one_of(
    st.sampled_from([NULL, Value(Tag.NO_OBJECT), Value(Tag.NO_INSTANCE), Value(Tag.END_OF_VIEW)]),
    st.builds(Value, st.just(Tag.INTEGER), st.integers(-(1 << 31), (1 << 31) - 1)),
    st.builds(Value, st.sampled_from([Tag.COUNTER32, Tag.GAUGE32, Tag.TICKS]), NUMBER),
    st.builds(Value, st.just(Tag.COUNTER64), st.integers(0, (1 << 64) - 1)),
    st.builds(Value, st.sampled_from([Tag.OCTETS, Tag.OPAQUE, Tag.ADDRESS]), st.binary(max_size=300)),
    st.builds(Value, st.just(Tag.OID), OIDS),
)
INTEGER = st.integers(-(1 << 31), (1 << 31) - 1)
MESSAGES = st.builds(
    Message,
    st.binary(max_size=40),
    st.sampled_from(Kind),
    INTEGER,
    st.lists(st.tuples(OIDS, VALUES), max_size=4).map(tuple),
    INTEGER,
    INTEGER,
)


def test_a_captured_request() -> None:
    message = decode(GET)
    assert message == Message(b"public", Kind.GET, 0x5A5D3F8B, ((name("1.3.6.1.2.1.1.3.0"), NULL),))
    assert encode(message) == GET


@given(MESSAGES)
def test_every_message_survives(message: Message) -> None:
    assert decode(encode(message)) == message


@given(MESSAGES, st.data())
def test_a_message_cut_anywhere_is_none(message: Message, data: st.DataObject) -> None:
    whole = encode(message)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(CodecError):
        decode(whole[:cut])


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "message: ends after 0 bytes, before its length"),
        (b"\x30\x80\x00\x00", "its length is written in 0 bytes"),
        (b"\x30\x85\x00\x00\x00\x00\x01\x00", "its length is written in 5 bytes"),
        (b"\x30\x84\xff\xff\xff\xff", "message: 4294967295 bytes long, but 0 follow"),
        (b"\x04\x00", "message: tag 0x04 where 0x30 is due"),
        (GET + b"\0", "message: 1 bytes more than it should have"),
        (GET.replace(b"\x02\x01\x01\x04", b"\x02\x01\x00\x04"), "version: 0 is not 1, which is v2c"),
        (GET.replace(b"\xa0\x1c", b"\xa7\x1c"), "pdu: tag 0xa7 is none that is known"),
        (GET.replace(b"\x05\x00", b"\x1f\x00"), "value 1: tag 0x1f is none that is known"),
        (GET.replace(b"\x06\x08", b"\x04\x08"), "name 1: tag 0x04 where 0x06 is due"),
        (GET.replace(b"\x03\x00\x05", b"\x03\x80\x05"), "ends in the middle of a number"),
        (GET.replace(b"\x02\x01\x00\x02\x01\x00", b"\x02\x00\x02\x02\x00\x01"), "a number of 0 bytes"),
        (b"0" * 70_000, "message: 70000 bytes; more than 65535 are not read"),
    ],
)
def test_what_is_no_message_is_told(data: bytes, wrong: str) -> None:
    with pytest.raises(CodecError, match=wrong.replace("(", "\\(")):
        decode(data)


@pytest.mark.parametrize(
    "value",
    [
        Value(Tag.INTEGER, 1 << 31),
        Value(Tag.COUNTER32, -1),
        Value(Tag.COUNTER64, 1 << 64),
        Value(Tag.GAUGE32, b"x"),
        Value(Tag.OCTETS, 5),
        Value(Tag.OID, (1,)),
        Value(Tag.OID, (1, 40)),
        Value(Tag.OID, (1, 3, 1 << 32)),
    ],
)
def test_what_cannot_be_written_is_refused(value: Value) -> None:
    with pytest.raises(CodecError):
        encode(Message(b"c", Kind.RESPONSE, 1, (((1, 3), value),)))


def test_a_name_as_long_as_may_be_and_one_longer() -> None:
    longest = (1, 3, *range(OID_CAP - 2))
    message = Message(b"c", Kind.GET, 1, ((longest, NULL),))
    assert decode(encode(message)) == message
    with pytest.raises(CodecError, match="is not one that can be written"):
        encode(Message(b"c", Kind.GET, 1, (((*longest, 1), NULL),)))


@pytest.mark.parametrize("number", [1 << 31, -(1 << 31) - 1])
def test_a_request_id_fits_32_bits(number: int) -> None:
    with pytest.raises(CodecError, match=f"INTEGER: {number} does not fit 32 bits"):
        encode(Message(b"c", Kind.GET, number, ()))


def test_too_many_varbinds_are_refused() -> None:
    many: tuple[tuple[Oid, Value], ...] = (((1, 3), NULL),) * (VARBINDS_CAP + 1)
    with pytest.raises(CodecError, match="varbinds: more than 2048"):
        decode(encode(Message(b"c", Kind.RESPONSE, 1, many)))


@pytest.mark.parametrize("text", ["", "1", "1.3.x", "1.40.1", "3.1", "-1.3", "1.3." + "1." * 200 + "1"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(CodecError):
        name(text)
