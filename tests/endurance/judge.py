"""Runs lives of the service, ends them, and holds each of them against the truth."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from ioc.clock import Clock
from tests.endurance.audit import EVERYBODY, Audit, whoever_heard
from tests.endurance.house import Gone, House
from tests.endurance.household import CHAIN, HOOK
from tests.endurance.post import CHANNELS, Message
from tests.endurance.promises import Promises

ROUND = 25
"""faults that are healed together"""
YOUNG = 0.3
"""the part of lives that may end before they listen, or by what the life before left owed"""
SEEN_WITHIN = 20.0
"""seconds after a start in which every state must be true again"""
TOLD_WITHIN = 120.0
"""seconds in which what is awaited must have come: the first retries wait 1, 2, 4… seconds, a recovery 20"""
ALIVE_WITHIN = 2.0
"""seconds from a start on a core of its own until it probes again, every rule evaluated"""


class Judge:
    """Ends lives; `after_kill` is what else happens then, as a power cut."""

    def __init__(self, house: House, after_kill: Callable[[], None] = lambda: None) -> None:
        self.house = house
        self.post = house.post
        self.rooms = house.rooms
        self.promises = Promises(house)
        self.chance = random.Random(int(os.environ.get("IOC_SEED", "20261124")))
        self.killed: Counter[str] = Counter()
        self.seen_after: list[float] = []
        self.audited = 0
        """rows of the ledger when it was last looked through"""
        self._clock = Clock()
        self._after_kill = after_kill
        self._since: dict[str, float] = {}
        self.incidents: dict[str, int] = {}
        """by subject, as the service numbered them"""
        self._unheard: set[str] = set()
        """rooms whose silence began before they failed, and holds"""
        self.highest = 0
        """the number of the newest incident"""
        self._fresh = iter(house.rooms.quiet)

    async def run(self, kills: int, *, heal: bool) -> None:
        """So many kills, faults healed in rounds; everything told at the end."""
        while self.killed.total() < kills:
            await self.life()
            if heal and len(self.rooms.silent) >= ROUND:
                await self.heal(killing=self.killed.total() < kills)
        if heal:
            await self.heal(killing=False)
        else:
            await self.calm(self.all_opened)

    async def life(self) -> None:
        """One more, ended by a channel's end as often as at any moment."""
        ends = {channel: self.killed[channel] for channel in CHANNELS}
        if sum(ends.values()) > self.killed["moment"]:
            await self.life_ended_at_random()
            return
        channel = min(CHANNELS, key=lambda each: ends[each])
        await self.life_ended_by(channel, young=self.chance.random() < YOUNG)

    async def life_ended_at_random(self) -> None:
        """A fault, people who do things, and a kill at any moment from before the service listens to after the page."""
        self.post.refusing = self.chance.choice(("", "", *CHANNELS))
        await self.house.spawn()
        self._fail(next(self._fresh))
        deeds = asyncio.create_task(self._deeds())
        if self.chance.random() < YOUNG:
            await asyncio.sleep(self.chance.uniform(0.0, 2.0))
        else:
            await self.house.listens.wait()
            await asyncio.sleep(self.chance.uniform(0.0, 4.0))
        self.house.kill()
        await self._buried("moment")
        await deeds

    async def life_ended_by(self, channel: str, *, young: bool, kind: str = "") -> None:
        """A fault, and a kill by the next message on a channel; `young`: perhaps by what the last life left owed."""
        self.post.refusing = self.chance.choice(("", *(each for each in CHANNELS if each != channel)))
        deadly = self._deadly(channel, kind)
        if young:
            self.post.deadly = deadly
            await self.house.spawn()
        else:
            await self._live()
            if not kind:
                await self._deeds()
            self.post.deadly = deadly
        if not kind:
            self._fail(next(self._fresh))
        async with asyncio.timeout(TOLD_WITHIN):
            await self._buried(channel)
        self.post.deadly = lambda message: False

    async def heal(self, *, killing: bool) -> None:
        """Half of the silences end, all rooms answer again; kills by the news of that, then calm until all is told."""
        await self.calm(self.all_opened, then=self._end_silences)
        await self.calm(self.all_opened)
        self.rooms.heal()
        for channel in CHANNELS if killing else ():
            await self.life_ended_by(channel, young=False, kind="closed")
        await self.calm(self.all_closed)
        self._lost_nobody()

    async def calm(self, done: Callable[[], bool], then: Callable[[], Any] | None = None) -> None:
        """A life that nobody ends until something is so; then one more kill, uncounted."""
        self.post.refusing = ""
        await self._live()
        async with asyncio.timeout(TOLD_WITHIN):
            while not done():
                self.house.came.clear()
                await self.house.came.wait()
                self._no_fault()
        await self._audit()
        if then is not None:
            await then()
        self.house.kill()
        await self.house.ended()
        self._after_kill()

    # --- what is awaited ---

    def all_opened(self) -> bool:
        """Whether everybody was told of every room that fell silent, but for what was silenced or taken in hand."""
        heard = whoever_heard(self.post.messages)
        taken = set(self.promises.subjects.values()) | self.promises.silenced.keys()
        for subject in self.rooms.once_silent - self._unheard:
            wanted = {HOOK} if subject in taken else EVERYBODY
            if not heard[subject] >= wanted:
                return False
        return True

    def all_closed(self) -> bool:
        """Whether whoever was told that something is wrong was told its end."""
        heard = whoever_heard(self.post.messages)
        ended = {party: self.post.told("closed", party) for party in EVERYBODY}
        return all(subject in ended[party] for subject, parties in heard.items() for party in parties)

    # --- a life ---

    async def _live(self) -> None:
        """Start the service and see that what it says is so."""
        await self.house.spawn()
        await self.house.ready()
        began = self._clock.now()
        await self._incidents_are_known()
        await self.promises.kept()
        async with asyncio.timeout(SEEN_WITHIN):
            while self._wrong(await self.house.get("/api/v1/picture?prefix=endpoint/room-")):
                await asyncio.sleep(0.05)
        self.seen_after.append(self._clock.now() - began)

    async def _deeds(self) -> None:
        """What people do: take something in hand, silence a room that is going to fail."""
        with suppress(Gone):
            if not self.house.listens.is_set():
                await self.house.ready()
            if self.chance.random() < 0.5 and (chosen := await self._unhandled()):
                await self.promises.acknowledge(chosen["id"], chosen["root"])
            if self.chance.random() < 0.2 and (chosen := await self._unhandled()):
                await self.promises.silence(chosen["root"])
            if self.chance.random() < 0.3:
                subject = next(self._fresh)
                await self.promises.silence(subject)
                self._unheard.add(subject)
                self._fail(subject)

    async def _unhandled(self) -> dict[str, Any]:
        """An incident that is neither taken in hand nor silenced; empty when there is none."""
        known = (await self.house.get("/api/v1/incidents?status=open"))["incidents"]
        free = [each for each in known if each["root"] in self.rooms.silent]
        free = [each for each in free if not each["acknowledged"] and not each["silenced"]]
        return self.chance.choice(free) if free else {}

    async def _end_silences(self) -> None:
        for subject in sorted(self.promises.silenced.keys() & self.rooms.silent)[::2]:
            await self.promises.end(subject)
            self._unheard.discard(subject)

    async def _incidents_are_known(self) -> None:
        """What an end has answered for is in the very first answer of a new life, under the number it had."""
        known = {each["root"]: each for each in (await self.house.get("/api/v1/incidents"))["incidents"]}
        for subject, number in self.incidents.items():
            if subject in known:
                assert known[subject]["id"] == number, f"{subject} has another incident: {known[subject]}"
        told = self.post.told("opened", HOOK) & self.rooms.silent
        lost = {each for each in told if each not in known or known[each]["status"] != "open"}
        assert not lost, f"incidents of {lost} are lost"
        rooms = {subject: each["id"] for subject, each in known.items() if subject.startswith("room")}
        self.incidents |= rooms
        self.highest = max([self.highest, *(each["id"] for each in known.values())])

    def _wrong(self, said: dict[str, Any]) -> list[str]:
        """What the picture says that is not so; rooms that were healed may still be recovering."""
        wrong = []
        for key, value in said["picture"].items():
            room = key.removeprefix("endpoint/")
            if room in self.rooms.silent:
                if value["state"] != "down":
                    wrong.append(f"{room} is {value['state']}")
                else:
                    since = self._since.setdefault(room, value["since"])
                    assert abs(value["since"] - since) < 1.0, f"{room} is down since another moment"
            elif room not in self.rooms.once_silent and value["state"] != "up":
                wrong.append(f"{room} is {value['state']}")
        return wrong

    # --- its end ---

    def _fail(self, room: str) -> None:
        self.rooms.silence(room)

    def _deadly(self, channel: str, kind: str) -> Callable[[Message], bool]:
        return lambda said: said.channel == channel and kind in ("", said.kind)

    async def _buried(self, by: str) -> None:
        await self.house.ended()
        self.killed[by] += 1
        self._after_kill()
        self._no_fault()

    def _no_fault(self) -> None:
        said = {each.subject for each in self.post.messages} & self._unheard
        assert not said, f"told although silenced: {said}"
        assert not self.post.faults, _listed(self.post.faults)

    async def _audit(self) -> None:
        """Everything that arrived, against the delivery ledger."""
        audit = Audit(await self.house.deliveries(), self.post.messages)
        faults = [*audit.faults(), *audit.woken_after(self.promises.acknowledged)]
        silenced = {
            self.incidents[subject]: at
            for subject, at in self.promises.silenced_at.items()
            if subject in self.promises.silenced and subject in self.incidents
        }
        faults += audit.told_while_silent(silenced)
        assert not faults, _listed(faults)
        self._chains_are_whole(audit)
        self.audited = len(audit.rows)

    def _chains_are_whole(self, audit: Audit) -> None:
        """Every step of a chain that nobody stopped was told."""
        free = self.rooms.silent - self.promises.silenced.keys() - set(self.promises.subjects.values())
        for subject in free & self.incidents.keys():
            missing = set(CHAIN) - audit.chain_of(self.incidents[subject])
            assert not missing, f"nobody was told of {subject}: {missing}"

    def _lost_nobody(self) -> None:
        """Each fault is one incident, each incident one fault."""
        assert len(set(self.incidents.values())) == len(self.incidents)
        opened = self.post.told("opened", HOOK)
        wanted = self.rooms.once_silent - self._unheard
        assert opened == wanted, f"told and nothing was wrong, or the other way round: {opened ^ wanted}"


def _listed(faults: Iterable[str]) -> str:
    return "\n".join(faults)
