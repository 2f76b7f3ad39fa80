r"""Reading InfluxDB's line protocol. Pure; `ioc/store/line.py` is the other direction.

    measurement,tag=value,… field=value,… timestamp

A comma, space or equals sign counts only where no backslash stands before it; a backslash before anything else
is itself. Only a field's string, which begins right after its equals sign, may hold line breaks; within it a
backslash takes the special meaning from a quote and from another backslash. A line that begins with `#` is a
comment. Numbers are floats, integers with `i`, or unsigned ones with `u`; there is no NaN and no infinity.

Stricter than InfluxDB in what would be stored under names nobody can read or tell apart: control characters,
bytes that are not UTF-8 (they come as surrogates), and a tag or field said twice are refused.

Most lines have neither backslash nor quote, and most heads (measurement and tags) are seen again and again: for
those `_plain` is quick, and where it is not sure it leaves the line to `_Scan`, which says exactly what is wrong.

Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ioc.errors import CodecError

Value = float | int | str | bool
Tags = tuple[tuple[str, str], ...]

LINE_CAP = 64 * 1024
"""characters of a line, line breaks in its strings included"""
HEAD_CAP = 4 * 1024
"""characters of a measurement with its tags"""
FIELDS_CAP = 1_000
TAGS_CAP = 64

PRECISIONS = {"ns": (1, 1_000), "us": (1, 1), "ms": (1_000, 1), "s": (1_000_000, 1)}
"""what makes microseconds of a timestamp: times the one, divided by the other"""

_MOST_MICROS = 2**63 // 1_000
"""InfluxDB holds nanoseconds in 64 bits: the years 1677 to 2262"""
_make = tuple.__new__  # a third of what NamedTuple's own takes
_CACHED_HEADS = 4_096
_CACHED_HEAD_CAP = 512
_BOOLEANS = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), False),
}

_FLOAT = re.compile(r"-?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_UNSIGNED = re.compile(r"\d{1,20}", re.ASCII)
_PAIRS = re.compile(
    r"(?<![^,])([\w.:/-]++)=(?:(-?\d{1,18}+(?:\.\d{1,20}+)?+)(i?+)|([\w.+-]++))(?![^,])", re.ASCII
)
_MEASUREMENT = re.compile(r"[^, \n\\]*+(?:\\++[, ]?+[^, \n\\]*+)*+")
_NAME = re.compile(r"[^,= \n\\]*+(?:\\++[,= ]?+[^,= \n\\]*+)*+")
_STRING = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_BARE = re.compile(r"[^, \n\r]*+")
_SPACES = re.compile(r"[ \t]*+")
_MEASUREMENT_ESCAPE = re.compile(r"\\([, ])")
_NAME_ESCAPE = re.compile(r"\\([,= ])")
_STRING_ESCAPE = re.compile(r'\\(["\\])')
_ILLEGIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Parsed(NamedTuple):
    """One line: tags in order of their keys, `stamp` in microseconds since the epoch, None where it says none."""

    measurement: str
    tags: Tags
    fields: dict[str, Value]
    stamp: int | None


class Flaw(NamedTuple):
    """A line that cannot be read: its number, the first being 1, and why, with the piece that is wrong."""

    line: int
    why: str


def line(text: str, precision: str = "us") -> Parsed:
    """One line that is neither a comment nor empty; raises CodecError with the piece that is wrong."""
    found = _plain(text, precision) if len(text) <= LINE_CAP else None
    if found is not None:
        return found
    scan = _Scan(text, 0, precision)
    found = scan.line()
    if scan.at < len(text):
        raise CodecError(f"there is more than one line: {scan.piece()}")
    return found


def lines(text: str, precision: str = "us") -> Iterator[Parsed | Flaw | None]:
    """Each line of a text, in order, read or found wrong; reading goes on with the line after a wrong one.

    A comment or an empty line is None, so that whoever reads a long text may pause at any of its lines.
    """
    at, number, length = 0, 1, len(text)
    while at < length:
        end = text.find("\n", at)
        end = length if end < 0 else end
        found = _plain(text[at:end], precision) if end - at <= LINE_CAP else None
        if found is not None or _SKIPPED.match(text, at, end):
            yield found
        else:
            scan = _Scan(text, at, precision)
            yield _read(scan, number)
            end = text.find("\n", scan.at)  # a wrong line's strings are not taken for lines
            end = length if end < 0 else end
            number += text.count("\n", at, end)
        at, number = end + 1, number + 1


def _read(scan: _Scan, number: int) -> Parsed | Flaw:
    try:
        return scan.line()
    except CodecError as error:
        return Flaw(number, str(error))


_SKIPPED = re.compile(r"[ \t\r]*+(?:#.*+)?\Z")


def _plain(text: str, precision: str) -> Parsed | None:
    """A line without escapes or strings; None where it has them, or has anything wrong with it."""
    parts = text.split(" ")
    if len(parts) == 3:
        head, body, stamp = parts
    elif len(parts) == 2:
        (head, body), stamp = parts, ""
    else:
        return None
    known = _known_head(head) if len(head) <= _CACHED_HEAD_CAP else None
    fields = _plain_fields(body)
    if known is None or fields is None:
        return None
    micros = _micros(stamp, precision) if stamp else None
    if stamp and micros is None:
        return None
    return _make(Parsed, (*known, fields, micros))


def _plain_fields(body: str) -> dict[str, Value] | None:
    """The fields of a line; None where one is no number, or where anything is wrong with them."""
    pairs = _PAIRS.findall(body)
    if len(pairs) != body.count(",") + 1 or len(pairs) > FIELDS_CAP:
        return None
    fields: dict[str, Value] = {}
    for key, number, whole, other in pairs:
        if not whole and number:
            fields[key] = float(number)
        elif whole and "." not in number:
            fields[key] = int(number)
        else:
            value = _bare_value(other)
            if value is None:
                return None
            fields[key] = value
    return fields if len(fields) == len(pairs) else None


@lru_cache(maxsize=_CACHED_HEADS)
def _known_head(head: str) -> tuple[str, Tags] | None:
    """Measurement and tags of a head without escapes; None where anything is wrong with it."""
    if "\\" in head or not head.isprintable():
        return None
    measurement, *pairs = head.split(",")
    if not measurement or measurement.startswith("#") or len(pairs) > TAGS_CAP:
        return None
    tags = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if not key or not value or "=" in value:
            return None
        tags[key] = value
    return (measurement, tuple(sorted(tags.items()))) if len(tags) == len(pairs) else None


def _bare_value(raw: str) -> Value | None:
    """A number or boolean; None when it is neither."""
    if _FLOAT.fullmatch(raw):
        number = float(raw)
        return number if number - number == 0 else None  # 1e999 is infinite
    last = raw[-1:]
    if last == "i" and _INTEGER.fullmatch(raw, 0, len(raw) - 1):
        whole = int(raw[:-1])
        return whole if -(2**63) <= whole < 2**63 else None
    if last == "u" and _UNSIGNED.fullmatch(raw, 0, len(raw) - 1):
        whole = int(raw[:-1])
        return whole if whole < 2**64 else None
    return _BOOLEANS.get(raw)


def _micros(raw: str, precision: str) -> int | None:
    """A timestamp in microseconds; None when it is none, or beyond what InfluxDB holds."""
    if not ((raw.isascii() and raw.isdecimal() and len(raw) < 20) or _INTEGER.fullmatch(raw)):
        return None
    times, divided = PRECISIONS[precision]
    micros = int(raw) * times // divided
    return micros if -_MOST_MICROS < micros < _MOST_MICROS else None


class _Scan:
    """Reads one line from a place in a text on, by every rule; `at` is where it has come to."""

    def __init__(self, text: str, at: int, precision: str) -> None:
        self._text = text
        self.at = at
        self._end = min(len(text), at + LINE_CAP)
        self._precision = precision

    def line(self) -> Parsed:
        """The line; afterwards `at` is on its line break or at the text's end. Raises CodecError."""
        self._skip(_SPACES)
        start = self.at
        measurement = self._measurement()
        tags = self._tags()
        if self.at - start > HEAD_CAP:
            raise CodecError(
                f"measurement and tags are longer than {HEAD_CAP} characters: {self.piece(start)}"
            )
        self._need_space(start)
        fields = self._fields()
        stamp = self._stamp()
        self._need_end()
        return Parsed(measurement, tags, fields, stamp)

    def piece(self, at: int | None = None) -> str:
        """What stands at a place, shortened, for an error to show."""
        at = self.at if at is None else at
        rest = self._text[at : at + 41].partition("\n")[0]
        return repr(rest if len(rest) <= 40 else rest[:40] + "…") if rest else "nothing"

    def _measurement(self) -> str:
        start = self.at
        name = _MEASUREMENT_ESCAPE.sub(r"\1", self._skip(_MEASUREMENT))
        if not name or name.startswith("#"):
            raise CodecError(f"no measurement at {self.piece(start)}")
        return _legible_name(name, "measurement")

    def _tags(self) -> Tags:
        tags: dict[str, str] = {}
        while self._take(","):
            start = self.at
            key = self._name("tag")
            value = self._name("value of the tag") if self._take("=") else ""
            if not key or not value:
                raise CodecError(f"a tag is key=value, not {self.piece(start)}")
            if key in tags:
                raise CodecError(f"tag {key[:40]!r} is there twice")
            if len(tags) == TAGS_CAP:
                raise CodecError(f"more than {TAGS_CAP} tags, the next {self.piece(start)}")
            tags[key] = value
        return tuple(sorted(tags.items()))

    def _need_space(self, start: int) -> None:
        if not self._skip(_SPACES):
            raise CodecError(f"no space and field after measurement and tags: {self.piece(start)}")

    def _fields(self) -> dict[str, Value]:
        fields: dict[str, Value] = {}
        while True:
            start = self.at
            key = self._name("field")
            if not key or not self._take("="):
                raise CodecError(f"a field is key=value, not {self.piece(start)}")
            if key in fields:
                raise CodecError(f"field {key[:40]!r} is there twice")
            if len(fields) == FIELDS_CAP:
                raise CodecError(f"more than {FIELDS_CAP} fields, the next {self.piece(start)}")
            fields[key] = self._value(key)
            if not self._take(","):
                return fields

    def _value(self, key: str) -> Value:
        start = self.at
        if self._text.startswith('"', start):
            return self._string(key)
        value = _bare_value(self._skip(_BARE))
        if value is None:
            hint = 'write 1.5, 1i, 1u, true or "text", within 64 bits'
            raise CodecError(f"field {key[:40]!r} has no value that can be held: {self.piece(start)}; {hint}")
        return value

    def _string(self, key: str) -> str:
        found = _STRING.match(self._text, self.at, self._end)
        if found is None:
            raise CodecError(f"field {key[:40]!r}: its string does not end: {self.piece()}")
        self.at = found.end()
        text = _STRING_ESCAPE.sub(r"\1", found[1])
        if bad := _ILLEGIBLE.search(text):
            raise CodecError(f"field {key[:40]!r}: its string has {_code(bad[0])}")
        return text

    def _stamp(self) -> int | None:
        if not self._skip(_SPACES):
            return None
        start = self.at
        raw = self._skip(_BARE)
        if not raw:
            return None
        micros = _micros(raw, self._precision)
        if micros is None:
            span = "a whole number between the years 1677 and 2262"
            raise CodecError(f"timestamp {self.piece(start)} is not {span} in {self._precision}")
        return micros

    def _need_end(self) -> None:
        self._skip(_SPACES)
        self._take("\r")
        if self.at < len(self._text) and self._text[self.at] != "\n":
            if self.at >= self._end:
                raise CodecError(f"the line is longer than {LINE_CAP} characters")
            raise CodecError(f"nothing may follow here: {self.piece()}")

    def _name(self, what: str) -> str:
        return _legible_name(_NAME_ESCAPE.sub(r"\1", self._skip(_NAME)), what)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        """What a pattern that also matches nothing finds here; the place moves behind it."""
        start, found = self.at, pattern.match(self._text, self.at, self._end)
        self.at = found.end() if found else start
        return self._text[start : self.at]

    def _take(self, char: str) -> bool:
        there = self._text.startswith(char, self.at)
        self.at += there
        return there


def _legible_name(name: str, what: str) -> str:
    if not name.isprintable():
        bad = next(char for char in name if not char.isprintable())
        raise CodecError(f"{what} {name[:40]!r} has {_code(bad)}, which is not for reading")
    return name


def _code(char: str) -> str:
    """What a character is called: bytes that were not UTF-8 have come as surrogates."""
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:
        return f"the byte {number - 0xDC00:#04x}, which is not UTF-8"
    return f"U+{number:04X}"
