"""An agent on a loopback socket, made of our own codec, that can be told what to hold and how to misbehave.

`tests/demo/test_agent.py` asks the same agent by Net-SNMP's own client.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from collectors.wire.snmp import Oid, Tag, Value, name
from ioc.demo.agent import Names, Tree, answer

COMMUNITY = "thu"
Twist = Callable[[bytes, bytes | None], list[bytes]]
"""from a request and its honest answer to the datagrams that are sent back"""


def honest(_: bytes, response: bytes | None) -> list[bytes]:
    return [] if response is None else [response]


def tree(varbinds: Mapping[str, tuple[str, Any]]) -> Tree:
    """Values by name, each as `[type, value]`, the type a word of `Tag`."""
    values: dict[Oid, Value] = {}
    for oid, (kind, content) in varbinds.items():
        tag = Tag[kind.upper()]
        made = content.encode() if tag is Tag.OCTETS else name(content) if tag is Tag.OID else content
        values[name(oid)] = Value(tag, made)
    return Tree(Names(values), values.__getitem__)


class Agent(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.tree = tree({})
        self.twist: Twist = honest
        self.asked = 0
        self.port = 0
        self.peer: Any = None
        """who asked last"""
        self._transport: asyncio.DatagramTransport | None = None

    def hold(self, varbinds: Mapping[str, tuple[str, Any]]) -> None:
        self.tree = tree(varbinds)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.asked += 1
        self.peer = addr
        for each in self.twist(data, answer(data, COMMUNITY.encode(), self.tree)):
            self.send(each, addr)

    def line(self) -> socket.socket:
        """Its socket once more, for a process that sends in its place."""
        assert self._transport is not None
        own: socket.socket = self._transport.get_extra_info("socket").dup()
        return own

    def send(self, data: bytes, peer: Any) -> None:
        assert self._transport is not None
        self._transport.sendto(data, peer)


@asynccontextmanager
async def agent(host: str = "127.0.0.1") -> AsyncIterator[Agent]:
    loop = asyncio.get_running_loop()
    transport, made = await loop.create_datagram_endpoint(Agent, local_addr=(host, 0))
    try:
        yield made
    finally:
        transport.close()
