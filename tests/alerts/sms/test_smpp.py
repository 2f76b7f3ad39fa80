"""SMPP on the wire: the standard's own example, every length, and octets that lie."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some

from alerts.sms import status
from alerts.sms.parts import Coding, Part, cut
from alerts.sms.smpp import (
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    MOST_PDU,
    RECEIPTED_MESSAGE_ID,
    Address,
    Command,
    Delivered,
    DeliveryReceipt,
    Pdu,
    Splitter,
    bind,
    delivered,
    encode,
    message_id,
    receipt,
    relative,
    submit,
    submit_joined,
    submit_whole,
    tlv,
    tlvs,
)
from ioc.errors import CodecError

EXAMPLE = bytes.fromhex(
    "0000002F 00000002 00000000 00000001"
    "534D50503354455354 00 7365637265743038 00 5355424D495431 00 00 01 01 00"
)
"""bind_transmitter as the specification writes it out (3.2.3)"""
SOURCE, TO = Address(5, 0, "UBND TINH"), Address(1, 1, "84912000111")


def test_the_standards_example_but_for_version_and_addresses() -> None:
    made = encode(Pdu(Command.BIND_TRANSMITTER, 0, 1, bind("SMPP3TEST", "secret08", "SUBMIT1")))
    assert made[:-4] == EXAMPLE[:-4]
    assert made[-4:] == b"\x34\0\0\0"
    assert Splitter().feed(EXAMPLE) == [Pdu(2, 0, 1, EXAMPLE[16:])]


def test_submit_sm_octet_by_octet() -> None:
    part = cut("Đứt", 0)[0]
    body = submit(SOURCE, TO, part, 60, receipt=True)
    assert body == (
        b"\0\x05\x00UBND TINH\0\x01\x0184912000111\0\x00\x00\x00\0"
        b"000000010000000R\0\x01\x00\x08\x00\x06\x01\x10\x1e\xe9\x00t"
    )  # fmt: skip


def test_parts_by_header_by_parameters_and_whole() -> None:
    one, two = cut("ậ" * 71, 7)
    by_header = submit(SOURCE, TO, two, 60, receipt=False)
    assert by_header[by_header.index(b"84912000111\0") + 12] == 0x40
    assert by_header.endswith(bytes([6 + 8, 5, 0, 3, 7, 2, 2]) + "ậậậậ".encode("utf-16-be"))
    by_tlv = submit_joined(SOURCE, TO, one, 60, False, (7, 2, 1))
    assert by_tlv.endswith(bytes.fromhex("020C00020007 020E000102 020F000101"))
    assert by_tlv[by_tlv.index(b"84912000111\0") + 12] == 0
    whole = submit_whole(SOURCE, TO, Part(Coding.UCS2, "ậ".encode("utf-16-be") * 71), 60, False)
    assert whole.endswith(b"\0" + tlv(MESSAGE_PAYLOAD, "ậ".encode("utf-16-be") * 71))


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (60, "000000010000000R"),
        (1440, "000001000000000R"),
        (90, "000000013000000R"),
        (10**9, "000099000000000R"),
    ],
)
def test_the_validity_period(minutes: int, said: str) -> None:
    assert relative(minutes) == said


PDUS = some.builds(
    Pdu,
    some.integers(0, 2**32 - 1),
    some.integers(0, 2**32 - 1),
    some.integers(0, 2**32 - 1),
    some.binary(max_size=300),
)


@given(some.lists(PDUS, max_size=5), some.integers(1, 40))
def test_pdus_come_out_as_they_went_in_however_they_are_cut(pdus: list[Pdu], step: int) -> None:
    octets, splitter, found = b"".join(map(encode, pdus)), Splitter(), []
    for at in range(0, len(octets), step):
        found += splitter.feed(octets[at : at + step])
    assert found == pdus


@pytest.mark.parametrize("length", [0, 15, MOST_PDU + 1, 2**32 - 1])
def test_a_length_that_lies_is_refused_at_once(length: int) -> None:
    with pytest.raises(CodecError, match=f"a PDU of {length} octets"):
        Splitter().feed(struct.pack(">IIII", length, 5, 0, 1))


@given(some.binary(max_size=400))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    for read in (delivered, tlvs, message_id):
        with contextlib.suppress(CodecError):
            read(octets)
    with contextlib.suppress(CodecError):
        Splitter().feed(octets)


def deliver(text: bytes, esm_class: int = 4, more: bytes = b"") -> bytes:
    """The body of a deliver_sm."""
    before = b"\0\x01\x0184912000111\0\x05\0UBND TINH\0" + bytes([esm_class, 0, 0]) + b"\0\0\0\0\0\0"
    return before + bytes([len(text)]) + text + more


@given(
    some.binary(max_size=255),
    some.dictionaries(some.integers(0, 65535), some.binary(max_size=50), max_size=4),
)
def test_a_deliver_sm_is_read(text: bytes, parameters: dict[int, bytes]) -> None:
    more = b"".join(tlv(tag, value) for tag, value in parameters.items())
    assert delivered(deliver(text, more=more)) == Delivered(4, text, parameters)


@given(some.integers(0, 59).filter(lambda length: length != 54))
def test_a_deliver_sm_that_is_cut_off_is_refused(length: int) -> None:
    whole = deliver(b"id:1 stat:DELIVRD", more=tlv(0x1E, b"1\0"))
    assert len(whole) == 60  # of which the last 6 are a parameter, that may be missing whole
    with pytest.raises(CodecError):
        delivered(whole[:length])


TEXT = b"id:7F00A1 sub:001 dlvrd:000 submit date:2611240300 done date:2611240301 stat:UNDELIV err:069 text:"
"""as appendix B has it"""


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (Delivered(4, TEXT), DeliveryReceipt("7F00A1", "UNDELIV", "069")),
        (Delivered(4, b"", {MESSAGE_PAYLOAD: TEXT}), DeliveryReceipt("7F00A1", "UNDELIV", "069")),
        (
            Delivered(4, b"", {RECEIPTED_MESSAGE_ID: b"9\0", MESSAGE_STATE: b"\x02"}),
            DeliveryReceipt("9", "DELIVRD"),
        ),
        (
            Delivered(4, b"", {RECEIPTED_MESSAGE_ID: b"9\0", MESSAGE_STATE: b"\x63"}),
            DeliveryReceipt("9", "UNKNOWN"),
        ),
        (Delivered(4, b"id:5 stat:DELIVRD"), DeliveryReceipt("5", "DELIVRD")),
        (Delivered(4, b"nothing of the kind"), None),
        (Delivered(0, TEXT), None),
    ],
)
def test_a_receipt_is_read(message: Delivered, told: DeliveryReceipt | None) -> None:
    assert receipt(message) == told


@given(
    some.binary(max_size=300),
    some.integers(0, 255),
    some.dictionaries(some.sampled_from([0x1E, 0x427, 0x424]), some.binary(max_size=80)),
)
def test_any_receipt_is_bounded(text: bytes, esm_class: int, parameters: dict[int, bytes]) -> None:
    told = receipt(Delivered(esm_class, text, parameters))
    assert told is None or (told.message_id and len(told.state) <= 7 and len(told.error) <= 8)


def test_what_a_status_means() -> None:
    assert status.words(0x0B) == "destination address (0x0000000B)"
    assert status.words(0x0400) == "status 0x00000400"
    assert [code for code in (0x08, 0x0A, 0x0B, 0x0E, 0x14, 0x45, 0x58, 0x400) if status.permanent(code)] == [
        0x0B
    ]
    assert status.passing_wait(0x58) == 5.0
    assert status.passing_wait(0x08) is None
