"""The sockets of one thing: it answers there what the ground truth says it would answer now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from ioc.demo import agent
from ioc.demo.answers import BANNER, Requests, answer
from ioc.demo.device import COMMUNITY, Device
from ioc.demo.province import Thing
from ioc.demo.server import Server
from ioc.demo.truth import Reply, Truth
from ioc.errors import CodecError

CONNECTIONS_A_THING = 64
"""more at a time are refused, so that one prober can not use up the descriptors"""


class Closable(Protocol):
    """What a listening socket is to us."""

    def close(self) -> None:
        """Stop listening."""


class Port:
    """Opens and closes where one thing answers; `age` tells for how many seconds everything has answered."""

    def __init__(self, thing: Thing, truth: Truth, age: Callable[[], float]) -> None:
        self.thing = thing
        self.truth = truth
        self.age = age
        self.connections: set[asyncio.Transport] = set()
        self._listening: list[Closable] = []

    async def open(self) -> None:
        """Listen; raises OSError when the address or port is taken."""
        if self._listening:
            return
        loop = asyncio.get_running_loop()
        thing = self.thing
        if thing.speaks == "sip-udp":
            await self._hear(lambda: _Sip(self), thing.port)
        else:
            make = self._protocol()
            server = await loop.create_server(make, thing.address, thing.port, reuse_address=True)
            self._listening.append(server)
        if thing.snmp:
            device = Device(thing.kind, thing.id, thing.name)
            await self._hear(lambda: _Agent(self, device), thing.snmp)

    def _protocol(self) -> Callable[[], asyncio.Protocol]:
        match self.thing.speaks:
            case "banner":
                return lambda: _Banner(self)
            case "web":
                server = Server(self.thing.id)
                return lambda: _Web(self, server)
            case _:
                return lambda: _Stream(self)

    async def _hear(self, make: Callable[[], asyncio.DatagramProtocol], port: int) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(make, local_addr=(self.thing.address, port))
        self._listening.append(transport)

    def close(self) -> None:
        """Refuse everything from now on."""
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        for each in list(self.connections):
            each.abort()

    def reply(self) -> Reply:
        """What becomes of the request that arrives now."""
        return self.truth.reply(self.thing.id)


class _Datagrams(asyncio.DatagramProtocol):
    """A protocol over UDP."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        reply = self._port.reply()
        if reply.swallowed:
            return
        try:
            response = self.answer(data, reply)
        except CodecError:
            return
        if response is None:
            return
        if reply.delay:
            asyncio.get_running_loop().call_later(reply.delay, self._send, response, addr)
        else:
            self._send(response, addr)

    def answer(self, data: bytes, reply: Reply) -> bytes | None:
        """The answer to a request, None for none; raises CodecError for what is no request."""
        raise NotImplementedError

    def _send(self, response: bytes, addr: Any) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(response, addr)


class _Sip(_Datagrams):
    """SIP over UDP."""

    def answer(self, data: bytes, reply: Reply) -> bytes:
        return answer(data, reply.code, self._port.thing.id)


class _Agent(_Datagrams):
    """SNMP."""

    def __init__(self, port: Port, device: Device) -> None:
        super().__init__(port)
        self._device = device

    def answer(self, data: bytes, reply: Reply) -> bytes | None:
        return agent.answer(data, COMMUNITY.encode(), self._device.tree(self._port.age()))


class _Connection(asyncio.Protocol):
    """One connection; without an answer it stays open and silent until the other side ends it."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        if len(self._port.connections) >= CONNECTIONS_A_THING:
            transport.abort()
            return
        self._transport = transport
        self._port.connections.add(transport)
        self.opened()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._port.connections.discard(self._transport)
            self._transport = None

    def opened(self) -> None:
        """The other side is there."""

    def say(self, data: bytes, delay: float) -> None:
        """Write, after a delay in seconds, if the other side is still there."""
        if delay:
            asyncio.get_running_loop().call_later(delay, self.say, data, 0.0)
        elif self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


class _Banner(_Connection):
    """A router's management port: it speaks first."""

    def opened(self) -> None:
        reply = self._port.reply()
        if not reply.swallowed:
            self.say(BANNER, reply.delay)


class _Stream(_Connection):
    """SIP over TCP, whose requests have heads alone."""

    def __init__(self, port: Port) -> None:
        super().__init__(port)
        self._requests = Requests()

    def data_received(self, data: bytes) -> None:
        try:
            for request in self._requests.feed(data):
                reply = self._port.reply()
                if not reply.swallowed:
                    self.say(self.answer(request, reply), reply.delay)
        except CodecError:
            if self._transport is not None:
                self._transport.abort()

    def answer(self, request: bytes, reply: Reply) -> bytes:
        """The answer to a request; raises CodecError for what is no request."""
        return answer(request, reply.code, self._port.thing.id)


class _Web(_Stream):
    """A server's health and metrics by HTTP."""

    def __init__(self, port: Port, server: Server) -> None:
        super().__init__(port)
        self._server = server

    def answer(self, request: bytes, reply: Reply) -> bytes:
        return self._server.answer(request, reply.code, self._port.age())
