"""Questions and answers over one UDP socket a family, shared by all probes of a source.

An answer belongs to a question when it carries its token and comes from the host that was asked. It is
stamped by the kernel when it arrives (SO_TIMESTAMPNS), so that a busy event loop does not lengthen the round
trip; where the kernel does not stamp, by us when we read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
from collections.abc import Callable

from collectors.places import SocketAddress
from ioc.clock import Clock
from ioc.errors import NoAnswer, SourceError
from ioc.model import Reason
from ioc.telemetry import Telemetry

SO_TIMESTAMPNS = 35
"""Linux, asm-generic/socket.h; the control message that carries the stamp has the same number"""
SO_RXQ_OVFL = 40
"""Linux, the same file; the control message carries how many datagrams found the socket's buffer full"""
TRUNCATED = int(socket.MSG_TRUNC)
SOL_SOCKET = int(socket.SOL_SOCKET)
LARGEST = 8192
"""bytes of a datagram that are read; a longer one is no answer that can be used"""
CONTROL = 64
"""bytes of control messages, of which one stamp takes 32 and the count of lost datagrams 24"""
AT_ONCE = 512
"""datagrams read before the loop gets its turn"""
BUFFER = 4 << 20
"""bytes the kernel is asked to keep for us while the loop is busy"""
SWEEP = 0.25
"""seconds between two looks for questions whose time is over"""

_timespec = struct.Struct("@qq")
_count = struct.Struct("@I")


class _Question:
    __slots__ = ("answered", "by", "host", "sent")

    def __init__(
        self, host: str, sent: float, by: float, answered: asyncio.Future[tuple[bytes, float]]
    ) -> None:
        self.host = host
        self.sent = sent
        self.by = by
        self.answered = answered


