"""A message centre that is not ours (smpp34), in the test's own loop, and what it was given to deliver."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import smpp34

from alerts.sms.smpp import MESSAGE_PAYLOAD

Decide = Callable[[smpp34.SubmitSmEvent, smpp34.Esme], Awaitable[None]]


class Smsc:
    """The foreign centre: every submit_sm is given to `decide`."""

    def __init__(self) -> None:
        self.port = 0
        self.submitted: list[smpp34.SubmitSmEvent] = []
        self.bound: list[smpp34.Esme] = []
        self.decide: Decide = self.take

    async def take(self, event: smpp34.SubmitSmEvent, esme: smpp34.Esme) -> None:
        """Accept it, with no receipt."""
        event.accept(f"m{len(self.submitted)}")

    async def deliver(self, event: smpp34.SubmitSmEvent, esme: smpp34.Esme) -> None:
        """Accept it, and say at once that the phone has it."""
        id = f"m{len(self.submitted)}"
        event.accept(id)
        await self.tell(esme, id, "DELIVRD")

    async def run(self, server: smpp34.Server) -> None:
        """Serve until it is cancelled."""
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                self.bound.append(event)
            elif isinstance(event, smpp34.SubmitSmEvent):
                self.submitted.append(event)
                await self.decide(event, self.bound[-1])

    async def tell(self, esme: smpp34.Esme, id: str, state: str) -> None:
        """Send a receipt."""
        text = f"id:{id} sub:001 dlvrd:001 submit date:2611240300 done date:2611240300 stat:{state} err:000 text:"
        await esme.deliver_sm("UBND TINH", text.encode(), source_addr="84912000111", esm_class=4)


@asynccontextmanager
async def serving() -> AsyncIterator[Smsc]:
    """A centre on a free port."""
    made = Smsc()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made.port = probe.getsockname()[1]
    server = smpp34.Server("127.0.0.1", made.port, system_id="SMSC")
    await server.start()
    running = asyncio.create_task(made.run(server))
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.stop()


def text_of(events: Sequence[Any]) -> str:
    """The text of the parts, which are joined by header, by parameters or not at all."""
    return "".join(part_of(each) for each in events)


def part_of(event: Any) -> str:
    """The text of one part by itself."""
    payload = next((each.value for each in event.tlvs if each.tag == MESSAGE_PAYLOAD), b"")
    octets = payload or event.short_message
    if event.esm_class & 0x40:
        octets = octets[1 + octets[0] :]
    return octets.decode("utf-16-be" if event.data_coding == 8 else "ascii")
