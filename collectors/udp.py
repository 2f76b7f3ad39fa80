"""Questions and answers over one UDP socket a family, shared by all probes of a source.

An answer belongs to a question when it carries its token and comes from the host that was asked. It is
stamped by the kernel when it arrives (SO_TIMESTAMPNS), so that neither a busy event loop nor our own pace of
reading lengthens the round trip; where the kernel does not stamp, by us when we read it.

Answers are read many at once, fifty times a second while a question is open: waking the event loop for each of
them cost more than all the rest of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
from collections.abc import Callable
from typing import Protocol

from collectors.places import SocketAddress
from ioc.clock import Clock
from ioc.errors import IocError, NoAnswer, SourceError
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
PAUSE = 0.02
"""seconds between two readings"""
SWEEP = 0.25
"""seconds between two looks for questions whose time is over"""

_timespec = struct.Struct("@qq")
_count = struct.Struct("@I")


class Question(Protocol):
    """One question under way: answered or failed, once.

    `token` is in its datagram and in the answer, `host` is asked, `sent` and `by` are steady times: after `by` no
    answer counts any more (a quarter second more or less).
    """

    token: bytes
    host: str
    sent: float
    by: float

    def answered(self, data: bytes, at: float) -> None:
        """The answer, and the steady time it came."""

    def failed(self, error: IocError) -> None:
        """NoAnswer when none has come in time, SourceError when none can be told."""


class _Awaited:
    """A question for whoever awaits its answer."""

    def __init__(self, token: bytes, host: str, sent: float, by: float) -> None:
        self.token, self.host, self.sent, self.by = token, host, sent, by
        self.answer: asyncio.Future[tuple[bytes, float]] = asyncio.get_running_loop().create_future()

    def answered(self, data: bytes, at: float) -> None:
        if not self.answer.done():
            self.answer.set_result((data, at))

    def failed(self, error: IocError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


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
        self._open: dict[bytes, Question] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._reader: asyncio.TimerHandle | None = None
        self._swept = float("-inf")
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
        question = _Awaited(token, address[0], self._clock.now(), by)
        self.send(question, address, data)
        try:
            return await question.answer
        finally:
            self._open.pop(token, None)

    def send(self, question: Question, address: SocketAddress, data: bytes) -> None:
        """Send a question's datagram; it is told later what came of it. Raises NoAnswer, SourceError: then not."""
        if len(self._open) >= self._room:
            raise SourceError(f"{self._room} questions are open already; probe less often or fewer endpoints")
        _send(self._socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET), data, address)
        self._open[question.token] = question
        if self._reader is None:
            self._reader = asyncio.get_running_loop().call_later(PAUSE, self._look)

    def close(self) -> None:
        """Give the sockets back; open questions end unanswered."""
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None
        for sock in self._sockets.values():
            sock.close()
        self._sockets.clear()
        self._lost.clear()
        self._fail_all(SourceError("stopping"))

    def _socket(self, family: int) -> socket.socket:
        sock = self._sockets.get(family)
        if sock is None:
            sock = self._sockets[family] = open_socket(family)
        return sock

    def port(self, family: int) -> int:
        """Our port, to which answers shall come."""
        return int(self._socket(family).getsockname()[1])

    def _look(self) -> None:
        """Read what has come, end what is over, and look again while there is anything to wait for."""
        self._reader = None
        more = False
        for sock in tuple(self._sockets.values()):
            more |= self._read(sock)
        now = self._clock.now()
        if now - self._swept >= SWEEP:
            self._swept = now
            self._sweep(now)
        if self._open and self._reader is None:
            self._reader = asyncio.get_running_loop().call_later(0 if more else PAUSE, self._look)

    def _read(self, sock: socket.socket) -> bool:
        """Read AT_ONCE datagrams at most; whether there may be more."""
        skew = self._clock.skew()
        receive, deliver = sock.recvmsg, self._deliver
        for _ in range(AT_ONCE):
            try:
                data, stamps, flags, peer = receive(LARGEST, CONTROL)
            except (BlockingIOError, InterruptedError):
                return False
            except OSError:  # an earlier send's error, reported here; the question ends by itself
                continue
            try:
                deliver(data, None if flags & TRUNCATED else stamps, peer[0], skew)
            except Exception as error:  # noqa: BLE001 -- one answer must not cost the others theirs
                context = {"message": f"an answer from {peer[0]} was not taken", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
            if len(stamps) > 1:
                self._count_lost(sock, stamps)
        return True

    def _count_lost(self, sock: socket.socket, stamps: list[tuple[int, int, bytes]]) -> None:
        """The kernel had no room for some datagrams, answers maybe: whoever waits cannot be told silence."""
        lost = _lost(stamps)
        more = (lost - self._lost.get(sock, 0)) % 2**32
        if not more:
            return
        self._lost[sock] = lost
        self._overflowed.n += more
        self._fail_all(
            SourceError(
                "more datagrams come than can be read, so answers are lost; find who floods this machine"
            )
        )

    def _fail_all(self, error: IocError) -> None:
        questions, self._open = self._open, {}
        for question in questions.values():
            question.failed(error)

    def _deliver(
        self, data: bytes, stamps: list[tuple[int, int, bytes]] | None, host: str, skew: float
    ) -> None:
        """Hand a datagram to whoever waits for it; without stamps it was cut off."""
        if stamps is None:
            self._oversized()
        token = self._token_of(data)
        if token is None:
            self._ignored()
            return
        question = self._open.get(token)
        if question is None:
            self._stray()
            return
        if question.host != host:
            self._foreign()
            return
        del self._open[token]
        if stamps is None:
            question.failed(NoAnswer(Reason.WRONG_ANSWER, f"an answer of more than {LARGEST} bytes"))
            return
        now = self._clock.now()
        at = _stamp(stamps, skew)
        if at is None or not question.sent <= at <= now:  # the system clock was set in between
            at = now
        question.answered(data, at)

    def _sweep(self, now: float) -> None:
        over = []
        for question in self._open.values():
            if question.by > now:
                break  # the later ones were asked later; those that end sooner wait for this one
            over.append(question)
        for question in over:
            if self._open.pop(question.token, None) is not None:
                question.failed(NoAnswer(Reason.NO_ANSWER))


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
