"""Requests and answers of the national sync shape: signing in, the calls of a portal, and what is said to each.

The shape is that of Cổng Dịch vụ công quốc gia as portals speak it (OpenCPS' DVCQGIntegrationActionImpl): every request
is a POST of one JSON object, a sign-in answers `error_code` 0, everything else `"00"`. Only these two codes are known
of it; the others of `Code` are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from ioc.errors import CodecError

SYNC = "DongBoHoSoMC"
PROGRESS = "CapNhatTienDoHoSoMC"
LOOKUP = "TraCuuHoSo"
SERVICES = (SYNC, PROGRESS, LOOKUP)
LONGEST_TEXT = 200
"""characters of a name, a session or a code in a request"""
_MARK = b'"session"'
_MOST_MARKS = 16


class Code(StrEnum):
    """`error_code` of an answer."""

    OK = "00"
    SHAPE = "01"
    """not a request of this shape; nothing is kept"""
    SIGN_IN = "02"
    """wrong name or password, or a session that is over: sign in and send it again"""
    ROWS = "03"
    """some rows cannot be kept, those named; all others are"""
    TOO_MUCH = "04"
    """more than is taken at once, or too many wrong passwords; nothing is kept"""
    AGAIN = "05"
    """not written yet: send the same again"""
    ABSENT = "06"
    """this service does not answer that question"""


class SignIn(NamedTuple):
    """A request for a session."""

    username: str
    password: str


class Call(NamedTuple):
    """A request with a session; `rows` are as they came, `id` is what TraCuuHoSo asks for."""

    session: str
    agency: str
    service: str
    rows: Sequence[object] = ()
    id: str = ""


class Answer(NamedTuple):
    """What a server of this shape said."""

    code: str
    message: str
    session: str
    result: Sequence[object]

    @property
    def ok(self) -> bool:
        """Whether it did as asked."""
        return self.code in ("0", Code.OK)


def read_sign_in(body: bytes) -> SignIn:
    """A request for a session; raises CodecError."""
    found = _object(body)
    return SignIn(_text(found, "username"), _text(found, "password"))


def read_call(body: bytes) -> Call:
    """A request with a session; raises CodecError."""
    found = _object(body)
    service = _text(found, "service")
    if service not in SERVICES:
        raise CodecError(f"service is {service!r}; expected {', '.join(SERVICES)}")
    session, agency = _text(found, "session"), _text(found, "madonvi", needed=False)
    if service == LOOKUP:
        return Call(session, agency, service, (), _text(found, "mahoso"))
    rows = found.get("data")
    if not isinstance(rows, list):
        raise CodecError("data is not a list of dossiers; send one, even of one dossier")
    return Call(session, agency, service, rows)


def sessions_in(body: bytes) -> list[str]:
    """What may be the session of a request, found without reading all of it."""
    found, place = list[str](), -1
    while len(found) < _MOST_MARKS and (place := body.find(_MARK, place + 1)) >= 0:
        begin = body.find(b'"', place + len(_MARK), place + len(_MARK) + 16) + 1
        end = body.find(b'"', begin, begin + LONGEST_TEXT) if begin else -1
        found.append(body[begin:end].decode("utf-8", "replace") if end > 0 else "")
    return found


def read_answer(body: bytes) -> Answer:
    """What a server said; raises CodecError."""
    found = _object(body)
    code, result = found.get("error_code"), found.get("result")
    if isinstance(code, bool) or not isinstance(code, str | int):
        raise CodecError("the answer has no error_code")
    message, session = found.get("message"), found.get("session")
    return Answer(
        str(code)[:LONGEST_TEXT],
        message[:LONGEST_TEXT] if isinstance(message, str) else "",
        session[:LONGEST_TEXT] if isinstance(session, str) else "",
        result if isinstance(result, list) else (),
    )


def write_sign_in(username: str, password: str) -> bytes:
    """The request for a session."""
    return orjson.dumps({"username": username, "password": password})


def write_call(session: str, agency: str, service: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The request that tells of dossiers, or of what was done on them."""
    return orjson.dumps(
        {"session": session, "madonvi": agency, "service": service, "isUpdating": "True", "data": rows}
    )


def write_lookup(session: str, agency: str, id: str) -> bytes:
    """The request that asks whether a dossier is known."""
    return orjson.dumps({"session": session, "madonvi": agency, "service": LOOKUP, "mahoso": id})


def write_session(session: str) -> bytes:
    """The answer to whoever may sign in: its `error_code` is a number."""
    return orjson.dumps({"session": session, "error_code": 0})


def write_answer(code: Code, message: str, more: Mapping[str, Any] | None = None) -> bytes:
    """The answer to everything else."""
    return orjson.dumps({"error_code": code, "message": message, **(more or {})})


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"the body is not JSON: {str(error)[:120]}") from None
    if not isinstance(found, dict):
        raise CodecError("the body is not a JSON object")
    return found


def _text(found: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    value = found.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        raise CodecError(f"{name} is missing, or is not a text")
    if len(value) > LONGEST_TEXT:
        raise CodecError(f"{name} has {len(value):,} characters; at most {LONGEST_TEXT}")
    return value
