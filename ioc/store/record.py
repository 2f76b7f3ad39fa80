"""The bytes of one spooled record: a block of lines behind a header. Pure.

    magic 4 | CRC of the header after it 4 | CRC of the body 4 | number of its first line 8 | lines 4 |
    lines lost that it tells of 8 | bytes of the body 4 | oldest 8 | newest 8 | body

All integers are little-endian; oldest and newest are the least and greatest timestamps of its lines in
microseconds, or for a mark those of what was lost. The body is the lines as an array of JSON, deflated: a line
may hold any character.

Two checksums find every flipped bit and cost a reader who looks for the next sound record in rubble only a
header's worth of work for each place that looks like one. No length is believed before its checksum.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

MAGIC = b"\xf1IO\x01"
_HEAD = struct.Struct("<4sIIQIQIqq")
_CHECKED = 8
"""where that which the header's own checksum covers begins"""
MOST_LINES = 500
MOST_CHARS = 65_536
MOST_BODY = 1_048_576
"""bytes, more than any block can come to: what claims more is no record"""


@dataclass(frozen=True, slots=True)
class Record:
    """A record that was found: its lines' numbers are `first` to `stop`, excluded; `at` to `end` its bytes."""

    first: int
    stop: int
    lost: int
    oldest: int
    newest: int
    at: int
    end: int
    body: bytes | None
    """None when it is damaged: then only the header is true, and `end` is where the header ends"""

    @property
    def sound(self) -> bool:
        """Whether its lines are as they were written."""
        return self.body is not None

    def lines(self) -> list[str]:
        """Its lines; raises ValueError for a damaged one."""
        if self.body is None:
            raise ValueError(f"record of line {self.first}: damaged")
        lines: list[str] = orjson.loads(zlib.decompress(self.body, wbits=-15))
        return lines


@dataclass(frozen=True, slots=True)
class Rubble:
    """Bytes that are no record."""

    at: int
    end: int


def pack(first: int, lines: Sequence[str], times: tuple[int, int], lost: int = 0) -> bytes:
    """A record of lines, numbered from `first` on, between two timestamps; `lost` are those that they tell of.

    Raises ValueError for text that is no Unicode.
    """
    squeeze = zlib.compressobj(level=1, wbits=-15)
    body = squeeze.compress(orjson.dumps(lines)) + squeeze.flush()
    checked = _HEAD.pack(MAGIC, 0, zlib.crc32(body), first, len(lines), lost, len(body), *times)[_CHECKED:]
    return MAGIC + zlib.crc32(checked).to_bytes(4, "little") + checked + body


def span(lines: Sequence[str]) -> tuple[int, int]:
    """The least and greatest timestamp of lines that each end in one; (0, 0) when there is none."""
    stamps = [int(last) for line in lines if (last := line[line.rfind(" ") + 1 :]).lstrip("-").isdecimal()]
    return (min(stamps), max(stamps)) if stamps else (0, 0)


def scan(data: bytes, at: int = 0) -> Iterator[Record | Rubble]:
    """Everything in a segment from `at` on, in the order of the bytes; whatever is damaged costs only itself."""
    rubble = at
    while at < len(data):
        found = _record(data, at)
        if found is not None:
            if rubble < at:
                yield Rubble(rubble, at)
            yield found
            at = rubble = found.end
            continue
        at = data.find(MAGIC, at + 1)
        if at < 0:
            break
    if rubble < len(data):
        yield Rubble(rubble, len(data))


def _record(data: bytes, at: int) -> Record | None:
    """The record that begins here; None when none does."""
    start = at + _HEAD.size
    if data[at : at + 4] != MAGIC or start > len(data):
        return None
    _, own, crc, first, count, lost, length, oldest, newest = _HEAD.unpack_from(data, at)
    if zlib.crc32(data[at + _CHECKED : start]) != own or length > MOST_BODY:
        return None
    body = data[start : start + length]
    if len(body) < length or zlib.crc32(body) != crc:
        return Record(first, first + count, lost, oldest, newest, at, start, None)
    return Record(first, first + count, lost, oldest, newest, at, start + length, body)


def blocks(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Lines cut into what one record may hold; none of them longer than MOST_CHARS."""
    begin = chars = 0
    for index, line in enumerate(lines):
        if index - begin == MOST_LINES or chars + len(line) > MOST_CHARS:
            yield lines[begin:index]
            begin, chars = index, 0
        chars += len(line)
    if begin < len(lines):
        yield lines[begin:]
