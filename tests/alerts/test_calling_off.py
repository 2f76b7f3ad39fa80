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
                asyncio.get_running_loop().call_soon(self._next)

        self._ledger.write(writes, confirmed)


def away(notification: object) -> None:
    raise Undeliverable("no network", permanent=False)


def well(notification: object) -> None:
    return


async def taken_in_hand_and_killed(tmp_path: Path) -> Office:
    """Bình was owed that nobody has it yet; An took it, and the service was killed at once and started again."""
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
    return office


async def test_a_kill_right_after_the_answer_wakes_nobody(tmp_path: Path) -> None:
    office = await taken_in_hand_and_killed(tmp_path)
    await office.world.go(30 * MIN)
    assert office.got() == []
    rows = office.world.ledger.read("SELECT state, answer FROM deliveries WHERE kind = 'escalated'")
    assert rows == [("withdrawn", "somebody has it in hand")]
    await office.world.stop()


async def test_whoever_never_heard_of_it_is_not_told_its_end_after_such_a_kill(tmp_path: Path) -> None:
    office = await taken_in_hand_and_killed(tmp_path)
    office.world.put("mcu", "up")
    await office.world.go(3 * MIN)
    assert office.got() == [("closed", "desk"), ("closed", "an")]
    await office.world.stop()
