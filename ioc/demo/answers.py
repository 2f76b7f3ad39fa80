"""What a room answers: the server's side of SIP OPTIONS (RFC 3261, 8.2.6 and 11.2), bytes in and bytes out.

It is the judge's own, apart from the codec of the service: a fault that both shared would go unseen.
"""

from __future__ import annotations

from ioc.errors import CodecError

PHRASES = {
    200: "OK",
    403: "Forbidden",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    500: "Server Error",
    503: "Service Unavailable",
}
BANNER = b"SSH-2.0-demo\r\n"
HEAD_LIMIT = 8192
_COPIED = {b"via": b"Via", b"v": b"Via", b"from": b"From", b"f": b"From", b"to": b"To", b"t": b"To"}
_COPIED |= {b"call-id": b"Call-ID", b"i": b"Call-ID", b"cseq": b"CSeq"}


def answer(request: bytes, code: int, tag: str) -> bytes:
    """The response to an OPTIONS request.

    Via, From, To, Call-ID and CSeq are copied, To with a tag. Raises CodecError for anything else.
    """
    head = request.partition(b"\r\n\r\n")[0].split(b"\r\n")
    if not head[0].startswith(b"OPTIONS ") or not head[0].endswith(b" SIP/2.0"):
        raise CodecError(f"not an OPTIONS request: {head[0][:40]!r}")
    lines = [f"SIP/2.0 {code} {PHRASES.get(code, 'Demo')}".encode()]
    for line in head[1:]:
        name, _, value = line.partition(b":")
        copied = _COPIED.get(name.strip().lower())
        if copied is not None:
            lines.append(copied + b": " + _tagged(copied, value.strip(), tag))
    if len(lines) < 6:
        raise CodecError(
            f"an OPTIONS request with {len(lines) - 1} of the five headers that a response copies"
        )
    return b"\r\n".join([*lines, b"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS", b"Content-Length: 0", b"", b""])


def _tagged(name: bytes, value: bytes, tag: str) -> bytes:
    return value + b";tag=" + tag.encode() if name == b"To" and b";tag=" not in value else value


class Requests:
    """Cuts a stream into the heads of its requests (OPTIONS has no body)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The requests that are whole now; raises CodecError when a head grows beyond 8 KiB."""
        *whole, self._rest = (self._rest + data).split(b"\r\n\r\n")
        if len(self._rest) > HEAD_LIMIT:
            raise CodecError(f"a head of more than {HEAD_LIMIT} bytes")
        return [each.lstrip(b"\r\n") + b"\r\n\r\n" for each in whole if each.strip()]
