"""What a document axis answers by REST: a list of what it holds, and one message, bare or inside JSON.

The shape is that of the national axis' adapter (VXP): `{"status": "OK", "data": [...]}`, a message in base64 under
`data`. Adapters differ; docs/documents.md says what of it is known. Pure, and a message is never held as a whole.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from collectors.wire import documents
from ioc.errors import CodecError
from ioc.legible import quoted, stripped

MOST_HEAD = 64 * 1024
"""bytes of JSON before a message"""
MOST_LISTED = 5_000
LONGEST_ID = 200
_BEGINS = re.compile(rb'"data"\s*:\s*"')
_ESCAPED = re.compile(rb"\\[nrt]|[\\\s]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message that an axis holds; `at` is when it came there, civil seconds, None where that is not said."""

    id: str
    at: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `nameless` entries have no id."""

    entries: tuple[Entry, ...]
    nameless: int = 0


def page(body: bytes, zone: ZoneInfo) -> Page:
    """What a list says; raises CodecError where it is not one, or says that it is refused."""
    answer = _answer(body)
    found: Any = next((answer[name] for name in ("data", "knobsticks") if answer.get(name) is not None), [])
    rows = _json(found.encode()) if isinstance(found, str) and found else found or []
    if not isinstance(rows, list):
        raise CodecError(f"its list is {quoted(rows)}, not a list")
    if len(rows) > MOST_LISTED:
        raise CodecError(f"lists {len(rows):,} messages in one page; at most {MOST_LISTED:,}")
    entries = [_entry(row, zone) for row in rows if isinstance(row, dict)]
    named = tuple(entry for entry in entries if entry.id)
    return Page(named, len(rows) - len(named))


class Enclosed:
    """Takes an answer in pieces and gives the message in it: as it is where it is XML, from base64 where it is JSON."""

    def __init__(self) -> None:
        self._held = b""
        self._mode = ""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The next bytes of the message; raises CodecError."""
        if self._mode == "bare":
            yield data
            return
        if self._mode == "over":
            return
        self._held += data
        if not self._mode:
            yield from self._begin()
        if self._mode == "base64":
            yield from self._decoded()

    def end(self) -> None:
        """Raises CodecError where the answer ended before its message, with what the axis says instead."""
        if self._mode in ("bare", "over"):
            return
        if self._mode == "base64":
            raise CodecError("ends inside the message")
        _answer(self._held)
        raise CodecError("has no message: nothing under data")

    def _begin(self) -> Iterator[bytes]:
        first = self._held.lstrip(b" \t\r\n")[:1]
        if not first:
            self._held = b""
        elif first != b"{":
            self._mode = "bare"
            yield self._held
            self._held = b""
        elif found := _BEGINS.search(self._held):
            self._mode, self._held = "base64", self._held[found.end() :]
        elif len(self._held) > MOST_HEAD:
            raise CodecError(f"has more than {MOST_HEAD:,} bytes before its message")

    def _decoded(self) -> Iterator[bytes]:
        text, quote, _ = self._held.partition(b'"')
        kept = text[-1:] if text.endswith(b"\\") and not quote else b""
        plain = _ESCAPED.sub(b"", text[: len(text) - len(kept)])
        whole = len(plain) if quote else len(plain) // 4 * 4
        try:
            yield binascii.a2b_base64(plain[:whole], strict_mode=True) if whole else b""
        except binascii.Error as error:
            raise CodecError(f"has a message that is not base64: {error}") from None
        self._held = b"" if quote else plain[whole:] + kept
        self._mode = "over" if quote else "base64"


def _entry(row: dict[str, Any], zone: ZoneInfo) -> Entry:
    folded = {str(name).lower(): each for name, each in row.items()}
    id = str(folded.get("docid") or folded.get("id") or "")
    return Entry(stripped(id) if len(id) <= LONGEST_ID else "", _moment(folded.get("created_time"), zone))


def _moment(said: object, zone: ZoneInfo) -> float | None:
    """A moment as adapters write it: a date with its time, or milliseconds since the epoch."""
    text = str(said or "").strip()
    if text.isascii() and text.isdigit() and len(text) == 13:
        return int(text) / 1000.0
    try:
        return documents.moment(text, zone)[1]
    except ValueError:
        return None


def _answer(body: bytes) -> dict[str, Any]:
    answer = _json(body)
    if not isinstance(answer, dict):
        raise CodecError(f"is {quoted(answer)}, not an answer of an axis")
    status = str(answer.get("status", "OK"))
    if status.upper() not in ("OK", "0", "200", "SUCCESS"):
        why = stripped(str(answer.get("ErrorDesc") or answer.get("errorDesc") or answer.get("message") or ""))
        raise CodecError(f"says {stripped(status)[:40]}: {why[:120]}")
    return answer


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"is not JSON: {error}") from None
