"""SMPP 3.4 on the wire (SMPP Protocol Specification v3.4, issue 1.2; sections are its own): pure, bounded.

Only what a sender needs: bind, submit_sm, deliver_sm, enquire_link, unbind, generic_nack.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from alerts.sms.parts import Part
from ioc.errors import CodecError

HEADER = struct.Struct(">IIII")
MOST_PDU = 64 * 1024
"""octets of one PDU that are taken: message_payload may have 64 K, nothing else comes near"""
LAST_SEQUENCE = 0x7FFFFFFF
RESPONSE = 0x80000000
"""bit of a command that answers another (5.1.2.1)"""
VERSION = 0x34

UDH_INDICATOR = 0x40
_RECEIPT_TYPES = 0x3C
_RECEIPT = 0x04
_TLV = struct.Struct(">HH")
RECEIPTED_MESSAGE_ID, MESSAGE_STATE, MESSAGE_PAYLOAD = 0x001E, 0x0427, 0x0424
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F
_STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
"""message_state (5.2.28) in the words of a receipt's text (appendix B)"""
_IN_TEXT = re.compile(
    rb"\bid:(?P<id>[^ ]{1,65}) .*?\bstat:(?P<state>[A-Z]{1,7})(?:.*?\berr:(?P<error>\w{1,8}))?", re.DOTALL
)


class Command(IntEnum):
    """The commands that are known (5.1.2.1)."""

    GENERIC_NACK = 0x80000000
    BIND_TRANSMITTER = 0x00000002
    SUBMIT_SM = 0x00000004
    DELIVER_SM = 0x00000005
    UNBIND = 0x00000006
    BIND_TRANSCEIVER = 0x00000009
    ENQUIRE_LINK = 0x00000015
    ALERT_NOTIFICATION = 0x00000102


@dataclass(frozen=True, slots=True)
class Pdu:
    """A protocol data unit: a command, known or not, its status, its number, and what follows the header."""

    command: int
    status: int = 0
    sequence: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Address:
    """An SME address: type of number, numbering plan, and at most 20 octets."""

    ton: int
    npi: int
    digits: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A deliver_sm as far as a sender reads it."""

    esm_class: int
    text: bytes
    tlvs: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What became of a message that was submitted: DELIVRD, UNDELIV, EXPIRED, …"""

    message_id: str
    state: str
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether it will not reach the phone any more."""
        return self.state in ("EXPIRED", "DELETED", "UNDELIV", "REJECTD")


class Splitter:
    """Cuts bytes into PDUs."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Pdu]:
        """The PDUs that are whole now; raises CodecError where a length cannot be."""
        self._held += data
        out: list[Pdu] = []
        while len(self._held) >= HEADER.size:
            length, command, status, sequence = HEADER.unpack_from(self._held)
            if not HEADER.size <= length <= MOST_PDU:
                raise CodecError(f"a PDU of {length} octets; from {HEADER.size} to {MOST_PDU} are taken")
            if len(self._held) < length:
                break
            out.append(Pdu(command, status, sequence, bytes(self._held[HEADER.size : length])))
            del self._held[:length]
        return out


def encode(pdu: Pdu) -> bytes:
    """A PDU as octets."""
    return HEADER.pack(HEADER.size + len(pdu.body), pdu.command, pdu.status, pdu.sequence) + pdu.body


def bind(system_id: str, password: str, system_type: str) -> bytes:
    """The body of bind_transmitter and bind_transceiver (4.1.1, 4.1.5)."""
    texts = b"".join(_text(text) for text in (system_id, password, system_type))
    return texts + bytes([VERSION, 0, 0]) + b"\0"


def submit(source: Address, to: Address, part: Part, valid: int, receipt: bool) -> bytes:
    """The body of submit_sm (4.4.1) with the text in short_message, `valid` for so many minutes."""
    esm_class = UDH_INDICATOR if part.header else 0
    message = part.header + part.data
    return _before(source, to, esm_class, part, valid, receipt) + bytes([len(message)]) + message


def submit_joined(
    source: Address, to: Address, part: Part, valid: int, receipt: bool, place: tuple[int, int, int]
) -> bytes:
    """submit_sm of one of several parts by TLVs: `place` is reference, how many, which (5.3.2.22 to 24)."""
    reference, total, number = place
    joined = tlv(SAR_REFERENCE, struct.pack(">H", reference)) + tlv(SAR_TOTAL, bytes([total]))
    bare = Part(part.coding, part.data)
    return submit(source, to, bare, valid, receipt) + joined + tlv(SAR_NUMBER, bytes([number]))


