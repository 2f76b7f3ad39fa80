"""SIP, as much of it as OPTIONS needs (RFC 3261): requests out, responses in.

Bytes in, values and bytes out; no socket, no clock, no randomness. Bytes that are not SIP raise CodecError
with what is wrong, where, and the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ioc.errors import CodecError

HEADERS_CAP = 8192
"""bytes of start line and headers"""
LONGEST_LINE = 256
"""bytes of a status line that is plain"""
HEADER_COUNT_CAP = 128
BODY_CAP = 65_536
"""bytes of a body"""

COOKIE = b"z9hG4bK"
"""with which every branch of RFC 3261 begins (section 8.1.1.7)"""
TOKEN_LENGTH = 16

COMPACT = {
    b"v": b"via",
    b"f": b"from",
    b"t": b"to",
    b"i": b"call-id",
    b"m": b"contact",
    b"l": b"content-length",
    b"c": b"content-type",
    b"e": b"content-encoding",
    b"k": b"supported",
    b"s": b"subject",
}
"""RFC 3261, section 7.3.3"""

_COMMON = b"Via From To Call-ID CSeq Contact Content-Length Content-Type Allow Accept Server User-Agent"
_KNOWN = {name: name.lower() for name in _COMMON.split()}
"""headers as they are mostly written, found without more ado"""

_STATUS_LINE = re.compile(rb"SIP/2\.0 ([1-6][0-9][0-9]) ([^\r\n]*)")
_HEADER_NAME = re.compile(rb"[A-Za-z0-9\-.!%*_+`'~]+")
_CSEQ = re.compile(rb"([0-9]{1,10})[ \t]+([A-Z]+)")
_SAFE_IN_URI = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/%]*")
_HOST = re.compile(r"[A-Za-z0-9\-.]+|[0-9A-Fa-f:.]+")


@dataclass(frozen=True, slots=True)
class Options:
    """An OPTIONS request (RFC 3261, section 11): whom it is for and who asks, where.

    `transport` is `UDP` or `TCP`. Hosts are names or addresses without brackets; `user` may be empty.
    """

    user: str
    host: str
    port: int | None
    transport: str
    our_user: str
    our_host: str
    our_port: int


@dataclass(frozen=True, slots=True)
class Response:
    """A response: `branch` is that of the topmost Via, header names are in lower case and full."""

    status: int
    phrase: str
    branch: bytes
    method: bytes
    headers: Mapping[bytes, bytes]
    body: bytes

    @property
    def final(self) -> bool:
        """Whether no further response to the same request follows."""
        return self.status >= 200

    @property
    def line(self) -> str:
        """Status and phrase, to be read by people."""
        return _line(self.status, self.phrase)


def encode(options: Options, token: bytes) -> bytes:
    """The request's bytes; the token makes branch, tag and Call-ID its own. Raises CodecError."""
    if len(token) != TOKEN_LENGTH or not token.isalnum():
        raise CodecError(f"token: {token!r} is not {TOKEN_LENGTH} letters and digits")
    who = uri(options.user, options.host, options.port)
    us = uri(options.our_user, options.our_host, None)
    sent_by = f"{_bracketed(options.our_host)}:{options.our_port}"
    tcp = ";transport=tcp" if options.transport == "TCP" else ""
    mark = token.decode("ascii")
    return (
        f"OPTIONS {who}{tcp} SIP/2.0\r\n"
        f"Via: SIP/2.0/{options.transport} {sent_by};branch={COOKIE.decode()}{mark};rport\r\n"
        f"Max-Forwards: 70\r\n"
        f"From: <{us}>;tag={mark}\r\n"
        f"To: <{who}>\r\n"
        f"Call-ID: {mark}@{_bracketed(options.our_host)}\r\n"
        f"CSeq: 1 OPTIONS\r\n"
        f"Contact: <{uri(options.our_user, options.our_host, options.our_port)}{tcp}>\r\n"
        f"Accept: application/sdp\r\n"
        f"Content-Length: 0\r\n"
        f"\r\n"
    ).encode("ascii")


def uri(user: str, host: str, port: int | None) -> str:
    """A SIP URI (RFC 3261, section 19.1), an IPv6 host in brackets; raises CodecError."""
    if not _SAFE_IN_URI.fullmatch(user):
        raise CodecError(f"user: {user!r} has characters that a SIP URI cannot carry")
    if not _HOST.fullmatch(host):
        raise CodecError(f"host: {host!r} is neither a name nor an address")
    return f"sip:{user}{'@' if user else ''}{_bracketed(host)}{'' if port is None else f':{port}'}"


def token_of(data: bytes) -> bytes | None:
    """The token in a datagram's topmost branch; None when it is no final response with one."""
    if data[:9] == b"SIP/2.0 1" or data[:8] != b"SIP/2.0 ":
        return None
    start = data.find(COOKIE) + len(COOKIE)
    token = data[start : start + TOKEN_LENGTH]
    return token if start >= len(COOKIE) and len(token) == TOKEN_LENGTH else None


