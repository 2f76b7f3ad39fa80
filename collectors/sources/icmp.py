"""ICMP echo over IPv4 and IPv6 by gufo-ping's socket (RFC 792, RFC 4443)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import ClassVar, cast

from gufo.ping import _fast
from gufo.ping.proto import SocketProto
from pydantic import BaseModel, ConfigDict, Field

from collectors.base import Surroundings
from collectors.places import Places
from ioc import schema
from ioc.errors import NoAnswer, SourceError
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Role, Sample, Verdict

LONGEST = 30.0
"""seconds after which the socket forgets a probe"""
ROOM = 20_000
"""probes open at once"""
HINT = "ICMP is forbidden here ({}); give the process CAP_NET_RAW, or its group net.ipv4.ping_group_range"

_FAMILIES: dict[int, int] = {socket.AF_INET: _fast.PS_IPV4, socket.AF_INET6: _fast.PS_IPV6}


class IcmpOptions(BaseModel):
    """How an endpoint is asked by ICMP."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(default=64, ge=64, le=1472)
    """bytes of the packet, IP header included"""


class Pinger:
    """One family's socket, and who waits for which answer on it.

    gufo-ping's own `PingSocket` is not used: it takes a cancelled probe for an error when its answer comes,
    hides why a packet could not be sent, and leaves its reader in the event loop.
    """

    def __init__(self, family: int) -> None:
        try:
            wrapper = _fast.SocketWrapper(_FAMILIES[family] + _fast.PS_DGRAM_RAW, int(LONGEST * 1e9), False)
        except OSError as error:
            raise SourceError(HINT.format(error)) from error
        self._socket = cast(SocketProto, wrapper)
        self._waiting: dict[int, asyncio.Future[float]] = {}
        asyncio.get_running_loop().add_reader(self._socket.get_fd(), self._read)

    async def ping(self, host: str, size: int) -> float:
        """The round trip in seconds; waits for ever. Raises NoAnswer, SourceError."""
        if len(self._waiting) >= ROOM:
            raise SourceError(f"{ROOM} pings are open already; probe less often or fewer endpoints")
        try:
            serial = self._socket.send(self._socket.clean_ip(host) if ":" in host else host, size)
        except OSError as error:
            raise SourceError(f"cannot send to {host}: {error}") from error
        answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[serial] = answered
        try:
            return await answered
        finally:
            self._waiting.pop(serial, None)

    def close(self) -> None:
        """Leave the event loop; the socket goes with the object."""
        asyncio.get_running_loop().remove_reader(self._socket.get_fd())

    def _read(self) -> None:
        for serial, nanoseconds in (self._socket.recv() or {}).items():
            answered = self._waiting.get(serial)
            if answered is not None and not answered.done() and nanoseconds:
                answered.set_result(nanoseconds / 1e9)


class Icmp:
    """Pings an endpoint; fields: `rtt` in milliseconds. Its socket is opened at the first probe."""

    name: ClassVar[str] = "icmp"
    role: ClassVar[Role] = Role.REACHABILITY
    Options: ClassVar[type[BaseModel]] = IcmpOptions
    fields: ClassVar[tuple[schema.Field, ...]] = (schema.RTT,)
    measurements: ClassVar[tuple[schema.Measurement, ...]] = ()

    def __init__(self, around: Surroundings, pinger: Callable[[int], Pinger] = Pinger) -> None:
        self._clock = around.clock
        self._places = Places(around.clock)
        self._make = pinger
        self._pingers: dict[int, Pinger] = {}

    async def open(self) -> None:
        """Nothing to take yet."""

    async def close(self) -> None:
        """Give the sockets back."""
        for pinger in self._pingers.values():
            pinger.close()
        self._pingers.clear()

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        """Send an echo request; raises NoAnswer, SourceError."""
        options: IcmpOptions = probe.options
        place = await self._places.find(endpoint.address, 0)
        pinger = self._pingers.get(place.family)
        if pinger is None:
            pinger = self._pingers[place.family] = self._make(place.family)
        try:
            async with asyncio.timeout(by - self._clock.now()):
                rtt = await pinger.ping(place.host, options.size)
        except TimeoutError as error:
            raise NoAnswer(Reason.NO_ANSWER, "no echo") from error
        fields = {"rtt": rtt * 1000.0}
        return Sample(
            endpoint.id, self._clock.now(), self.name, Verdict.OK, fields, True, None, Reason.ANSWERED, "echo"
        )
