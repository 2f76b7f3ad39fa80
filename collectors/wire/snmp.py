"""SNMPv2c messages, both ways: what a small agent hears and says (RFC 3416, RFC 1901; BER of X.690).

Bytes in, values and bytes out; no socket, no clock. Bytes that are not such a message raise CodecError with what is
wrong, where, and the value. Only definite lengths are read, as RFC 3417, section 8, has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from ioc.errors import CodecError

Oid = tuple[int, ...]

MESSAGE_CAP = 65_535
"""bytes of a message"""
VARBINDS_CAP = 2_048
OID_CAP = 128
"""numbers of a name (RFC 2578, section 3.5)"""
VERSION = 1
"""which is what v2c calls itself (RFC 1901)"""


class Tag(IntEnum):
    """What a value is."""

    INTEGER = 0x02
    OCTETS = 0x04
    NULL = 0x05
    OID = 0x06
    ADDRESS = 0x40
    COUNTER32 = 0x41
    GAUGE32 = 0x42
    TICKS = 0x43
    OPAQUE = 0x44
    COUNTER64 = 0x46
    NO_OBJECT = 0x80
    NO_INSTANCE = 0x81
    END_OF_VIEW = 0x82


class Kind(IntEnum):
    """What a message asks or says."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    SET = 0xA3
    GET_BULK = 0xA5


_SEQUENCE = 0x30
_BITS = {Tag.INTEGER: 32, Tag.COUNTER32: 32, Tag.GAUGE32: 32, Tag.TICKS: 32, Tag.COUNTER64: 64}
_MOST = 1 << 32
"""a number of a name is less"""
_EMPTY = frozenset({Tag.NULL, Tag.NO_OBJECT, Tag.NO_INSTANCE, Tag.END_OF_VIEW})


@dataclass(frozen=True, slots=True)
class Value:
    """A value: a number for integers, counters, gauges and ticks; a name for OID; bytes; None where there is none."""

    tag: Tag
    content: int | bytes | Oid | None = None


NULL = Value(Tag.NULL)
Varbind = tuple[Oid, Value]


@dataclass(frozen=True, slots=True)
class Message:
    """A v2c message.

    For GET_BULK `first` and `second` are non-repeaters and max-repetitions, else error status and index.
    """

    community: bytes
    kind: Kind
    request: int
    varbinds: tuple[Varbind, ...]
    first: int = 0
    second: int = 0


def name(text: str) -> Oid:
    """A name as it is written with dots; raises CodecError."""
    try:
        oid = tuple(int(each) for each in text.removeprefix(".").split("."))
    except ValueError as error:
        raise CodecError(f"name: {text[:60]!r} is not numbers with dots between them") from error
    _must_be_a_name(oid)
    return oid


def encode(message: Message) -> bytes:
    """The message's bytes; raises CodecError for what the format cannot hold."""
    varbinds = b"".join(
        _field(_SEQUENCE, _oid(oid) + _field(value.tag, _content(value))) for oid, value in message.varbinds
    )
    numbers = (message.request, message.first, message.second)
    pdu = b"".join(map(_integer, numbers)) + _field(_SEQUENCE, varbinds)
    community = _field(Tag.OCTETS, message.community)
    return _field(_SEQUENCE, _integer(VERSION) + community + _field(message.kind, pdu))


def decode(data: bytes) -> Message:
    """The message in a datagram; raises CodecError."""
    if len(data) > MESSAGE_CAP:
        raise CodecError(f"message: {len(data)} bytes; more than {MESSAGE_CAP} are not read")
    whole = _Reader(data, "message")
    body = whole.inside(_SEQUENCE, "message")
    whole.must_end()
    version = body.integer("version")
    if version != VERSION:
        raise CodecError(f"version: {version} is not {VERSION}, which is v2c")
    community = body.take(Tag.OCTETS, "community")
    tag, content = body.next("pdu")
    body.must_end()
    try:
        kind = Kind(tag)
    except ValueError as error:
        raise CodecError(f"pdu: tag 0x{tag:02x} is none that is known") from error
    pdu = _Reader(content, "pdu")
    numbers = [pdu.integer(each) for each in ("request id", "error status", "error index")]
    varbinds = tuple(_varbinds(pdu.inside(_SEQUENCE, "varbinds")))
    pdu.must_end()
    return Message(community, kind, numbers[0], varbinds, numbers[1], numbers[2])


