"""TLS as a client: whom we trust, and how long the certificate of the other side is still valid."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Any

from ioc.errors import SourceError

ROOM = 10_000
"""certificates whose end is remembered"""
_DAY = 86_400.0


class Trust:
    """The TLS contexts of all probes, one for each set of authorities; `Context` makes them."""

    def __init__(self, context: type[ssl.SSLContext]) -> None:
        self._context = context
        self._made: dict[tuple[bool, Path | None], ssl.SSLContext] = {}
        self._ends: dict[bytes, float] = {}

    def context(self, verify: bool, ca: Path | None) -> ssl.SSLContext:
        """What checks a certificate, or does not; raises SourceError for a file without authorities."""
        made = self._made.get((verify, ca))
        if made is None:
            made = self._made[(verify, ca)] = self._make(verify, ca)
        return made

    def _make(self, verify: bool, ca: Path | None) -> ssl.SSLContext:
        context = self._context(ssl.PROTOCOL_TLS_CLIENT)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        try:
            if ca is None:
                context.load_default_certs()
            else:
                context.load_verify_locations(ca)
        except (OSError, ValueError) as error:
            raise SourceError(f"no authorities in {ca}: {error}; name a PEM file") from error
        return context

    def end(self, der: bytes) -> float | None:
        """When a certificate ends, in civil seconds since the epoch; None when it is none."""
        if der not in self._ends:
            found = _end(der)
            if found is None:
                return None
            if len(self._ends) >= ROOM:
                self._ends.clear()
            self._ends[der] = found
        return self._ends[der]

    async def look(self, host: str, port: int, name: str) -> bytes | None:
        """The certificate of one that is not trusted: a handshake without a question."""
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            context = self.context(False, None)
            _, writer = await asyncio.open_connection(
                host, port, ssl=context, server_hostname=name, ssl_handshake_timeout=None
            )
            try:
                return certificate(writer.get_extra_info("ssl_object"))
            finally:
                writer.transport.abort()
        return None


def certificate(tls: Any) -> bytes | None:
    """The other side's certificate in DER, once hands are shaken."""
    with contextlib.suppress(ValueError, AttributeError):
        found: bytes | None = tls.getpeercert(True)
        return found
    return None


def days(end: float, civil: float) -> float:
    """Days until a certificate ends; negative when it has."""
    return (end - civil) / _DAY


def _end(der: bytes) -> float | None:
    from cryptography import x509  # 60 ms that only TLS costs

    try:
        return x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
