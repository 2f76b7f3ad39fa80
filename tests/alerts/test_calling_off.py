"""What an acknowledgement calls off stays called off, whenever the service is killed after its answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ioc.errors import NotCommitted, Undeliverable
from ioc.state.ledger import Ledger, Write
from ioc.telemetry import Telemetry
from tests.alerts.duty import Office

MIN = 60.0
Then = Callable[[int, NotCommitted | None], None]


class OneByOne:
    """A state file that writes one call at a time; what was not confirmed when it is killed is lost."""

    def __init__(self, path: Path) -> None:
        self._ledger = Ledger.open(path / "state.db", telemetry=Telemetry(), synchronous="OFF")
        self._calls: deque[tuple[Sequence[Write], Then]] = deque()
        self._writing = False
        self._killed = False
        self.read = self._ledger.read
        self.close = self._ledger.close

    def write(self, writes: Sequence[Write], then: Then) -> None:
        self._calls.append((writes, then))
        asyncio.get_running_loop().call_soon(self._next)  # as a disk, never in the same step

    def kill(self) -> None:
        """Take no more."""
        self._killed = True
        self._calls.clear()

    async def drained(self) -> None:
        while self._calls or self._writing:
            await self._ledger.drained()
            await asyncio.sleep(0)

    def _next(self) -> None:
        if self._writing or self._killed or not self._calls:
            return
        writes, then = self._calls.popleft()
        self._writing = True

        def confirmed(number: int, fault: NotCommitted | None) -> None:
            self._writing = False
            if not self._killed:
                then(number, fault)
                self._next()

        self._ledger.write(writes, confirmed)


def away(notification: object) -> None:
    raise Undeliverable("no network", permanent=False)


def well(notification: object) -> None:
    return


async def test_a_kill_right_after_the_answer_wakes_nobody(tmp_path: Path) -> None:
    ledger: Any = OneByOne(tmp_path)
    office = Office(tmp_path, ledger=ledger)
    office.world.put("mcu", "down")
    await office.world.go(0)
    for name in ("sms", "mail"):
        office.lines[name].fail = away
    office.news()
    await office.world.go(10 * MIN)
    await office.world.engine.acknowledge(1, "An", "tôi lo")
    ledger.kill()
    del office.more["ledger"]
    for name in ("sms", "mail"):
        office.lines[name].fail = well
    await office.restart(after=1)
    office.world.put("mcu", "down")
    await office.world.go(30 * MIN)
    assert [each.kind for each in office.lines["sms"].got + office.lines["mail"].got] == []
    rows = office.world.ledger.read("SELECT state, answer FROM deliveries WHERE kind = 'escalated'")
    assert rows == [("withdrawn", "somebody has it in hand")]
    await office.world.stop()
