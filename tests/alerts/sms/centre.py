"""A message centre that answers octet by octet as a test says: for what a real one would never do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from alerts.sms.smpp import RESPONSE, Command, Pdu, Splitter, encode

Answer = Callable[[Pdu], bytes | None]
"""octets that a PDU is answered with; None closes the connection"""


def well(pdu: Pdu) -> bytes:
    """As a centre that takes everything: ids count up with the sequence."""
    if pdu.command & RESPONSE:
        return b""
    body = f"{pdu.sequence:08X}\0".encode() if pdu.command == Command.SUBMIT_SM else b""
    if pdu.command in (Command.BIND_TRANSCEIVER, Command.BIND_TRANSMITTER):
        body = b"centre\0"
    return encode(Pdu(pdu.command | RESPONSE, 0, pdu.sequence, body))


class Centre:
    """What it heard, on which port it listens, and its open connections."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.heard: list[Pdu] = []
        self.binds = 0
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    def of(self, command: Command) -> list[Pdu]:
        """What it heard of one command."""
        return [each for each in self.heard if each.command == command]

    def say(self, *pdus: Pdu) -> None:
        """Something unasked, on the newest connection."""
        self.writers[-1].write(b"".join(map(encode, pdus)))

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in self.writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        splitter = Splitter()
        try:
            while data := await reader.read(4096):
                for pdu in splitter.feed(data):
                    self.heard.append(pdu)
                    said = self.answer(pdu)
                    if said is None:
                        return
                    writer.write(said)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def centre(answer: Answer = well) -> AsyncIterator[Centre]:
    """A centre on a free port."""
    made = Centre(answer)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.hang_up()
        server.close()
        await server.wait_closed()