def decode(data: bytes) -> Response:
    """The response in one datagram; bytes after its body are ignored (section 18.3). Raises CodecError."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        raise CodecError(f"response: {len(data)} bytes without the empty line that ends the headers")
    if end > HEADERS_CAP:
        raise CodecError(f"response: headers of {end} bytes; more than {HEADERS_CAP} are not read")
    return _response(data[:end], data[end + 4 :], exact=False)


def plainly(data: bytes, token: bytes) -> tuple[int, str] | None:
    """Status and line of a datagram that is plainly the final answer to the OPTIONS of this token.

    Plainly: the first Via carries our branch, CSeq comes back as `encode` wrote it, and there is no body. It looks at
    nothing else, at a fifth of `decode`'s cost; None means that only `decode` can tell.
    """
    end = data.find(b"\r\n")
    status = _begins(data[:end]) if 0 < end <= LONGEST_LINE else None
    via = data.find(b"\r\nVia: ", end)
    if status is None or via < 0 or data.find(b"\r\nv:", end, via) >= 0:
        return None
    if data.find(COOKIE + token, via, data.find(b"\r\n", via + 2)) < 0:
        return None
    if b"\r\nCSeq: 1 OPTIONS\r\n" not in data or not data.endswith(b"\r\nContent-Length: 0\r\n\r\n"):
        return None
    return status


@lru_cache(256)
def _begins(line: bytes) -> tuple[int, str] | None:
    """Status and line of a status line; kept, since a network says the same few over and over."""
    found = _STATUS_LINE.fullmatch(line)
    return (int(found[1]), _line(int(found[1]), _phrase(found[2]))) if found else None


class Stream:
    """Responses out of a byte stream (section 18.3: Content-Length frames them).

    `feed` may be given any pieces; once it has raised CodecError the stream is of no more use.
    """

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Response]:
        """The responses completed by these bytes, in order; raises CodecError."""
        held = self._held
        held += data
        out: list[Response] = []
        while True:
            while held[:2] == b"\r\n":  # keep-alives between messages (section 7.5)
                del held[:2]
            end = held.find(b"\r\n\r\n")
            if (end if end >= 0 else len(held)) > HEADERS_CAP:
                raise CodecError(f"stream: headers of more than {HEADERS_CAP} bytes")
            if end < 0:
                _must_begin_like_sip(bytes(held[:8]))
                return out
            head = bytes(held[:end])
            whole = end + 4 + _body_length(_headers(head)[1])
            if len(held) < whole:
                return out
            out.append(_response(head, bytes(held[end + 4 : whole]), exact=True))
            del held[:whole]


def _response(head: bytes, rest: bytes, *, exact: bool) -> Response:
    line, headers = _headers(head)
    status = _STATUS_LINE.fullmatch(line)
    if status is None:
        raise CodecError(f"status line: {_shown(line)} is not 'SIP/2.0 CODE PHRASE'")
    via = headers.get(b"via")
    if via is None:
        raise CodecError("headers: no Via")
    cseq = _CSEQ.fullmatch(headers.get(b"cseq", b""))
    if cseq is None:
        raise CodecError(f"CSeq: {_shown(headers.get(b'cseq', b''))} is not a number and a method")
    length = _body_length(headers, absent=len(rest))
    if length > len(rest):
        raise CodecError(f"Content-Length: {length}, but {len(rest)} bytes follow the headers")
    body = rest if exact else rest[:length]
    return Response(int(status[1]), _phrase(status[2]), _branch(via), cseq[2], headers, body)


def _headers(head: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """Start line and headers; of a header that is repeated, the first line."""
    if b"\r\n " in head or b"\r\n\t" in head:
        head = re.sub(rb"[ \t]*\r\n[ \t]+", b" ", head)  # folded lines (section 7.3.1)
    lines = head.split(b"\r\n")
    if len(lines) > HEADER_COUNT_CAP:
        raise CodecError(f"headers: {len(lines) - 1} lines; more than {HEADER_COUNT_CAP - 1} are not read")
    headers: dict[bytes, bytes] = {}
    for line in lines[1:]:
        raw, colon, value = line.partition(b":")
        name = _KNOWN.get(raw)
        if name is None or not colon:
            name = _name(raw if colon else b"", line, lines)
        if name not in headers:
            headers[name] = value.strip()
        elif name == b"content-length" and headers[name] != value.strip():
            raise CodecError(
                f"Content-Length: {_shown(headers[name])} and {_shown(value.strip())} in one message"
            )
    return lines[0], headers


def _name(raw: bytes, line: bytes, lines: list[bytes]) -> bytes:
    raw = raw.rstrip(b" \t")
    if _HEADER_NAME.fullmatch(raw) is None:
        raise CodecError(f"line {lines.index(line) + 1}: {_shown(line)} is not 'Name: value'")
    name = raw.lower()
    return COMPACT.get(name, name)


def _body_length(headers: Mapping[bytes, bytes], absent: int = 0) -> int:
    text = headers.get(b"content-length")
    if text is None:
        return absent
    if not text.isdigit() or len(text) > 10:
        raise CodecError(f"Content-Length: {_shown(text)} is not a number")
    length = int(text)
    if length > BODY_CAP:
        raise CodecError(f"Content-Length: {length}; a body of more than {BODY_CAP} bytes is not read")
    return length


def _branch(via: bytes) -> bytes:
    for parameter in via.partition(b",")[0].split(b";")[1:]:
        if parameter.startswith(b"branch="):
            return parameter[7:].strip(b" \t")
        name, _, value = parameter.partition(b"=")
        if name.strip(b" \t").lower() == b"branch":
            return value.strip(b" \t")
    raise CodecError(f"Via: {_shown(via)} has no branch")


def _must_begin_like_sip(start: bytes) -> None:
    if start != b"\r" and not b"SIP/2.0 ".startswith(start):  # half a keep-alive may still become whole
        raise CodecError(f"stream: begins with {_shown(start)}, not with 'SIP/2.0 '")


def _phrase(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace").strip()
    if len(text) <= 80 and text.isprintable():
        return text
    return "".join(each if each.isprintable() else "\ufffd" for each in text[:80])


def _line(status: int, phrase: str) -> str:
    return f"SIP {status} {phrase}".rstrip()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _shown(raw: bytes) -> str:
    return repr(raw if len(raw) <= 60 else raw[:60] + b"...")[1:]
