"""Short messages through an operator's message centre: SMPP 3.4, over a leased line or a tunnel of the operator's."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from alerts.channels.base import Receipt
from alerts.notification import Notification
from alerts.sms.numbers import e164
from alerts.sms.options import SmsOptions, minutes, number, reference
from alerts.sms.parts import Part, coded, cut
from alerts.sms.session import Session, StatusRefused, connect
from alerts.sms.smpp import Address, Command, bind, submit, submit_joined, submit_whole
from alerts.sms.status import passing_wait, permanent, words
from alerts.sms.wording import wording
from ioc.errors import Undeliverable

_INTERNATIONAL, _ALPHANUMERIC, _SHORT = (1, 1), (5, 0), (3, 0)
"""type of number and numbering plan (5.2.5, 5.2.6)"""
_BINDS = {"transceiver": Command.BIND_TRANSCEIVER, "transmitter": Command.BIND_TRANSMITTER}


class SmppOptions(SmsOptions):
    """The message centre, the account there, and the sender that people see."""

    host: str = Field(min_length=1, description="name or address of the message centre")
    port: int = Field(default=2775, ge=1, le=65535, description="its port")
    tls: bool = Field(default=False, description="speak TLS")
    ca: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; empty: the system's"
    )
    system_id: str = Field(min_length=1, max_length=15, description="name of the account")
    password: SecretStr = Field(description="its password, at most 8 characters; secret")
    system_type: str = Field(default="", max_length=12, description="what the operator told to write here")
    bind: Literal["transceiver", "transmitter"] = Field(
        default="transceiver", description="a transmitter gets no receipts"
    )
    source: str = Field(
        min_length=1, max_length=20, description="brand name, short code or number that sends"
    )
    long: Literal["udh", "sar", "payload"] = Field(
        default="udh", description="how a text of several parts goes: by user data header, by TLVs, or whole"
    )
    window: int = Field(default=10, ge=1, le=100, description="requests without a response at once")
    enquire: float = Field(
        default=30.0,
        ge=1,
        le=600,
        description="seconds of silence, then the link is asked whether it is there",
    )
    receipt: float = Field(
        default=5.0, ge=0, le=30, description="seconds that a receipt is waited for; 0: none asked"
    )
    timeout: float = Field(default=10.0, gt=0, le=30, description="seconds for one response")

    @field_validator("source", "system_id", "system_type")
    @classmethod
    def _is_ascii(cls, text: str) -> str:
        if not text.isascii() or not (text.isprintable()):
            raise ValueError(f"{text!r} has characters that an account or a sender cannot have")
        return text

    @field_validator("password")
    @classmethod
    def _is_short(cls, password: SecretStr) -> SecretStr:
        value = password.get_secret_value()
        if len(value) > 8 or not value.isascii():
            raise ValueError("an SMPP password is at most 8 ASCII characters (section 5.2.2)")
        return password


class Smpp:
    """Submits each notification over one connection that stays bound."""

    Options: ClassVar[type[BaseModel]] = SmppOptions

    def __init__(self, options: SmppOptions) -> None:
        self._options = options
        self._session: Session | None = None
        self._binding = asyncio.Lock()

    def own_address(self) -> str:
        """The number it goes to where none is given; empty where there is none."""
        return self._options.to

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        e164(to)

    @staticmethod
    def host(options: SmppOptions) -> str:
        """What it talks to over a network."""
        return options.host

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; the centre's ids, and receipts that come in time, are the answer. Raises Undeliverable."""
        bodies = self._bodies(notification)
        session = await self._bound()
        try:
            ids = [await session.submit(body) for body in bodies]
        except StatusRefused as refused:
            raise _refused("submit_sm", refused) from None
        except TimeoutError:
            await self.close()
            what = f"no response to submit_sm within {self._options.timeout:g} s; it may have gone out"
            raise Undeliverable(what, permanent=False) from None
        except OSError as error:
            what = f"{error}; what was submitted may have gone out"
            raise Undeliverable(what, permanent=False) from None
        return Receipt(await self._outcome(session, ids))

    async def close(self) -> None:
        """Unbind and let go of the connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _bound(self) -> Session:
        async with self._binding:
            if self._session is None or self._session.gone:
                await self.close()
                self._session = await self._bind()
            return self._session

    async def _bind(self) -> Session:
        options = self._options
        where = f"{options.host}:{options.port}"
        try:
            tls = _tls(options) if options.tls else None
            session = await connect(
                options.host, options.port, tls, options.timeout, options.enquire, options.window
            )
        except TimeoutError:
            raise _passing(f"{where}: no connection within {options.timeout:g} s") from None
        except OSError as error:
            raise _passing(f"{where}: {error}") from None
        try:
            await session.request(
                _BINDS[options.bind],
                bind(options.system_id, options.password.get_secret_value(), options.system_type),
            )
        except StatusRefused as refused:
            await session.close()
            raise _passing(f"{where}: bind refused: {words(refused.status)}") from None
        except OSError as error:  # a timeout is one too
            await session.close()
            raise _passing(f"{where}: not bound: {str(error) or 'no response'}") from None
        return session

    def _bodies(self, notification: Notification) -> list[bytes]:
        """What is submitted, in order."""
        options = self._options
        source, to = _source(options.source), _number(number(options, notification))
        text, joined = wording(notification, options), reference(notification)
        valid, receipt = minutes(options, notification), self._asks_receipt
        parts = cut(text, joined)
        if len(parts) == 1 or options.long == "udh":
            return [submit(source, to, part, valid, receipt) for part in parts]
        if options.long == "payload":
            return [submit_whole(source, to, Part(*coded(text)), valid, receipt)]
        places = [(joined, len(parts), number) for number in range(1, len(parts) + 1)]
        return [
            submit_joined(source, to, part, valid, receipt, place)
            for part, place in zip(parts, places, strict=True)
        ]

    @property
    def _asks_receipt(self) -> bool:
        return self._options.receipt > 0 and self._options.bind == "transceiver"

    async def _outcome(self, session: Session, ids: list[str]) -> str:
        """What became of each; raises Undeliverable, for good, where the centre says in time that one failed."""
        said = [f"id {id}" if id else "taken" for id in ids]
        if not self._asks_receipt:
            return ", ".join(said)
        receipts = await asyncio.gather(*(session.receipt(id, self._options.receipt) for id in ids if id))
        told = {each.message_id: each for each in receipts if each is not None}
        failed = next((each for each in told.values() if each.failed), None)
        if failed is not None:
            what = f"{failed.state}{f' err {failed.error}' if failed.error else ''} (id {failed.message_id})"
            raise Undeliverable(f"the message centre could not deliver it: {what}", permanent=True)
        states = sorted({each.state for each in told.values()})
        return ", ".join([*said, *states])


def _source(source: str) -> Address:
    """The sender: a number in E.164, a short code of digits, or a brand name."""
    if source.isdigit() and len(source) <= 8:
        return Address(*_SHORT, source)
    try:
        return _number(e164(source))
    except ValueError:
        return Address(*_ALPHANUMERIC, source)


def _number(number: str) -> Address:
    return Address(*_INTERNATIONAL, number.removeprefix("+"))


def _tls(options: SmppOptions) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=options.ca)


def _passing(what: str) -> Undeliverable:
    return Undeliverable(what, permanent=False)


def _refused(command: str, refused: StatusRefused) -> Undeliverable:
    status = refused.status
    return Undeliverable(
        f"{command} refused: {words(status)}", permanent=permanent(status), retry_after=passing_wait(status)
    )
