"""What an InfluxDB says when it does not simply take what it was sent. Pure, but for reading no more than it should.

InfluxDB 2.7 answers a body with lines that cannot be parsed by 400, stores nothing of it and quotes each such line
(`unable to parse 'LINE': why`, one below the other); later versions number one (`"line": 2`). It answers a body
with points of another type, or older than the bucket keeps, by 422, has stored the others, and says how many it
has not (`dropped=2`). What 2.7.12 really said is kept in tests/cases/influx.
A string that is not closed swallows the lines after it, up to a quote in one of those; hence no such line may be sent.
Source: https://docs.influxdata.com/influxdb/v2/write-data/troubleshoot/
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

import aiohttp

MOST_BYTES = 4 * 1024 * 1024
"""of an answer; a batch whose every line is quoted back is shorter"""
LONGEST_WAIT = 300.0
"""seconds; no server makes us wait longer than that without being asked again"""
SHORTEST_WAIT = 1.0
_SHOWN = 300
_QUOTES_IN_A_REASON = 8

_DROPPED = re.compile(r"\bdropped=(\d{1,9})\b")
_FLAT = re.compile(r'\s*+\{(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+\}\s*+', re.DOTALL)
"""an object without another in it, as InfluxDB's errors are: a million small ones would hold the loop for seconds"""
_QUOTED = re.compile(r"^unable to parse '", re.MULTILINE)


class Endless(aiohttp.ClientPayloadError):
    """An answer of more than MOST_BYTES."""


class Bounded(aiohttp.ClientResponse):
    """An answer that is given up where it grows beyond MOST_BYTES; raises Endless."""

    async def read(self) -> bytes:
        """The whole body."""
        if self._body is None:
            try:
                self._body = await self._within_bounds()
            except BaseException:
                self.close()
                raise
        return self._body

    async def _within_bounds(self) -> bytes:
        parts, room = [], MOST_BYTES
        async for part in self.content.iter_any():
            room -= len(part)
            if room < 0:
                raise Endless(f"an answer of more than {MOST_BYTES:,} bytes")
            parts.append(part)
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer's JSON error: its message in full, and the number of the line it is about (from 1; 0 for none).

    `own` tells whether it is such an error: what stands between us and an InfluxDB answers otherwise.
    """

    message: str
    line: int = 0
    own: bool = True

    @property
    def short(self) -> str:
        """The message in one line, as a person is shown it."""
        return " ".join(self.message[: 4 * _SHOWN].split())[:_SHOWN]


def said(body: bytes | str | None) -> Said:
    """What a body says; one that is no JSON error says itself."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    try:
        found: Any = json.loads(text) if _FLAT.fullmatch(text) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("message"), str):
        return Said(text, own=False)
    line = found.get("line")
    return Said(found["message"], line if isinstance(line, int) and not isinstance(line, bool) else 0)


def named(answer: Said, lines: Sequence[str]) -> set[int]:
    """The places, from 0, of the lines that a 400 names; none where it names none of these."""
    if 0 < answer.line <= len(lines):
        return {answer.line - 1}
    quotes = [match.end() for match in islice(_QUOTED.finditer(answer.message), len(lines) + 1)]
    if not quotes:
        return set()
    places: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        if line:
            places.setdefault(line, []).append(place)
    found: set[int] = set()
    for start, end in zip(quotes, [*quotes[1:], len(answer.message) + 1], strict=True):
        found.update(places.get(_quote(answer.message[start : end - 1], places), ()))
    return found


def _quote(text: str, lines: Container[str]) -> str:
    """The line in a quote followed by a reason, which may hold a few quotes of its own; empty for none."""
    for _ in range(_QUOTES_IN_A_REASON):
        text, found, _ = text.rpartition("': ")
        if not found or text in lines:
            return text
    return ""


def dropped(answer: Said) -> int | None:
    """How many points a 422 says it has not stored; None where it does not say."""
    counts = [int(match[1]) for match in _DROPPED.finditer(answer.message)]
    return counts[-1] if counts else None


def wait(retry_after: str | None, date: str | None) -> float | None:
    """The seconds that a Retry-After asks for, LONGEST_WAIT at most; a date counts from the answer's own.

    None where it asks for less than SHORTEST_WAIT or for nothing we understand: then our own pace holds.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        seconds = float(text[:10])
    else:
        try:
            seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(date or "")).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(seconds, LONGEST_WAIT) if seconds >= SHORTEST_WAIT else None