def submit_whole(source: Address, to: Address, part: Part, valid: int, receipt: bool) -> bytes:
    """submit_sm with a text of any length in message_payload (5.3.2.32)."""
    return _before(source, to, 0, part, valid, receipt) + b"\0" + tlv(MESSAGE_PAYLOAD, part.data)


def tlv(tag: int, value: bytes) -> bytes:
    """An optional parameter (5.3)."""
    return _TLV.pack(tag, len(value)) + value


def message_id(body: bytes) -> str:
    """The id in submit_sm_resp (4.4.2); empty where there is none. Raises CodecError."""
    return _read_text(body, 0, 65)[0] if body else ""


def delivered(body: bytes) -> Delivered:
    """A deliver_sm (4.6.1); raises CodecError."""
    at = _read_text(body, 0, 6)[1]
    for _ in range(2):  # source, destination: type, plan, address
        at = _read_text(body, at + 2, 65)[1]
    esm_class = _octet(body, at)
    at = _read_text(body, at + 3, 17)[1]  # esm_class, protocol_id, priority_flag; schedule_delivery_time
    at = _read_text(body, at, 17)[1]  # validity_period
    length = _octet(body, at + 4)  # registered_delivery, replace_if_present, data_coding, sm_default_msg_id
    text = body[at + 5 : at + 5 + length]
    if len(text) != length:
        raise CodecError(f"sm_length is {length}, {len(text)} octets follow")
    return Delivered(esm_class, text, tlvs(body[at + 5 + length :]))


def tlvs(data: bytes) -> dict[int, bytes]:
    """The optional parameters; of one that comes twice the last. Raises CodecError."""
    out: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        if len(data) - at < _TLV.size:
            raise CodecError("an optional parameter is cut off")
        tag, length = _TLV.unpack_from(data, at)
        value = data[at + _TLV.size : at + _TLV.size + length]
        if len(value) != length:
            raise CodecError(f"optional parameter 0x{tag:04X} has {length} octets, {len(value)} follow")
        out[tag] = value
        at += _TLV.size + length
    return out


def receipt(message: Delivered) -> DeliveryReceipt | None:
    """The receipt in a deliver_sm, by its parameters or its text; None where it is a message of somebody."""
    if message.esm_class & _RECEIPT_TYPES != _RECEIPT:
        return None
    found = _IN_TEXT.search(message.tlvs.get(MESSAGE_PAYLOAD) or message.text)
    said = (
        {}
        if found is None
        else {name: (value or b"").decode("latin-1") for name, value in found.groupdict().items()}
    )
    id = message.tlvs.get(RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1") or said.get("id", "")
    code = message.tlvs.get(MESSAGE_STATE, b"")[:1]
    state = _STATES.get(code[0], "UNKNOWN") if code else said.get("state", "UNKNOWN")
    return DeliveryReceipt(id, state, said.get("error", "")) if id else None


def relative(minutes: int) -> str:
    """A length of time as validity_period has it: `YYMMDDhhmmss000R` (7.1.1.2)."""
    days, rest = divmod(min(minutes, 99 * 24 * 60), 24 * 60)
    return f"0000{days:02d}{rest // 60:02d}{rest % 60:02d}00000R"


def _before(source: Address, to: Address, esm_class: int, part: Part, valid: int, receipt: bool) -> bytes:
    """submit_sm up to sm_default_msg_id."""
    return b"".join(
        (
            b"\0",  # service_type: the default
            _address(source),
            _address(to),
            bytes([esm_class, 0, 0]),  # protocol_id, priority_flag
            b"\0",  # schedule_delivery_time: now
            _text(relative(valid)),
            bytes([1 if receipt else 0, 0, part.coding, 0]),
        )
    )


def _address(address: Address) -> bytes:
    return bytes([address.ton, address.npi]) + _text(address.digits)


def _text(text: str) -> bytes:
    """A C-octet string (3.1); raises UnicodeEncodeError."""
    return text.encode("latin-1") + b"\0"


def _read_text(body: bytes, at: int, most: int) -> tuple[str, int]:
    """A C-octet string of at most so many octets with its end, and where the next field begins."""
    end = body.find(b"\0", at, at + most)
    if end < 0:
        raise CodecError(f"a text at octet {at} does not end within {most} octets")
    return body[at:end].decode("latin-1"), end + 1


def _octet(body: bytes, at: int) -> int:
    if at >= len(body):
        raise CodecError(f"ends at octet {len(body)}, more was to follow")
    return body[at]
