r"""InfluxDB's line protocol. Pure.

    measurement,tag=value,… field=value,… timestamp

A comma, space or equals sign in a name or tag is escaped by a backslash; a backslash by itself stands for
itself, hence a name may not end in one, nor hold a line break. Field types are fixed: floats bare, integers
with `i`, strings in double quotes, booleans `t` and `f`. What InfluxDB cannot hold (a NaN, an infinity) is
left out.

Samples, nearly all of what is written, are turned into lines many at a time: all their numbers by one call of
orjson, which writes the shortest decimal of a float five times as fast as `repr`, and all lines by one formatting.

Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite

import orjson

from ioc.model import Point, Sample, State
from ioc.store.base import Foreign, Mark, Record

Tags = Mapping[str, str]

PRECISION = "us"
"""of every timestamp: what a float of seconds since the epoch still tells apart"""

_NAME = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})
_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ "})
_STRING = str.maketrans({'"': r"\"", "\\": r"\\"})

CODES = {
    State.UP: 0,
    State.DEGRADED: 1,
    State.DOWN: 2,
    State.UNREACHABLE: 3,
    State.UNKNOWN: 4,
    State.MAINTENANCE: 5,
    State.OFF: 6,
}
"""field `code` of measurement `state`; a code is never given another meaning"""


def name(text: str) -> str:
    """A tag key, tag value or field key, escaped; raises ValueError for what cannot be."""
    _check(text)
    return text.translate(_NAME)


def prefix(measurement: str, tags: Tags) -> str:
    """The part of a line before its fields, tags in order of their keys, empty ones left out."""
    _check(measurement)
    if measurement.startswith("#"):
        raise ValueError(f"measurement {measurement!r}: a line that begins so is a comment")
    pairs = "".join(f",{name(key)}={name(value)}" for key, value in sorted(tags.items()) if value)
    return f"{measurement.translate(_MEASUREMENT)}{pairs} "


def value(field: float | str | bool) -> str:
    """A field's value with its type: `float` bare, `int` as 1i, `str` quoted, `bool` t or f."""
    if isinstance(field, bool):
        return "t" if field else "f"
    if isinstance(field, int):
        return f"{field}i"
    if isinstance(field, float):
        return repr(field)
    return f'"{field.translate(_STRING)}"'


def stamp(seconds: float) -> int:
    """Civil seconds since the epoch as a timestamp in PRECISION."""
    return round(seconds * 1e6)


MOST_SHAPES = 500_000
"""kinds of lines remembered, about 300 bytes each: several for each endpoint of a nation"""


