"""Faults, acknowledgements, closes by hand, silences, kills in any order: nobody told in vain, nothing lost."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.notification import Notification
from ioc.errors import Refused
from tests.alerts.duty import Office

WAKES = {"escalated", "reminder"}
"""what nobody is told while somebody has it in hand, but whoever has it"""
TOLD_TO = {"opened", "reopened", "raised", "grew", "flapping", "escalated", "unacknowledged"}
TWO_HOURS = 7200.0

ACTS = st.tuples(
    st.sampled_from(["down", "down", "up", "acknowledge", "close", "kill", "silence", "speak"]),
    st.sampled_from([0.0, 1.0, 60.0, 400.0, 900.0, 2000.0, 5400.0, 7200.0]),
)


class Play:
    """One incident's root with all that may befall it; checks every message as it comes."""

    def __init__(self, path: Path) -> None:
        self.silent = False
        self.acknowledged: float | None = None
        self.office = Office(path, silenced=self._silenced)
        self.open: dict[str, set[str]] = defaultdict(set)

    def _silenced(self, labels: Mapping[str, str]) -> str:
        return "s1" if self.silent else ""

    async def do(self, act: str | float) -> None:
        world = self.office.world
        if isinstance(act, float):
            await world.go(act)
        elif act in ("down", "up"):
            world.put("mcu", act)
            await world.go(0)
        elif act == "kill":
            await self._kill()
        elif act in ("silence", "speak"):
            self.silent = act == "silence"
            world.engine.silences_changed()
            await world.go(0)
        else:
            await self._ask(act)
        self.check()

    async def _kill(self) -> None:
        state = (self.office.world.picture.get("endpoint/mcu") or {}).get("state", "up")
        await self.office.restart()
        self.office.world.put("mcu", state)
        await self.office.world.go(0)

    async def _ask(self, act: str) -> None:
        engine = self.office.world.engine
        for number in self.office.world.open():
            try:
                if act == "acknowledge":
                    await engine.acknowledge(number, "an", "")
                    self.acknowledged = self.office.world.clock.at
                else:
                    await engine.close_incident(number, "đã biết", "hai")
            except Refused:
                continue
        await self.office.world.go(0)

    def check(self) -> None:
        world = self.office.world
        for each in self._arrived():
            self._message(each)
        for number in world.open():
            self._one_next(world.incident(number))

    def _arrived(self) -> list[Notification]:
        every = sorted(
            (each for line in self.office.lines.values() for each in line.got), key=lambda one: one.id
        )
        for line in self.office.lines.values():
            line.got.clear()
        return every

    def _message(self, each: Notification) -> None:
        party, key = each.target.party, str(each.incident)
        if each.status == "resolved":
            assert party in self.open[key], f"{party} is told the end of what they never heard of"
            self.open[key].discard(party)
            return
        if each.kind in TOLD_TO:
            self.open[key].add(party)
        if each.kind in WAKES and each.because != "acknowledgement":
            at = self.office.world.clock.at if self.acknowledged is None else self.acknowledged
            has_it = self.acknowledged is not None and at <= each.at < at + TWO_HOURS and self._same(each)
            assert not has_it, f"{each.kind} though somebody has had it in hand since {at}"

    def _same(self, each: Notification) -> bool:
        known = self.office.world.picture.get(f"incident/{each.incident}")
        return bool(known and known["acknowledged"])

    def _one_next(self, shown: Mapping[str, Any]) -> None:
        """An open incident that is told has something that comes by itself, or is over its rounds, or in hand."""
        due = shown["next_at"]
        if shown["silenced_by"] or shown["flapping"]:
            return
        assert due is not None, f"nothing comes next of {shown}"

    async def end(self) -> None:
        """All is well and nobody asks for silence: whoever was told is told the end."""
        await self.do("speak")
        await self.do("up")
        await self.do(2400.0)
        assert self.office.world.open() == []
        assert not any(self.open.values()), f"left with an open page: {dict(self.open)}"
        await self.office.world.stop()


async def play(path: Path, acts: list[tuple[str, float]]) -> None:
    stage = Play(path)
    await stage.do("down")
    for act, pause in acts:
        await stage.do(act)
        await stage.do(pause)
    await stage.end()


@settings(max_examples=25, deadline=None)
@given(st.lists(ACTS, max_size=15))
def test_nobody_is_told_in_vain_and_nothing_is_lost(acts: list[tuple[str, float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), acts))
