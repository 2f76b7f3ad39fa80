"""One bound SMPP connection: requests matched to their responses, receipts kept, the link kept alive."""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from contextlib import suppress
from typing import Any

from alerts.sms.smpp import (
    LAST_SEQUENCE,
    RESPONSE,
    Command,
    DeliveryReceipt,
    Pdu,
    Splitter,
    delivered,
    encode,
    message_id,
    receipt,
)
from ioc.errors import CodecError

_CHUNK = 4096
_MOST_RECEIPTS = 1000
"""receipts kept that nobody asked for yet"""
_ROK, _RINVCMDID, _RINVCMDLEN = 0x0, 0x3, 0x2
_GOODBYE = 1.0


class LinkLost(ConnectionError):
    """The connection to the message centre is gone."""


class StatusRefused(Exception):
    """A response with a status that is not ESME_ROK."""

    def __init__(self, status: int) -> None:
        super().__init__(f"command_status 0x{status:08X}")
        self.status = status


class Session:
    """A connection that was bound; whoever sends shares it.

    `patience` is seconds for a response, `quiet` seconds of silence after which the link is asked whether it is
    there, `window` how many requests may be without a response at once.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
        patience: float, quiet: float, window: int,
    ) -> None:  # fmt: skip
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self._quiet = quiet
        self._window = asyncio.Semaphore(window)
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._receipts: OrderedDict[str, DeliveryReceipt] = OrderedDict()
        self._expected: dict[str, asyncio.Future[DeliveryReceipt]] = {}
        self._lost = ""
        self._listener = asyncio.get_running_loop().create_task(self._listen())

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""
        return bool(self._lost)

    async def request(self, command: Command, body: bytes) -> Pdu:
        """Ask and wait for the response; raises LinkLost, TimeoutError, and StatusRefused for a status."""
        async with self._window:
            self._sequence = self._sequence % LAST_SEQUENCE + 1
            number = self._sequence
            response: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
            self._waiting[number] = response
            try:
                async with asyncio.timeout(self._patience):
                    await self._write(Pdu(command, 0, number, body))
                    answer = await response
            finally:
                self._waiting.pop(number, None)
        if answer.status != _ROK:
            raise StatusRefused(answer.status)
        return answer

    async def submit(self, body: bytes) -> str:
        """Hand over one message; gives the centre's id of it, empty where it gave none. Raises as `request`."""
        response = await self.request(Command.SUBMIT_SM, body)
        try:
            return message_id(response.body)
        except CodecError:
            return ""  # it was taken all the same: sending it again would tell twice

    async def receipt(self, id: str, patience: float) -> DeliveryReceipt | None:
        """What became of a message, if that is told within so many seconds; ENROUTE is not an end."""
        key = _key(id)
        if (known := self._receipts.pop(key, None)) is not None:
            return known
        coming: asyncio.Future[DeliveryReceipt] = asyncio.get_running_loop().create_future()
        self._expected[key] = coming
        try:
            async with asyncio.timeout(patience):
                return await coming
        except (TimeoutError, LinkLost):
            return None
        finally:
            self._expected.pop(key, None)

    async def close(self) -> None:
        """Unbind and let go."""
        if not self.gone:
            with suppress(OSError, TimeoutError, StatusRefused):
                async with asyncio.timeout(_GOODBYE):
                    await self.request(Command.UNBIND, b"")
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)

    async def _listen(self) -> None:
        splitter, asked = Splitter(), False
        try:
            while True:
                data = await self._heard()
                if data is None and asked:
                    raise LinkLost(f"silent for {2 * self._quiet:g} s, enquire_link not answered")
                if asked := data is None:
                    await self._enquire()
                for pdu in splitter.feed(data or b""):
                    await self._take(pdu)
        except (OSError, CodecError) as error:
            self._end(str(error) or type(error).__name__)
        finally:
            self._end("closed by us")
            self._writer.close()

    async def _heard(self) -> bytes | None:
        """Some bytes, or None after a silence; raises LinkLost at the end."""
        try:
            async with asyncio.timeout(self._quiet):
                data = await self._reader.read(_CHUNK)
        except TimeoutError:
            return None
        if not data:
            raise LinkLost("the message centre closed the connection")
        return data

    async def _enquire(self) -> None:
        self._sequence = self._sequence % LAST_SEQUENCE + 1
        await self._write(Pdu(Command.ENQUIRE_LINK, 0, self._sequence))

    async def _take(self, pdu: Pdu) -> None:
        if pdu.command & RESPONSE:
            response = self._waiting.get(pdu.sequence)
            if response is not None and not response.done():
                response.set_result(pdu)
        elif pdu.command == Command.DELIVER_SM:
            await self._take_delivery(pdu)
        elif pdu.command == Command.ENQUIRE_LINK:
            await self._answer(pdu)
        elif pdu.command == Command.ALERT_NOTIFICATION:
            pass  # a phone that can be reached again; it has no response (4.12.1)
        elif pdu.command == Command.UNBIND:
            await self._answer(pdu)
            raise LinkLost("the message centre unbound us")
        else:
            await self._write(Pdu(Command.GENERIC_NACK, _RINVCMDID, pdu.sequence))

    async def _take_delivery(self, pdu: Pdu) -> None:
        """A receipt is kept; a message that somebody sent us is acknowledged and left."""
        try:
            told = receipt(delivered(pdu.body))
        except CodecError:
            await self._answer(pdu, _RINVCMDLEN, b"\0")
            return
        await self._answer(pdu, body=b"\0")
        if told is None or told.state in ("ENROUTE", "ACCEPTD"):
            return
        coming = self._expected.get(_key(told.message_id))
        if coming is not None and not coming.done():
            coming.set_result(told)
            return
        self._receipts[_key(told.message_id)] = told
        while len(self._receipts) > _MOST_RECEIPTS:
            self._receipts.popitem(last=False)

    async def _answer(self, pdu: Pdu, status: int = _ROK, body: bytes = b"") -> None:
        await self._write(Pdu(pdu.command | RESPONSE, status, pdu.sequence, body))

    async def _write(self, pdu: Pdu) -> None:
        if self._lost:
            raise LinkLost(self._lost)
        self._writer.write(encode(pdu))
        await self._writer.drain()

    def _end(self, why: str) -> None:
        self._lost = self._lost or why
        unanswered: list[asyncio.Future[Any]] = [*self._waiting.values(), *self._expected.values()]
        for each in unanswered:
            if not each.done():
                each.set_exception(LinkLost(self._lost))


async def connect(
    host: str, port: int, tls: ssl.SSLContext | None, patience: float, quiet: float, window: int
) -> Session:
    """An open connection, not bound yet; raises OSError and TimeoutError."""
    async with asyncio.timeout(patience):
        reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    return Session(reader, writer, patience, quiet, window)


def _key(id: str) -> str:
    """Ids compared without leading zeros and case: responses and receipts of one centre differ in them."""
    return id.strip().lower().lstrip("0")