class Lines:
    """Turns records into lines, remembering what all lines of a series have in common.

    `tags` gives an endpoint's bounded tags (stable ids of its unit, site and system); when they have changed,
    `forget` is called.
    """

    def __init__(self, tags: Callable[[str], Tags]) -> None:
        self._tags = tags
        self._shapes: dict[tuple[str, ...], str] = {}
        """by endpoint, source and the fields' names: the line, with %s for each number and for the time"""
        self._marks: dict[str, str] = {}
        self._points: dict[tuple[str, str, tuple[tuple[str, str], ...]], str] = {}
        self._keys: dict[str, str] = {}

    def forget(self) -> None:
        """Ask for every endpoint's tags again."""
        self._shapes = {}
        self._marks = {}
        self._points = {}

    def encode(self, records: Iterable[Record], skew: float) -> tuple[list[str], int]:
        """The lines of records, with `skew` seconds added to their times, and how many gave none.

        Samples' lines come first; those of a kind are in the order of their records. A sample without a number that
        can be held gives none and is not counted; one whose names cannot be written is.
        """
        samples: list[Sample] = []
        others: list[Mark | Point | Foreign] = []
        for record in records:
            if isinstance(record, Sample):
                samples.append(record)
            else:
                others.append(record)
        lines, faulty = self._together(samples, skew)
        for other in others:
            try:
                line = self._line(other, skew)
            except ValueError:
                faulty += 1
            else:
                if line:
                    lines.append(line)
        return lines, faulty

    def _together(self, samples: Sequence[Sample], skew: float) -> tuple[list[str], int]:
        """Measurement `endpoint`: each sample's numbers as floats."""
        known = self._shapes  # `forget` may put another in its place meanwhile, in another thread
        shapes: list[str] = []
        numbers: list[float] = []
        faulty = 0
        for subject, at, source, _, fields, _, _, _, _ in samples:
            if fields:
                kind = (subject, source, *fields)
                shape = known.get(kind)
                if shape is None:
                    try:
                        shape = self._shape(known, kind)
                    except ValueError:
                        faulty += 1
                        continue
                shapes.append(shape)
                numbers += fields.values()
                numbers.append(round((at + skew) * 1e6))
        written = _written(numbers)
        if written is None:
            return self._together([_fit(sample) for sample in samples], skew)
        return ("\n".join(shapes) % written).split("\n") if shapes else [], faulty

    def _shape(self, known: dict[tuple[str, ...], str], kind: tuple[str, ...]) -> str:
        subject, source, *fields = kind
        head = self._head("endpoint", subject, {"source": source})
        if len(known) >= MOST_SHAPES:
            known.clear()
        pairs = ",".join(f"{_literal(name(field))}=%s" for field in fields)
        known[kind] = shape = f"{_literal(head)}{pairs} %s"
        return shape

    def _line(self, record: Mark | Point | Foreign, skew: float) -> str:
        if isinstance(record, Point):
            return self.point(record, skew)
        return record.line if isinstance(record, Foreign) else self.mark(record, skew)

    def mark(self, mark: Mark, skew: float) -> str:
        """Measurement `state`: `state` and `reason` as strings, `code` as an integer."""
        heads = self._marks
        head = heads.get(mark.endpoint)
        if head is None:
            head = heads[mark.endpoint] = self._head("state", mark.endpoint, {})
        fields = f'code={CODES[mark.state]}i,reason="{mark.reason}",state="{mark.state}"'
        return f"{head}{fields} {stamp(mark.at + skew)}"

    def point(self, point: Point, skew: float) -> str:
        """A point's own measurement and tags, with those of its subject; empty when it has no field."""
        series = (point.measurement, point.subject, point.tags)
        heads = self._points
        head = heads.get(series)
        if head is None:
            more = dict(point.tags)
            if point.subject:
                head = self._head(point.measurement, point.subject, more)
            else:
                head = prefix(point.measurement, more)
            heads[series] = head
        fields = ""
        for key, each in point.fields.items():
            if not isinstance(each, float) or isfinite(each):
                fields += f"{self._keys.get(key) or self._key(key)}{value(each)}"
        return f"{head}{fields[1:]} {stamp(point.at + skew)}" if fields else ""

    def _head(self, measurement: str, endpoint: str, more: Tags) -> str:
        _check(endpoint)
        return prefix(measurement, {**self._tags(endpoint), **more, "endpoint": endpoint})

    def _key(self, key: str) -> str:
        written = self._keys[key] = f",{name(key)}="
        return written


def _literal(text: str) -> str:
    """Text that formatting leaves as it is."""
    return text.replace("%", "%%")


def _written(numbers: Sequence[float]) -> tuple[str, ...] | None:
    """Numbers as text; None where one of them is none that a line can hold."""
    try:
        text = orjson.dumps(numbers)
    except TypeError:  # an integer of more than 64 bits
        return None
    return None if b"null" in text else tuple(text[1:-1].decode().split(","))


def _fit(sample: Sample) -> Sample:
    """A sample with those of its numbers that a line can hold."""
    held = {key: float(number) for key, number in sample.fields.items() if _can_be_held(number)}
    return sample._replace(fields=held)


def _can_be_held(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # an integer beyond the largest float
        return False


def _check(text: str) -> None:
    if not text or text[-1] == "\\" or not text.isprintable():
        raise ValueError(f"{text!r}: a name must be printable, not empty, and not end in a backslash")
