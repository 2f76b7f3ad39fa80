"""SIP by hand, in a few lines that owe nothing to the product's codec: what asks a real server in tests."""

from __future__ import annotations

import secrets
import socket
from typing import Literal

Transport = Literal["udp", "tcp"]


def ask(
    method: str,
    uri: str,
    server: tuple[str, int],
    transport: Transport = "udp",
    *,
    headers: tuple[str, ...] = (),
    timeout: float = 2.0,
) -> int:
    """The status code of the final answer; `TimeoutError` where there is none."""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with socket.socket(family, kind) as link:
        link.settimeout(timeout)
        link.connect(server)
        host, port = link.getsockname()[:2]
        link.sendall(_request(method, uri, transport, f"{host}:{port}", headers))
        while True:
            answer = link.recv(65536).decode()
            code = int(answer.split(" ", 2)[1])
            if code >= 200:
                return code


def _request(method: str, uri: str, transport: Transport, me: str, headers: tuple[str, ...]) -> bytes:
    lines = (
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/{transport.upper()} {me};branch=z9hG4bK{secrets.token_hex(8)};rport",
        "Max-Forwards: 10",
        f"From: <sip:test@{me}>;tag={secrets.token_hex(4)}",
        f"To: <{uri}>",
        f"Call-ID: {secrets.token_hex(8)}@{me}",
        f"CSeq: 1 {method}",
        *headers,
        "Content-Length: 0",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def answers(uri: str, server: tuple[str, int], transport: Transport = "udp") -> bool:
    """Whether anything at all comes back."""
    try:
        ask("OPTIONS", uri, server, transport, timeout=0.5)
    except OSError:
        return False
    return True
