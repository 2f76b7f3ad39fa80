"""The dead man's switch: called while all is well, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from alerts.reception import Ring
from alerts.watchdog import Watchdog
from ioc.clock import Clock
from ioc.others import Switch
from ioc.picture import Picture
from ioc.state.ledger import Ledger, Write
from ioc.telemetry import Telemetry
from ioc.timers import Heap
from tests.fakes import HandClock


class Rings:
    """Timers that a test rings."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self._heap: Heap[str] = Heap()
        self._ring: Ring = lambda key, now: None

    def made(self, clock: Clock, ring: Ring) -> Rings:
        self._ring = ring
        return self

    def set(self, key: str, at: float) -> None:
        self._heap.set(key, at)

    def cancel(self, key: str) -> None:
        self._heap.cancel(key)

    def stop(self) -> None:
        self._heap = Heap()

    def ring(self) -> int:
        """Ring what is due by now: how many."""
        keys = self._heap.due(self.clock.at)
        for key in keys:
            self._ring(key, self.clock.at)
        return len(keys)


class Stuck:
    """A state file that takes nothing, ever."""

    def commit(self, *writes: Write) -> asyncio.Future[int]:
        return asyncio.get_running_loop().create_future()


class Keeper:
    """A switch of somebody else's, the watchdog that calls it, and what is shown of both."""

    def __init__(self, ledger: Ledger | Stuck, url: str, checks: list[Callable[[], str]]) -> None:
        self.clock = HandClock()
        self.rings = Rings(self.clock)
        self.picture = Picture("t", lambda see, error: None)
        self.telemetry = Telemetry()
        self.dog = Watchdog(
            self.clock, self.picture, ledger, Switch(url, 60.0, 0.2), self.telemetry, checks, self.rings.made
        )

    async def round(self, late: float = 0.0) -> None:
        """One call, begun so many seconds late."""
        self.clock.at += late
        assert self.rings.ring() == 1
        if self.dog._round is not None:
            await self.dog._round
        self.clock.at += 60.0 - late

    @property
    def state(self) -> tuple[str, str]:
        shown = self.picture.get("self/watchdog") or {}
        return shown["state"], shown["detail"]


@pytest.fixture
async def switch() -> AsyncIterator[list[int]]:
    """What a switch answers, in order, then 200; index 0 is its port."""
    answers: list[int] = []

    async def take(request: web.Request) -> web.Response:
        status = answers.pop(1) if len(answers) > 1 else 200
        if status == 0:
            await asyncio.Event().wait()
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/ping", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    answers.append(runner.addresses[0][1])
    yield answers
    await runner.cleanup()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = Ledger.open(tmp_path / "state.db", telemetry=Telemetry(), synchronous="OFF")
    yield ledger
    await ledger.close()


async def test_each_round_is_a_call_after_a_write(switch: list[int], ledger: Ledger) -> None:
    keeper = Keeper(ledger, f"http://127.0.0.1:{switch[0]}/ping", [])
    keeper.dog.start()
    assert keeper.state == ("waiting", "")
    for _ in range(3):
        await keeper.round()
    assert keeper.state == ("ok", "")
    assert keeper.telemetry.count("ioc_watchdog_calls") == 3
    assert ledger.read("SELECT name FROM heartbeats") == [(".watchdog",)]
    await keeper.dog.close()


@pytest.mark.parametrize(
    ("status", "says"), [(500, "it answered 500"), (302, "it answered 302"), (0, "no answer within 0.2 s")]
)
async def test_a_switch_that_does_not_take_it(
    switch: list[int], ledger: Ledger, status: int, says: str
) -> None:
    switch.append(status)
    keeper = Keeper(ledger, f"http://127.0.0.1:{switch[0]}/ping", [])
    keeper.dog.start()
    await keeper.round()
    assert keeper.state == ("failing", says)
    assert keeper.telemetry.count("ioc_watchdog_failures") == 1
    await keeper.round()
    assert keeper.state == ("ok", "")
    await keeper.dog.close()


async def test_nobody_there(ledger: Ledger) -> None:
    keeper = Keeper(ledger, "http://127.0.0.1:9/ping", [])
    keeper.dog.start()
    await keeper.round()
    assert keeper.state[0] == "failing"
    assert keeper.state[1].startswith("ClientConnectorError: ")
    await keeper.dog.close()


async def test_a_state_file_that_takes_nothing_silences_us(
    switch: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.watchdog.LATEST", 0.05)
    keeper = Keeper(Stuck(), f"http://127.0.0.1:{switch[0]}/ping", [])
    keeper.dog.start()
    await keeper.round()
    assert keeper.state == ("withheld", "the state file took no write within 0.05 s")
    assert keeper.telemetry.count("ioc_watchdog_calls") == 0
    await keeper.dog.close()


async def test_a_loop_that_hangs_and_a_check_that_fails_silence_us(switch: list[int], ledger: Ledger) -> None:
    wrong = [""]
    keeper = Keeper(ledger, f"http://127.0.0.1:{switch[0]}/ping", [lambda: wrong[0]])
    keeper.dog.start()
    await keeper.round(late=6.0)
    assert keeper.state == ("withheld", "this round began 6.0 s late")
    wrong[0] = "no probe for 60 s"
    await keeper.round()
    assert keeper.state == ("withheld", "no probe for 60 s")
    wrong[0] = ""
    await keeper.round()
    assert keeper.state == ("ok", "")
    assert keeper.telemetry.count("ioc_watchdog_withheld") == 2
    await keeper.dog.close()


async def test_another_switch_is_called_at_once_and_none_not(switch: list[int], ledger: Ledger) -> None:
    keeper = Keeper(ledger, "http://127.0.0.1:9/ping", [])
    keeper.dog.start()
    await keeper.round()
    keeper.dog.apply(Switch(f"http://127.0.0.1:{switch[0]}/ping"))
    await keeper.round()
    assert keeper.state == ("ok", "")
    keeper.dog.apply(None)
    keeper.clock.at += 600
    assert keeper.rings.ring() == 0
    assert keeper.picture.get("self/watchdog") is None
    await keeper.dog.close()
