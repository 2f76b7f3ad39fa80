"""Where the demo answers and listens: addresses and ports that are free now."""

from __future__ import annotations

import socket
from contextlib import closing

from ioc.demo.province import Ports
from ioc.errors import IocError

BLOCKS = range(64, 128)
"""second bytes of loopback addresses that are tried"""
BASES = (0, 100, 200)
"""added to the usual ports, should something listen there on every address"""


def listening(listen: str) -> tuple[str, int]:
    """Host and port of where the wall is to be; raises IocError when it is no loopback address or taken."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise IocError(f"--listen {listen!r} is no HOST:PORT; write 127.0.0.1:8080")
    if not (host.startswith("127.") or host in ("localhost", "::1")):
        raise IocError(
            f"--listen {listen}: the demo has no tokens and listens on loopback only; "
            "look at it from another machine through ssh -L 8080:127.0.0.1:8080"
        )
    if not _free(host, int(port), socket.SOCK_STREAM):
        other = f"--listen {host}:{int(port) + 1}"
        raise IocError(f"--listen {listen}: something listens there already; choose another, as {other}")
    return host, int(port)


def choose() -> Ports:
    """Addresses and ports for the province; raises IocError when none are free."""
    for base in BASES:
        for block in BLOCKS:
            ports = _ports(block, base)
            if _all_free(ports):
                return ports
    raise IocError(f"no free loopback addresses for the province in 127.{BLOCKS[0]} to 127.{BLOCKS[-1]}")


def _ports(block: int, base: int) -> Ports:
    usual = Ports()
    return Ports(block, usual.sip + base, usual.banner + base, usual.snmp + base, usual.web + base)


def _all_free(ports: Ports) -> bool:
    first = f"127.{ports.block}.0.2"
    return (
        _free(first, ports.sip, socket.SOCK_DGRAM)
        and _free(first, ports.sip, socket.SOCK_STREAM)
        and _free(first, ports.banner, socket.SOCK_STREAM)
        and _free(first, ports.snmp, socket.SOCK_DGRAM)
        and _free(first, ports.web, socket.SOCK_STREAM)
    )


def _free(host: str, port: int, kind: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, kind)) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
