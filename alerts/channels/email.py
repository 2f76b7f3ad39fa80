"""E-mail by SMTP (RFC 5321, STARTTLS of RFC 3207, AUTH of RFC 4954); what a mail looks like is in alerts/letter.py.

4xx may pass, as greylisting does; 5xx is for good. A mail that only some of its addresses were refused for has been
told: to send it again would tell the others twice.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from alerts.channels.base import Receipt
from alerts.letter import letter
from alerts.notification import Notification
from alerts.service import SHOWN_ANSWER, lasting, passing, secret_of
from ioc.errors import Undeliverable
from ioc.legible import stripped

if TYPE_CHECKING:
    import aiosmtplib

PARTING = 2.0
"""seconds that QUIT may take"""
PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(
    rf"(?:(?P<name>[^<>\"]{{0,100}}?) *<)?(?P<user>{_ATOM}(?:\.{_ATOM})*)@"
    r"(?P<domain>[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*)(?(name)>)"
)
LONGEST = 400
"""characters of an address with its name"""
NEAR = frozenset({"localhost", "127.0.0.1", "::1"})


def mailbox(text: str) -> Address:
    """An address as `an@example.vn` or `IOC <an@example.vn>`; raises ValueError."""
    found = _MAILBOX.fullmatch(text.strip()) if text.isprintable() and len(text) <= LONGEST else None
    if found is None:
        raise ValueError(f"{text!r} is not a mail address; write an@example.vn or Name <an@example.vn>")
    return Address(found["name"] or "", found["user"], found["domain"])


def _checked(text: str) -> str:
    mailbox(text)
    return text


Mailbox = Annotated[str, AfterValidator(_checked)]


class EmailOptions(BaseModel):
    """A mail server, who sends, and to whom where a person's contact does not say it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    host: str = Field(min_length=1, description="name of the mail server; its certificate must be for it")
    port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="port; empty: 587, with `tls: tls` 465, with `tls: none` 25",
    )
    tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="`starttls` refuses a server that does not offer it"
    )
    ca: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; empty: the system's"
    )
    user: str = Field(default="", description="user to log in as; empty: none")
    password_file: Path | None = Field(
        default=None, description="file with its password; read at each attempt"
    )
    sender: Mailbox = Field(alias="from", description="who sends, as `IOC <ioc@example.vn>`")
    to: list[Mailbox] = Field(
        default=[], max_length=50, description="mail addresses; empty: only for people's contacts"
    )
    helo: str = Field(
        default="", pattern=r"^[A-Za-z0-9.-]*$", description="our name in EHLO; empty: domain of `from`"
    )
    timeout: float = Field(default=30.0, gt=0, le=60, description="seconds for one whole attempt")

    @model_validator(mode="after")
    def _fits(self) -> EmailOptions:
        if bool(self.user) != (self.password_file is not None):
            raise ValueError("user and password_file belong together; write both or none")
        if self.user and self.tls == "none" and self.host not in NEAR:
            raise ValueError("the password would be readable on the way; write tls: starttls or tls")
        return self


class Email:
    """Sends each notification as a mail, over a connection of its own."""

    Options: ClassVar[type[BaseModel]] = EmailOptions

    def __init__(self, options: EmailOptions) -> None:
        self._options = options
        self._sender = mailbox(options.sender)

    def own_address(self) -> str:
        """Whom it writes to where a notification names nobody."""
        return ", ".join(self._options.to)

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        mailbox(to)

    @staticmethod
    def host(options: EmailOptions) -> str:
        """What it talks to over a network."""
        return options.host

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; raises Undeliverable, for good when the server answers 5xx."""
        to = _addresses([notification.to] if notification.to else self._options.to)
        mail = letter(notification, self._sender, to)
        client = self._client()
        try:
            receipt = await self._within_time(client, mail, [each.addr_spec for each in to])
            await _farewell(client)
            return receipt
        finally:
            _drop(client.transport)

    async def close(self) -> None:
        """Nothing is kept open between mails."""

    async def _within_time(self, client: aiosmtplib.SMTP, mail: EmailMessage, to: list[str]) -> Receipt:
        try:
            async with asyncio.timeout(self._options.timeout):
                return await self._sent(client, mail, to)
        except TimeoutError:
            raise passing(f"no answer within {self._options.timeout:g} s") from None
        except (OSError, ValueError) as error:
            raise passing(f"{type(error).__name__}: {error}"[:SHOWN_ANSWER]) from None

    async def _sent(self, client: aiosmtplib.SMTP, mail: EmailMessage, to: list[str]) -> Receipt:
        from aiosmtplib import SMTPException

        try:
            await client.connect()
            if self._options.password_file is not None:
                password = secret_of(self._options.password_file, "password_file")
                await client.login(self._options.user, password)
            refused, answer = await client.sendmail(self._sender.addr_spec, to, mail.as_bytes())
        except SMTPException as error:
            raise judge(error) from None
        others = [f"{who} refused: {why.code}" for who, why in refused.items()]
        return Receipt("; ".join([f"250 {_shown(answer)}", *others]))

    def _client(self) -> aiosmtplib.SMTP:
        from aiosmtplib import SMTP

        known = self._options
        return SMTP(
            hostname=known.host,
            port=known.port or PORTS[known.tls],
            local_hostname=known.helo or self._sender.domain,
            timeout=known.timeout,
            use_tls=known.tls == "tls",
            start_tls=known.tls == "starttls",
            tls_context=None if known.tls == "none" else _context(known.ca),
        )


async def _farewell(client: aiosmtplib.SMTP) -> None:
    """Say QUIT; a server that has taken the mail and then hangs has taken it all the same."""
    from aiosmtplib import SMTPException

    transport = client.transport
    with suppress(SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(PARTING):
            await client.quit()
    _drop(transport)


def _drop(transport: asyncio.BaseTransport | None) -> None:
    """Give the connection back now; the end of TLS would wait for the other side."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def judge(error: aiosmtplib.SMTPException) -> Undeliverable:
    """What the client's errors mean."""
    from aiosmtplib import SMTPRecipientsRefused, SMTPResponseException

    if isinstance(error, SMTPRecipientsRefused):
        said = [f"{each.recipient}: {each.code} {_shown(each.message)}" for each in error.recipients]
        return Undeliverable("; ".join(said), permanent=all(each.code >= 500 for each in error.recipients))
    if isinstance(error, SMTPResponseException):
        return Undeliverable(f"{error.code} {_shown(error.message)}", permanent=error.code >= 500)
    return passing(f"{type(error).__name__}: {_shown(str(error))}")


def _addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    try:
        return tuple(mailbox(each) for each in texts)
    except ValueError as error:
        raise lasting(str(error)) from None


def _context(ca: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=None if ca is None else str(ca))


def _shown(text: str) -> str:
    return stripped(text)[:SHOWN_ANSWER]