class Asker:
    """Asks over UDP and gives each answer to whoever asked.

    `token_of` finds the token in a datagram, None when it is not an answer that anyone waits for. At most
    `room` questions are open at once.
    """

    def __init__(
        self,
        clock: Clock,
        telemetry: Telemetry,
        source: str,
        token_of: Callable[[bytes], bytes | None],
        room: int = 20_000,
    ) -> None:
        self._clock = clock
        self._token_of = token_of
        self._room = room
        self._open: dict[bytes, _Question] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._lost: dict[socket.socket, int] = {}

        def dropped(kind: str) -> Callable[[], None]:
            tally = telemetry.tally(
                "ioc_datagrams_dropped", "Datagrams received that answered nothing", source=source, kind=kind
            )

            def count() -> None:
                tally.n += 1

            return count

        self._ignored = dropped("ignored")
        self._stray = dropped("stray")
        self._foreign = dropped("foreign")
        self._oversized = dropped("oversized")
        self._overflowed = telemetry.tally(
            "ioc_datagrams_lost", "Datagrams for which the socket had no room", source=source
        )

    async def ask(self, token: bytes, address: SocketAddress, data: bytes, by: float) -> tuple[bytes, float]:
        """Send a datagram; the answer and the steady time it came.

        Raises NoAnswer when none has come by the steady time `by` (a quarter second more or less: whoever
        needs it sharp cancels), SourceError when it cannot be sent.
        """
        if len(self._open) >= self._room:
            raise SourceError(f"{self._room} questions are open already; probe less often or fewer endpoints")
        sock = self._socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        answered: asyncio.Future[tuple[bytes, float]] = asyncio.get_running_loop().create_future()
        self._open[token] = _Question(address[0], self._clock.now(), by, answered)
        try:
            _send(sock, data, address)
            if self._sweeper is None:
                self._sweep()
            return await answered
        finally:
            self._open.pop(token, None)

    def close(self) -> None:
        """Give the sockets back; open questions end unanswered."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for sock in self._sockets.values():
            asyncio.get_running_loop().remove_reader(sock.fileno())
            sock.close()
        self._sockets.clear()
        self._lost.clear()
        for question in self._open.values():
            if not question.answered.done():
                question.answered.set_exception(SourceError("stopping"))

    def _socket(self, family: int) -> socket.socket:
        sock = self._sockets.get(family)
        if sock is None:
            sock = self._sockets[family] = open_socket(family)
            asyncio.get_running_loop().add_reader(sock.fileno(), self._read, sock)
        return sock

    def port(self, family: int) -> int:
        """Our port, to which answers shall come."""
        return int(self._socket(family).getsockname()[1])

    def _read(self, sock: socket.socket) -> None:
        skew = self._clock.skew()
        for _ in range(AT_ONCE):
            try:
                data, stamps, flags, peer = sock.recvmsg(LARGEST, CONTROL)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an earlier send's error, reported here; the question ends by itself
                continue
            if flags & TRUNCATED:
                self._oversized()
                self._deliver(data, None, peer[0], skew)
            else:
                self._deliver(data, stamps, peer[0], skew)
            if len(stamps) > 1:
                self._count_lost(sock, stamps)

    def _count_lost(self, sock: socket.socket, stamps: list[tuple[int, int, bytes]]) -> None:
        """The kernel had no room for some datagrams, answers maybe: whoever waits cannot be told silence."""
        lost = _lost(stamps)
        more = (lost - self._lost.get(sock, 0)) % 2**32
        if not more:
            return
        self._lost[sock] = lost
        self._overflowed.n += more
        what = "more datagrams come than can be read, so answers are lost; find who floods this machine"
        for question in self._open.values():
            if not question.answered.done():
                question.answered.set_exception(SourceError(what))

    def _deliver(
        self, data: bytes, stamps: list[tuple[int, int, bytes]] | None, host: str, skew: float
    ) -> None:
        """Hand a datagram to whoever waits for it; without stamps it was cut off."""
        token = self._token_of(data)
        if token is None:
            self._ignored()
            return
        question = self._open.get(token)
        if question is None or question.answered.done():
            self._stray()
        elif question.host != host:
            self._foreign()
        elif stamps is None:
            what = f"an answer of more than {LARGEST} bytes"
            question.answered.set_exception(NoAnswer(Reason.WRONG_ANSWER, what))
        else:
            now = self._clock.now()
            at = _stamp(stamps, skew)
            if at is None or not question.sent <= at <= now:  # the system clock was set in between
                at = now
            question.answered.set_result((data, at))

    def _sweep(self) -> None:
        now = self._clock.now()
        for question in self._open.values():
            if question.by > now:
                break  # the later ones were asked later; those that end sooner wait for this one
            if not question.answered.done():
                question.answered.set_exception(NoAnswer(Reason.NO_ANSWER))
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP, self._sweep) if self._open else None


def open_socket(family: int) -> socket.socket:
    """A non-blocking UDP socket whose datagrams the kernel stamps where it can; raises SourceError."""
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    except OSError as error:
        raise SourceError(f"no UDP socket: {error.strerror}; raise the limit of open files") from error
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    with contextlib.suppress(OSError):  # then we stamp, and do not know what was lost
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))  # noqa: S104 -- answers come back on whatever way there is
    return sock


def _send(sock: socket.socket, data: bytes, address: SocketAddress) -> None:
    try:
        sock.sendto(data, address)
    except BlockingIOError as error:
        raise SourceError("the kernel takes no more datagrams; probe less often") from error
    except OSError as error:
        if error.errno == errno.EHOSTUNREACH:
            raise NoAnswer(Reason.NO_ROUTE, f"{address[0]}: {error.strerror}") from error
        raise SourceError(f"cannot send to {address[0]}: {error.strerror}") from error


def _stamp(stamps: list[tuple[int, int, bytes]], skew: float) -> float | None:
    for level, kind, data in stamps:
        if level == SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= _timespec.size:
            seconds, nanoseconds = _timespec.unpack_from(data)
            return float(seconds) + float(nanoseconds) * 1e-9 - skew
    return None


def _lost(stamps: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in stamps:
        if level == SOL_SOCKET and kind == SO_RXQ_OVFL and len(data) >= _count.size:
            return int(_count.unpack_from(data)[0])
    return 0
