"""How long from the start of the service's process to its first probe on the wire."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from benchmarks.kit import province
from benchmarks.kit.figures import percentile
from benchmarks.kit.points import Points, tags
from benchmarks.kit.result import Result, main, progress
from benchmarks.kit.stand import Stand, now
from benchmarks.kit.systems import LISTEN
from ioc.clock import Clock
from ioc.demo.child import allow_descriptors
from ioc.demo.province import Thing
from ioc.errors import IocError
from ioc.history import marker
from ioc.store.line import Lines
from ioc.store.record import blocks
from ioc.store.spool import Spool

NOWHERE = "http://127.0.0.1:19086"
"""an InfluxDB that is away: the connection is refused"""
ENDPOINTS = 600
PROBE = {"source": "sip", "transport": "udp", "every": "10s", "timeout": "900ms"}
FULL, QUICK = (10, 24.0), (1, 0.1)
"""starts, and hours of history that wait in the spool"""
A_SECOND = 60
SPOOL = 1 << 30
PATIENCE = 30.0
UNEQUAL = """
the clock runs from before the process is forked to the datagram's arrival; it is one clock for both processes
InfluxDB is configured and away, so all that waits stays for the next start; a thread imports its client
the files are warm in the page cache, compiled modules too, as on every start but the first after a boot
nothing answers the probes; the endpoints are 600 addresses of this machine
the first start, which makes the state file, is not counted: first_ms
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """600 endpoints by SIP/UDP, InfluxDB configured, a day of history in the spool."""
    starts, hours = QUICK if quick else FULL
    os.environ.setdefault("IOC_BENCH_TOKEN", "none")
    things = province.things(ENDPOINTS, "sip-udp")
    async with Stand(things) as stand:
        where = stand.folder / "ioc"
        province.directory(where, things, LISTEN, PROBE, None, NOWHERE)
        waiting = await asyncio.to_thread(_backlog, where / "state" / "spool", hours)
        progress(f"{waiting} lines wait in the spool")
        with _Ears(things) as ears:
            taken = [await _start(stand.folder, where, ears) for _ in range(1 + starts)]
    first, *counted = (each * 1e3 for each in taken)
    return Result(
        what=f"start to first probe, {ENDPOINTS} endpoints, {waiting:,} lines in the spool",
        ours={
            "start_p50_ms": round(percentile(counted, 0.5)),
            "start_max_ms": round(max(counted)),
            "first_ms": round(first),
            "starts": starts,
            "waiting": waiting,
        },
        targets={"start_max_ms": 2_000},
        unequal=UNEQUAL,
        peers={},
    )


def _backlog(directory: Path, hours: float) -> int:
    """Lines of so many hours up to now, as a service without its InfluxDB would have left them."""
    points, lines, begin = Points(ENDPOINTS), Lines(tags), Clock().now() - hours * 3_600
    spool = Spool(directory, SPOOL, marker("influx"))
    for minute in range(round(hours * 60)):
        made = [
            line
            for second in range(60)
            for line in lines.encode(points.some(A_SECOND, begin + minute * 60 + second), 0.0)[0]
        ]
        spool.append(list(blocks(made)))
    waiting = spool.waiting
    spool.close()
    return waiting


async def _start(folder: Path, where: Path, ears: _Ears) -> float:
    """Seconds from before the start of a service to its first datagram; raises IocError when none comes."""
    first = ears.listen()
    with (folder / "service.log").open("ab") as log:
        begin = now()
        service = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ioc", "run", str(where)), stdout=log, stderr=log
        )
    try:
        return await asyncio.wait_for(first, PATIENCE) - begin
    except TimeoutError:
        raise IocError(f"no probe within {PATIENCE:g} s; see {folder / 'service.log'}") from None
    finally:
        service.terminate()
        await service.wait()


class _Ears:
    """The endpoints' sockets: they note when the first datagram came, and answer nothing."""

    def __init__(self, things: Sequence[Thing]) -> None:
        allow_descriptors(len(things) + 512)
        self._loop = asyncio.get_running_loop()
        self._first: asyncio.Future[float] = self._loop.create_future()
        self._sockets = [self._socket((each.address, each.port)) for each in things]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            self._loop.remove_reader(each)
            each.close()

    def listen(self) -> asyncio.Future[float]:
        """When the next datagram comes, those that came before forgotten."""
        for each in self._sockets:
            _drain(each)
        self._first = self._loop.create_future()
        return self._first

    def _socket(self, address: tuple[str, int]) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.bind(address)
        self._loop.add_reader(made, self._hear, made)
        return made

    def _hear(self, ear: socket.socket) -> None:
        at = now()
        _drain(ear)
        if not self._first.done():
            self._first.set_result(at)


def _drain(ear: socket.socket) -> None:
    with suppress(BlockingIOError):
        while True:
            ear.recv(65_535)


if __name__ == "__main__":
    main("start", measure)
