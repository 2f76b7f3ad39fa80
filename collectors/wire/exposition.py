"""Pages of metrics: Prometheus' text format 0.0.4 and OpenMetrics 1.0, read line by line as they come.

Only samples of wanted metrics are kept, so that a page costs what is wanted of it: a page of any length is read in
the memory of its longest line. A line that is wrong is counted and costs nothing else. HELP, TYPE and UNIT are not
read (the profile says what a metric is), exemplars and timestamps are passed over.

prometheus-client has a parser of both formats; it is the judge of this one in tests. It is not used here since it
takes 17 to 22 µs a line (26 ms of the event loop for a node exporter's page, whatever is wanted of it) and refuses
the whole page for one bad line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ioc.errors import CodecError

LONGEST_LINE = 65_536
MOST_SAMPLES = 5_000
"""samples of wanted metrics that are kept of a page"""
MOST_LABELS = 64

METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SAMPLE = re.compile(
    rb"""([a-zA-Z_:][a-zA-Z0-9_:]*+)[ \t]*+"""
    rb"""(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*+")*+)\}[ \t]*+|(?<=[ \t]))"""
    rb"""([^ \t]++)"""
    rb"""(?:[ \t]++[0-9.eE+-]++)?(?:[ \t]++\#[ \t].*+)?[ \t]*+""",
    re.DOTALL,
)
_PAIR = re.compile(
    rb'[ \t]*+([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*+=[ \t]*+"((?:[^"\\]|\\.)*+)"[ \t]*+(,|$)', re.DOTALL
)
_ESCAPE = re.compile(r'\\([\\n"])')
_ESCAPED = {"\\": "\\", "n": "\n", '"': '"'}


class Sample(NamedTuple):
    """One value of one series."""

    metric: str
    labels: Mapping[str, str]
    value: float


class Page:
    """Takes the pieces of a page in; `samples` are those of the wanted metrics, in the page's order.

    `lines` counts all lines, `bad` the wanted ones that could not be read, `left` those beyond MOST_SAMPLES.
    """

    def __init__(self, wanted: Iterable[str]) -> None:
        self.samples: list[Sample] = []
        self.lines = self.bad = self.left = 0
        self.ended = False
        """whether OpenMetrics' last line came"""
        self._wanted = frozenset(name.encode("ascii") for name in wanted)
        self._starts = tuple(self._wanted)
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take the next piece; raises CodecError for a line longer than LONGEST_LINE."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise CodecError(f"has a line of more than {LONGEST_LINE:,} bytes")
        for line in lines:
            self._take(line)

    def close(self) -> None:
        """The page is over: its last line needs no end."""
        if self._rest:
            self._take(self._rest)
            self._rest = b""

    def _take(self, line: bytes) -> None:
        self.lines += 1
        if line.startswith(self._starts):
            self._read(line)
        elif line.startswith(b"# EOF"):
            self.ended = True

    def _read(self, line: bytes) -> None:
        match = _SAMPLE.fullmatch(line.rstrip(b"\r"))
        if match is None:
            self.bad += _name(line) in self._wanted
            return
        name, labels, value = match.groups()
        if name not in self._wanted:
            return
        if len(self.samples) >= MOST_SAMPLES:
            self.left += 1
            return
        try:
            self.samples.append(Sample(name.decode("ascii"), dict(_pairs(labels or b"")), _number(value)))
        except ValueError:
            self.bad += 1


def _name(line: bytes) -> bytes:
    return line.partition(b"{")[0].split(None, 1)[0]


def _pairs(labels: bytes) -> Iterator[tuple[str, str]]:
    """The labels between braces; raises ValueError."""
    at = 0
    seen: set[str] = set()
    while at < len(labels):
        pair = _PAIR.match(labels, at)
        if pair is None:
            if labels[at:].strip(b" \t"):
                raise ValueError("not a label")
            return
        name, value = pair[1].decode("ascii"), pair[2].decode("utf-8")
        if name in seen or len(seen) >= MOST_LABELS:
            raise ValueError("a label twice, or too many")
        seen.add(name)
        yield name, _ESCAPE.sub(lambda each: _ESCAPED[each[1]], value) if "\\" in value else value
        at = pair.end()


def _number(value: bytes) -> float:
    """A value of either format, NaN and infinities too; raises ValueError."""
    if b"_" in value:
        raise ValueError("not a number")
    return float(value)
