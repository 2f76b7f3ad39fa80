"""Things by the thousand that answer SIP OPTIONS: `python -m benchmarks.kit.swarm PORT`.

One socket for every address of 127.0.0.0/8; IP_PKTINFO (ip(7)) has each answer come from the address that was asked.
"""

from __future__ import annotations

import contextlib
import socket
import sys

from ioc.demo.answers import answer
from ioc.demo.child import ready
from ioc.errors import CodecError

IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)
SO_RCVBUFFORCE = 33
BUFFER = 16 << 20


def serve(port: int) -> None:
    """Answer until killed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        with contextlib.suppress(OSError):  # beyond the system's limit only with CAP_NET_ADMIN
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        sock.bind(("0.0.0.0", port))
        ready(port=port)
        while True:
            data, ancillary, _, peer = sock.recvmsg(2048, 64)
            with contextlib.suppress(CodecError):
                came_to = [each for each in ancillary if each[1] == IP_PKTINFO]
                sock.sendmsg([answer(data, 200, "swarm")], came_to, 0, peer)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
