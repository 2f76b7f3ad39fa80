"""What a document axis answers by REST: a list of what it holds, and one message, bare or inside JSON.

Two shapes are known: of a province's axis, `{"success": true, "data": [...]}` with a message under `data.edxml`, and of
the national axis' adapter (VXP), `{"status": "OK", "knobsticks": [...]}`; docs/documents.md. Pure, and a message is
never held as a whole.
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
_WELL = ("OK", "0", "200", "SUCCESS", "DONE")
LONGEST_ESCAPE = 6
LONGEST_TOKEN = 8_192
_BEGINS = re.compile(rb'"(?:data|edxml)"\s*:\s*"([^"])')
_WHOLE = re.compile(rb'(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+')
_ESCAPE = re.compile(rb"\\(u[0-9a-fA-F]{4}|[^u])", re.DOTALL)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b" ", b"f": b" "}
_BETWEEN = re.compile(rb"\\[nrt]|[\\\s]")
"""what may stand between the letters of base64"""


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
    found = [answer[name] for name in ("data", "knobsticks") if answer.get(name)]
    rows: Any = found[0] if found else []
    if isinstance(rows, str):
        rows = _json(rows.encode("utf-8", "replace"))
    if not isinstance(rows, list):
        raise CodecError(f"its list is {quoted(rows)}, not a list")
    if len(rows) > MOST_LISTED:
        raise CodecError(f"lists {len(rows):,} messages in one page; at most {MOST_LISTED:,}")
    entries = [_entry(row, zone) for row in rows if isinstance(row, dict)]
    named = tuple(entry for entry in entries if entry.id)
    return Page(named, len(rows) - len(named))


def token(body: bytes) -> str:
    """The token that signing in gave; raises CodecError where it gave none."""
    answer = _answer(body)
    inner = answer.get("data")
    found = [each.get("token") for each in (inner, answer) if isinstance(each, dict)]
    said = next((each for each in found if isinstance(each, str) and each), None)
    if said is None or not said.isascii() or not said.isprintable() or len(said) > LONGEST_TOKEN:
        raise CodecError("gives no token")
    return said


class Enclosed:
    """Takes an answer in pieces and gives the message in it: bare XML, or in JSON as XML or its base64."""

    def __init__(self) -> None:
        self._held = b""
        self._mode = ""

    @property
    def over(self) -> bool:
        """Whether the message has ended; nothing after it is needed."""
        return self._mode == "over"

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The next bytes of the message; raises CodecError."""
        if self.over:
            return
        self._held += data
        if not self._mode:
            self._begin()
        if self._mode == "bare":
            yield self._held
            self._held = b""
        elif self._mode == "text":
            yield self._unescaped()
        elif self._mode == "base64":
            yield self._decoded()

    def end(self) -> None:
        """Raises CodecError where the answer ended before its message, with what the axis says instead."""
        if self._mode in ("bare", "over"):
            return
        if self._mode:
            raise CodecError("ends inside the message")
        _answer(self._held)
        raise CodecError("has no message: nothing under data or edxml")

    def _begin(self) -> None:
        first = self._held.lstrip(b" \t\r\n")[:1]
        if not first:
            self._held = b""
        elif first != b"{":
            self._mode = "bare"
        elif found := _BEGINS.search(self._held):
            self._mode = "text" if found[1].startswith((b"<", b"\\")) else "base64"
            self._held = self._held[found.start(1) :]
        elif len(self._held) > MOST_HEAD:
            raise CodecError(f"has more than {MOST_HEAD:,} bytes before its message")

    def _unescaped(self) -> bytes:
        """XML from a JSON string (RFC 8259, section 7); an emoji becomes two question marks."""
        whole = _WHOLE.match(self._held)
        text, self._held = (whole[0], self._held[whole.end() :]) if whole else (b"", self._held)
        if self._held.startswith(b'"'):
            self._mode, self._held = "over", b""
        elif len(self._held) > LONGEST_ESCAPE:
            raise CodecError("has a message that is not a JSON string")
        return _ESCAPE.sub(_character, text)

    def _decoded(self) -> bytes:
        text, quote, _ = self._held.partition(b'"')
        kept = text[-1:] if text.endswith(b"\\") and not quote else b""
        plain = _BETWEEN.sub(b"", text[: len(text) - len(kept)])
        whole = len(plain) if quote else len(plain) // 4 * 4
        try:
            found = binascii.a2b_base64(plain[:whole], strict_mode=True) if whole else b""
        except binascii.Error as error:
            raise CodecError(f"has a message that is not base64: {error}") from None
        self._held = b"" if quote else plain[whole:] + kept
        self._mode = "over" if quote else "base64"
        return found


def _character(escape: re.Match[bytes]) -> bytes:
    said = escape[1]
    if said.startswith(b"u"):
        return chr(int(said[1:], 16)).encode("utf-8", "replace")
    return _CONTROLS.get(said, said)


def _entry(row: dict[str, Any], zone: ZoneInfo) -> Entry:
    folded = {str(name).lower(): each for name, each in row.items()}
    id = str(folded.get("docid") or folded.get("id") or "")
    return Entry(
        stripped(id) if len(id) <= LONGEST_ID else "",
        _moment(folded.get("created_time") or folded.get("createdtime"), zone),
    )


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
    if status.upper() not in _WELL or answer.get("success") is False:
        told = next((answer[name] for name in ("ErrorDesc", "errorDesc", "message") if answer.get(name)), "")
        word = "no success" if answer.get("success") is False else stripped(status)[:40]
        raise CodecError(f"says {word}: {stripped(str(told))[:120]}")
    return answer


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"is not JSON: {error}") from None
