"""From what configuration calls an endpoint's address to what a socket wants."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from dataclasses import dataclass, replace

from ioc.clock import Clock
from ioc.errors import SourceError

KEEP = 60.0
"""seconds that the address of a name is kept"""
ROOM = 50_000
"""names and addresses kept at once"""

SocketAddress = tuple[str, int] | tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a socket finds an endpoint.

    `host` is the address without brackets, `peer` what the socket takes, `until` the steady time to which
    that may be relied on: for ever, unless a name was looked up.
    """

    family: int
    host: str
    port: int
    peer: SocketAddress
    until: float = float("inf")


def split(address: str, port: int) -> tuple[str, int]:
    """Host and port of `host`, `host:port`, `v6`, `[v6]` or `[v6]:port`; raises ValueError."""
    host, own = address.strip(), ""
    if host.startswith("["):
        host, closed, own = host[1:].partition("]")
        if not closed or (own and not own.startswith(":")):
            raise ValueError(f"address {address!r}: write [IPv6]:port")
        own = own[1:]
    elif host.count(":") == 1:
        host, _, own = host.partition(":")
    elif ":" in host and not _is_ipv6(host):
        host = ""
    if not host or (own and not (own.isascii() and own.isdigit() and 0 < int(own[:6]) < 65_536)):
        raise ValueError(f"address {address!r}: write a host, host:port or [IPv6]:port")
    return host, int(own) if own else port


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


class Places:
    """Finds places; a name is asked of the system's resolver at most once a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, int], Place] = {}

    async def find(self, address: str, port: int) -> Place:
        """The place of an address or name; raises SourceError when there is none."""
        place = self._known.get((address, port))
        if place is None or place.until <= self._clock.now():
            place = await _look_up(address, port, self._clock)
            if len(self._known) >= ROOM:
                self._known.clear()
            self._known[(address, port)] = place
        return place


async def _look_up(address: str, port: int, clock: Clock) -> Place:
    try:
        host, port = split(address, port)
    except ValueError as error:
        raise SourceError(str(error)) from error
    with contextlib.suppress(ValueError):
        version = ipaddress.ip_address(host.partition("%")[0]).version
        return _place(socket.AF_INET6 if version == 6 else socket.AF_INET, host, port)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"the name {host!r} is not known: {error}; write its address instead") from error
    family, _, _, _, peer = found[0]
    return replace(_place(family, str(peer[0]), port), until=clock.now() + KEEP)


def _place(family: int, host: str, port: int) -> Place:
    if family == socket.AF_INET:
        return Place(family, host, port, (host, port))
    bare, _, zone = host.partition("%")
    bare = str(ipaddress.IPv6Address(bare))
    try:
        scope = (int(zone) if zone.isdigit() else socket.if_nametoindex(zone)) if zone else 0
    except OSError as error:
        raise SourceError(f"address {host!r}: no interface {zone!r} here") from error
    return Place(family, bare, port, (bare, port, 0, scope))


def our_host_towards(place: Place) -> str:
    """Our own address on the way to a place, as the kernel's routes say; raises SourceError."""
    try:
        with socket.socket(place.family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.connect(place.peer)  # sends nothing
            return str(sock.getsockname()[0]).partition("%")[0]
    except OSError as error:
        raise SourceError(f"no way to {place.host}: {error.strerror}") from error
