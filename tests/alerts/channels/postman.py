"""A mail server in the test's own loop: aiosmtpd, with TLS and a password, refusing what a case says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Postman:
    """Takes mails; `replies` are by command, or by command and address."""

    def __init__(self, replies: Mapping[str, str] | None = None) -> None:
        self.replies = replies or {}
        self.taken: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.encrypted: list[bool] = []

    def _said(self, command: str, address: str = "") -> str | None:
        return self.replies.get(f"{command} {address}", self.replies.get(command))

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:  # fmt: skip
        envelope.mail_from = address
        return self._said("MAIL", address) or "250 OK"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:  # fmt: skip
        if (said := self._said("RCPT", address)) is not None:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if (said := self._said("DATA")) is not None:
            return said
        assert isinstance(envelope.content, bytes)
        self.taken.append(
            BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(envelope.content)
        )
        self.envelopes.append((envelope.mail_from or "", envelope.rcpt_tos))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


def knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """Whether a login is the one there is."""
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ioc", b"password-1")
    return AuthResult(success=known, handled=known)


@asynccontextmanager
async def serving(
    postman: Postman, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serves on a free port; gives it."""
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            postman, hostname="mail.test", tls_context=starttls, require_starttls=starttls is not None,
            authenticator=knows, auth_require_tls=starttls is not None, loop=loop,
        )  # fmt: skip

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