class _Reader:
    """Takes one field after another."""

    __slots__ = ("_at", "_data", "_what")

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._at = 0
        self._what = what

    @property
    def left(self) -> bool:
        return self._at < len(self._data)

    def next(self, what: str) -> tuple[int, bytes]:
        data, start = self._data, self._at + 2
        if start > len(data):
            raise CodecError(f"{what}: ends after {len(data) - self._at} bytes, before its length")
        length = data[start - 1]
        if length & 0x80:
            size = length & 0x7F
            if not 0 < size <= 4 or start + size > len(data):
                raise CodecError(
                    f"{what}: its length is written in {size} bytes; 1 to 4 that are there are read"
                )
            length = int.from_bytes(data[start : start + size], "big")
            start += size
        end = start + length
        if end > len(data):
            raise CodecError(f"{what}: {length} bytes long, but {len(data) - start} follow")
        tag, self._at = data[self._at], end
        return tag, data[start:end]

    def take(self, wanted: int, what: str) -> bytes:
        tag, content = self.next(what)
        if tag != wanted:
            raise CodecError(f"{what}: tag 0x{tag:02x} where 0x{wanted:02x} is due")
        return content

    def inside(self, wanted: int, what: str) -> _Reader:
        return _Reader(self.take(wanted, what), what)

    def integer(self, what: str) -> int:
        return _number(self.take(Tag.INTEGER, what), 32, what, signed=True)

    def must_end(self) -> None:
        if self.left:
            raise CodecError(f"{self._what}: {len(self._data) - self._at} bytes more than it should have")


def _varbinds(reader: _Reader) -> Iterable[Varbind]:
    count = 0
    while reader.left:
        count += 1
        if count > VARBINDS_CAP:
            raise CodecError(f"varbinds: more than {VARBINDS_CAP} are not read")
        pair = reader.inside(_SEQUENCE, f"varbind {count}")
        oid = _read_oid(pair.take(Tag.OID, f"name {count}"))
        tag, content = pair.next(f"value {count}")
        pair.must_end()
        yield oid, _value(tag, content, f"value {count}")


def _value(raw: int, content: bytes, what: str) -> Value:
    try:
        tag = Tag(raw)
    except ValueError as error:
        raise CodecError(f"{what}: tag 0x{raw:02x} is none that is known") from error
    if tag in _EMPTY:
        if content:
            raise CodecError(f"{what}: {tag.name} with {len(content)} bytes in it")
        return Value(tag)
    if tag in _BITS:
        return Value(tag, _number(content, _BITS[tag], what, signed=tag is Tag.INTEGER))
    return Value(tag, _read_oid(content) if tag is Tag.OID else content)


def _number(content: bytes, bits: int, what: str, *, signed: bool) -> int:
    most = bits // 8 + (0 if signed else 1)
    if not 0 < len(content) <= most:
        raise CodecError(f"{what}: a number of {len(content)} bytes; 1 to {most} are read")
    number = int.from_bytes(content, "big", signed=True)
    if not signed and not 0 <= number < 1 << bits:
        raise CodecError(f"{what}: {number} is not from 0 to 2^{bits} - 1")
    return number


def _read_oid(content: bytes) -> Oid:
    if not content or content[-1] & 0x80:
        raise CodecError(f"name: {content[-8:]!r} ends in the middle of a number")
    numbers, number = [], 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if number >= _MOST:
            raise CodecError(f"name: has a number of {number} or more; up to 2^32 - 1 are read")
        if not byte & 0x80:
            numbers.append(number)
            number = 0
            if len(numbers) >= OID_CAP:
                raise CodecError(f"name: {OID_CAP} numbers or more are not read")
    first = min(numbers[0] // 40, 2)
    return (first, numbers[0] - 40 * first, *numbers[1:])


def _must_be_a_name(oid: Oid) -> None:
    sound = 2 <= len(oid) <= OID_CAP and oid[0] <= 2 and oid[1] < (_MOST - 80 if oid[0] == 2 else 40)
    if not sound or any(not 0 <= each < _MOST for each in oid):
        raise CodecError(f"name: {'.'.join(map(str, oid[:12]))!r} is not one that can be written")


def _oid(oid: Oid) -> bytes:
    return _field(Tag.OID, _oid_bytes(oid))


def _oid_bytes(oid: Oid) -> bytes:
    _must_be_a_name(oid)
    out = bytearray()
    for number in (oid[0] * 40 + oid[1], *oid[2:]):
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(number & 0x7F | 0x80)
        out += bytes(reversed(septets))
    return bytes(out)


def _content(value: Value) -> bytes:
    tag, content = value.tag, value.content
    if tag in _EMPTY:
        return b""
    if tag in _BITS:
        return _number_bytes(content, tag)
    if tag is Tag.OID and isinstance(content, tuple):
        return _oid_bytes(content)
    if isinstance(content, bytes):
        return content
    raise CodecError(f"{tag.name}: {content!r} cannot be written as one")


def _number_bytes(number: int | bytes | Oid | None, tag: Tag) -> bytes:
    if not isinstance(number, int):
        raise CodecError(f"{tag.name}: {number!r} is not a number")
    low, high = (-(1 << 31), 1 << 31) if tag is Tag.INTEGER else (0, 1 << _BITS[tag])
    if not low <= number < high:
        raise CodecError(f"{tag.name}: {number} does not fit {_BITS[tag]} bits")
    length = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return number.to_bytes(length, "big", signed=True)


def _integer(number: int) -> bytes:
    return _field(Tag.INTEGER, _number_bytes(number, Tag.INTEGER))


def _field(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = _length_bytes(length)
    return bytes((tag, 0x80 | len(size))) + size + content


def _length_bytes(length: int) -> bytes:
    return length.to_bytes((length.bit_length() + 7) // 8, "big")
