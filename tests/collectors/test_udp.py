"""The shared UDP socket: stamps, bounds, and a clock that jumps."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Iterator

import pytest
import uvloop

from collectors.udp import CONTROL, SO_TIMESTAMPNS, Asker, _stamp, open_socket
from ioc.clock import Clock
from ioc.errors import NoAnswer, SourceError
from ioc.telemetry import Telemetry
from tests.fakes import HandClock


def asker(clock: Clock, room: int = 100) -> Asker:
    return Asker(clock, Telemetry(), "test", lambda data: data[:4], room)


def stamped(at: float) -> list[tuple[int, int, bytes]]:
    return [(socket.SOL_SOCKET, SO_TIMESTAMPNS, struct.pack("@qq", int(at), int(at % 1 * 1e9)))]


@pytest.fixture
def stamping() -> Iterator[None]:
    """A kernel that stamps: it begins to a moment after the first socket of this machine has asked for it."""
    with open_socket(socket.AF_INET) as sock:
        us = ("127.0.0.1", sock.getsockname()[1])
        for _ in range(1_000):
            sock.sendto(b"x", us)
            came = time.time()
            time.sleep(0.005)
            at = _stamp(sock.recvmsg(1, CONTROL)[1], 0.0)
            if at is not None and at < came + 0.004:
                break
        else:
            pytest.fail("the kernel stamps no datagram when it comes")
        yield


@pytest.mark.usefixtures("stamping")
@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
def test_the_kernel_stamps_on_either_loop(runner: object) -> None:
    async def ask() -> None:
        clock = Clock()
        here = asker(clock)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
            host.bind(("127.0.0.1", 0))
            sent = clock.now()
            asked = asyncio.create_task(here.ask(b"tok1", host.getsockname(), b"tok1?", sent + 5))
            await asyncio.sleep(0)
            data, peer = host.recvfrom(100)
            host.sendto(data.replace(b"?", b"!"), ("127.0.0.1", peer[1]))
            answered = clock.now()
            answer, at = await asked
        assert answer == b"tok1!"
        assert sent < at <= answered + 0.001
        here.close()

    runner(ask())  # type: ignore[operator]


async def asked_at(clock: HandClock, stamps: list[tuple[int, int, bytes]], skew: float) -> float:
    here = asker(clock)
    asked = asyncio.create_task(here.ask(b"tok1", ("127.0.0.1", 9), b"", clock.at + 5))
    await asyncio.sleep(0)
    clock.at += 1.0
    here._deliver(b"tok1", stamps, "127.0.0.1", skew)
    _, at = await asked
    here.close()
    return at


async def test_a_stamp_is_civil_time_and_becomes_steady() -> None:
    clock = HandClock(1000.0)
    assert await asked_at(clock, stamped(3600.0 + 1000.25), 3600.0) == pytest.approx(1000.25)


@pytest.mark.parametrize("jumped", [-3600.0, 3600.0])
async def test_a_system_clock_that_jumped_is_not_believed(jumped: float) -> None:
    assert await asked_at(HandClock(1000.0), stamped(1000.25 + jumped), 0.0) == 1001.0


async def test_without_a_stamp_we_stamp() -> None:
    assert await asked_at(HandClock(1000.0), [], 0.0) == 1001.0


async def test_open_questions_are_bounded() -> None:
    here = asker(HandClock(), room=1)
    first = asyncio.create_task(here.ask(b"tok1", ("127.0.0.1", 9), b"", 2e9))
    await asyncio.sleep(0)
    with pytest.raises(SourceError, match="1 questions are open already"):
        await here.ask(b"tok2", ("127.0.0.1", 9), b"", 2e9)
    here.close()
    with pytest.raises(SourceError):
        await first


async def test_a_cancelled_question_is_forgotten() -> None:
    here = asker(HandClock())
    asked = asyncio.create_task(here.ask(b"tok1", ("127.0.0.1", 9), b"", 2e9))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not here._open
    here._deliver(b"tok1", [], "127.0.0.1", 0.0)
    here.close()


async def test_questions_end_at_their_time() -> None:
    clock = HandClock()
    here = asker(clock)
    asked = asyncio.create_task(here.ask(b"tok1", ("127.0.0.1", 9), b"", clock.at + 5))
    await asyncio.sleep(0)
    here._sweep(clock.at)
    assert not asked.done()
    clock.at += 5
    here._sweep(clock.at)
    with pytest.raises(NoAnswer):
        await asked
    here.close()


async def test_what_cannot_be_sent_is_our_fault() -> None:
    here = asker(HandClock())
    with pytest.raises(SourceError, match="cannot send to"):
        await here.ask(b"tok1", ("127.0.0.1", 9), b"x" * 70_000, 2e9)
    assert not here._open
    here.close()


async def test_what_the_kernel_had_no_room_for_is_counted_and_no_silence() -> None:
    telemetry, clock = Telemetry(), Clock()
    here = Asker(clock, telemetry, "test", lambda data: data[:4])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        host.bind(("127.0.0.1", 0))
        asked = asyncio.create_task(here.ask(b"tok1", host.getsockname(), b"", clock.now() + 60))
        await asyncio.sleep(0)
        ours = ("127.0.0.1", here.port(socket.AF_INET))
        here._sockets[socket.AF_INET].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(1_000):
            host.sendto(b"noise" * 100, ours)  # the loop has no turn meanwhile: most find the buffer full
        async with asyncio.timeout(10):
            while not asked.done():
                host.sendto(b"noise", ours)
                await asyncio.sleep(0.01)
        with pytest.raises(SourceError, match="more datagrams come than can be read"):
            await asked
        assert telemetry.count("ioc_datagrams_lost", source="test") > 500
    here.close()
