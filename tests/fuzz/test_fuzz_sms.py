"""Any bytes at all from a modem or a message centre: an outcome or Undeliverable, nothing else, and soon."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.sms import port
from alerts.sms.port import Port
from alerts.sms.session import LinkLost, Session, StatusRefused
from alerts.sms.smpp import Command, Pdu, encode
from ioc.errors import Undeliverable

LINES = [
    b"\r\nOK\r\n", b"\r\n> ", b"\r\nERROR\r\n", b"\r\n+CMS ERROR: 38\r\n", b"\r\n+CME ERROR: 99999\r\n",
    b"\r\n+CREG: 0,1\r\n",
    b"\r\n+CREG: ,\r\n", b"\r\n+CPIN: READY\r\n", b"\r\n+CPIN:\r\n", b"\r\n+CMGS: \r\n", b"\r\n+CMGS: 1\r\n",
    b"\r\n+CSQ: x,99\r\n",
    b"\r\n+CREG: 0,\xb2\r\n", b"\r\n+CREG: 0,999999999999999999999\r\n", b"RING\r\n", b"\x00\xff",
]  # fmt: skip
said = st.lists(st.sampled_from(LINES) | st.binary(max_size=40), max_size=30)


class Chatter:
    """A line that says what it says, whatever is written to it, and then is gone."""

    def __init__(self, said: list[bytes]) -> None:
        self._said = deque(each for each in said if each)

    async def read(self) -> bytes:
        if not self._said:
            raise ConnectionResetError("end")
        return self._said.popleft()

    async def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        self._said.clear()


async def handed_over(said: list[bytes]) -> str:
    async def dial() -> Chatter:
        return Chatter(said)

    try:
        return await Port("modem", dial, "1234").send([b"\x01\x02", b"\x03"], 1.0)
    except Undeliverable as error:
        return str(error)


@settings(max_examples=500, deadline=None)
@given(said)
def test_whatever_a_modem_says(said: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(port, "QUIET", 0.0)
        outcome = asyncio.run(handed_over(said))
    assert outcome.startswith(("reference ", "modem: "))
    assert "1234" not in outcome


PDUS = [
    encode(Pdu(command, status, sequence, body))
    for command in (*Command, 0x80000004, 0x80000009, 0x7FFFFFFF)
    for status, sequence, body in ((0, 1, b"id\0"), (0, 1, b"no end"), (0x58, 1, b""), (0, 2, b"\xff" * 70))
]
octets = st.lists(st.sampled_from(PDUS) | st.binary(max_size=40), max_size=12).map(b"".join)


async def submitted(said: bytes) -> str:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read(16)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        session = Session(*await asyncio.open_connection(*server.sockets[0].getsockname()), 0.2, 5.0, 2)
        try:
            return "id " + await session.submit(b"")
        except (LinkLost, TimeoutError, StatusRefused, OSError) as error:
            return type(error).__name__
        finally:
            await session.close()


@settings(max_examples=150, deadline=None)
@given(octets)
def test_whatever_a_centre_says(said: bytes) -> None:
    assert asyncio.run(submitted(said))
