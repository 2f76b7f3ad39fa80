"""What is asked of a device, and in which order; whatever part of it fails, the rest is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from collectors.snmp import device, mib
from collectors.snmp.device import Interface
from collectors.snmp.mib import Raw, whole, words
from collectors.snmp.session import Agent
from ioc.clock import Clock
from ioc.errors import NoAnswer
from ioc.model import Reason

ROWS = 4_096
"""rows of a table that are read; what has more does not end"""
AREAS = 256
PROCESSORS = 1_024
TOGETHER = 4
"""interfaces whose values are asked for in one request: some 1,000 bytes of an answer"""


class Flaw(NamedTuple):
    """What could not be read of a device, and why."""

    reason: Reason
    what: str


@dataclass(slots=True)
class Findings:
    """What was read of a device; `sent` and `at` are the steady times of the first request and its answer."""

    sent: float
    at: float
    system: Mapping[str, Raw]
    interfaces: list[Interface] = field(default_factory=list)
    found: int = 0
    """interfaces that are there and wanted, of which `interfaces` are what could be read"""
    areas: dict[str, Mapping[str, Raw]] = field(default_factory=dict)
    loads: Mapping[str, Raw] = field(default_factory=dict)
    flaws: dict[str, Flaw] = field(default_factory=dict)
    """by what was asked for"""


class Poll:
    """One reading of one device; `fits` says which interfaces are wanted, of which at most `most` are read."""

    def __init__(
        self, agent: Agent, clock: Clock, what: Collection[str], fits: Callable[[str], bool], most: int
    ) -> None:
        self._agent = agent
        self._clock = clock
        self._what = what
        self._fits = fits
        self._most = most

    async def begin(self) -> Findings:
        """Ask for the system's own values: what answers that is alive. Raises NoAnswer, SourceError."""
        wanted = [*mib.SYSTEM]
        if "memory" in self._what:
            wanted += mib.MEMORY
        if "cpu" in self._what:
            wanted.append(mib.CPU_IDLE)
        sent = self._clock.now()
        system = await self._agent.get(wanted)
        at = self._clock.now()
        if (
            whole(system.get(mib.UPTIME)) is None
        ):  # some refuse the whole question for one name that they lack
            system = {**system, **await self._agent.get([mib.UPTIME])}
        if whole(system.get(mib.UPTIME)) is None:
            raise NoAnswer(Reason.WRONG_ANSWER, "answers without sysUpTime; may we read all of its tree?")
        return Findings(sent, at, system)

    async def go_on(self, findings: Findings) -> None:
        """Read the tables into the findings; raises SourceError."""
        parts = {"interfaces": self._interfaces, "cpu": self._loads, "storage": self._areas}
        if "memory" in self._what and not whole(findings.system.get(mib.MEMORY_TOTAL)):
            parts["memory"] = self._areas
        for what, read in parts.items():
            if what in self._what and not (read == self._areas and findings.areas):
                try:
                    await read(findings, what)
                except NoAnswer as error:
                    findings.flaws[what] = Flaw(Reason(error.reason), error.detail)

    async def _interfaces(self, findings: Findings, what: str) -> None:
        wanted = [each for each in await self._names(findings, what) if self._fits(each[1])]
        findings.found = len(wanted)
        wanted = wanted[: self._most]
        for start in range(0, len(wanted), TOGETHER):
            await self._read(findings, wanted[start : start + TOGETHER], what)

    async def _names(self, findings: Findings, what: str) -> Sequence[tuple[str, str]]:
        """Index and name of every interface, no name twice."""
        rows = await self._column(findings, mib.IF_NAME, ROWS, what)
        if not rows:
            rows = await self._column(findings, mib.IF_DESCRIPTION, ROWS, what)
        named: dict[str, str] = {}
        for index, raw in rows.items():
            name = words(raw) or index
            named.setdefault(name if name not in named else f"{name}#{index}", index)
        return [(index, name) for name, index in named.items()]

    async def _read(self, findings: Findings, wanted: Sequence[tuple[str, str]], what: str) -> None:
        values = await self._values([index for index, _ in wanted], mib.INTERFACE)
        if mib.UPTIME not in values and len(wanted) > 1:  # too much at once for this agent
            for each in wanted:
                await self._read(findings, [each], what)
            return
        narrow = [index for index, _ in wanted if not _is_wide(index, values)]
        if narrow:
            values = {**values, **await self._values(narrow, mib.NARROW)}
        at, run = self._clock.now(), device.run(findings.system)
        read = [device.interface(index, name, at, run, values) for index, name in wanted]
        findings.interfaces += [each for each in read if each is not None]
        if None in read:
            missing = Flaw(Reason.WRONG_ANSWER, f"no status of {wanted[read.index(None)][1]}")
            findings.flaws.setdefault(what, missing)

    async def _values(self, indexes: Sequence[str], columns: Sequence[str]) -> Mapping[str, Raw]:
        names = [f"{column}.{index}" for index in indexes for column in columns]
        return await self._agent.get([mib.UPTIME, *names])

    async def _loads(self, findings: Findings, what: str) -> None:
        findings.loads = await self._column(findings, mib.PROCESSOR_LOAD, PROCESSORS, what)

    async def _areas(self, findings: Findings, what: str) -> None:
        for column in mib.STORAGE:
            findings.areas[column] = await self._column(findings, column, AREAS, what)

    async def _column(self, findings: Findings, oid: str, most: int, what: str) -> Mapping[str, Raw]:
        rows, flaw = await self._agent.column(oid, most)
        if flaw:
            findings.flaws[what] = Flaw(Reason.WRONG_ANSWER, flaw)
        return rows


def _is_wide(index: str, values: Mapping[str, Raw]) -> bool:
    """Whether the interface of an index told counters of 64 bits and its speed in megabits."""
    speed = whole(values.get(f"{mib.IF_HIGH_SPEED}.{index}"))
    return bool(speed) and f"{mib.IF_WIDE_IN}.{index}" in values and f"{mib.IF_WIDE_OUT}.{index}" in values
