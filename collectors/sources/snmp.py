"""SNMP v2c and v3 by gufo-snmp: a device's uptime, processor, memory, storage and interfaces.

Its role is SERVICE: who answers is reachable, but an agent that is silent is no device that is down; ask by ICMP, TCP
or SIP beside it. What a part of the device did not tell makes the endpoint degraded, with the reason, and leaves out
those fields alone.
"""

from __future__ import annotations

import asyncio
from fnmatch import fnmatchcase
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from collectors.base import Surroundings
from collectors.places import Places
from collectors.snmp.agents import Agents
from collectors.snmp.poll import Findings, Flaw, Poll
from collectors.snmp.rates import Lack
from collectors.snmp.report import FIELDS, INTERFACE, STORAGE, Memory, Report, report
from collectors.snmp.session import MISSING, NO_SECRET, TRIES, Agent, Credentials, installed
from ioc import schema
from ioc.errors import NoAnswer
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Role, Sample, Verdict

SNMP_PORT = 161
SHARE = 0.9
"""of a probe's timeout that the reading may take: what there is by then is told in time"""
AT_ONCE = 50
"""devices read as a whole at the same time; one more is only asked whether it answers"""
ROOM = 10_000
"""endpoints whose counters are remembered"""
SHORTEST_PASSWORD = 8
"""characters (RFC 3414, section 11.2)"""

NOT = "none"

Part = Literal["uptime", "interfaces", "cpu", "memory", "storage"]
EVERYTHING: tuple[Part, ...] = ("uptime", "interfaces", "cpu", "memory", "storage")


class SnmpOptions(BaseModel):
    """How a device is asked by SNMP; it needs the extra `snmp`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    version: Literal["v2c", "v3"] = "v2c"
    """v2c with a community, or v3 with a user"""
    port: int = Field(default=SNMP_PORT, ge=1, le=65_535)
    """port of the agent"""
    community: SecretStr = NO_SECRET
    """community of v2c; secret"""
    user: str = Field(default="", max_length=32)
    """user of v3"""
    auth: Literal["none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"] = "sha256"
    """how v3 signs"""
    auth_password: SecretStr = NO_SECRET
    """password v3 signs with; secret"""
    privacy: Literal["none", "des", "aes", "aes192", "aes256"] = "aes"
    """how v3 encrypts"""
    privacy_password: SecretStr = NO_SECRET
    """password v3 encrypts with; secret"""
    what: list[Part] = Field(default=list(EVERYTHING), min_length=1, max_length=len(EVERYTHING))
    """what is read; uptime always is"""
    include: list[str] = Field(default=["*"], max_length=64)
    """interfaces that are read, by name; * and ? stand for any text and any character"""
    exclude: list[str] = Field(default=[], max_length=64)
    """interfaces that are not"""
    most_interfaces: int = Field(default=128, ge=1, le=1024)
    """interfaces of an endpoint that are read and recorded; the rest is counted"""

    @field_validator("include", "exclude")
    @classmethod
    def _patterns_are_short(cls, patterns: list[str]) -> list[str]:
        for each in patterns:
            if not 0 < len(each) <= 64:
                raise ValueError(f"pattern {each[:80]!r}: write 1 to 64 characters")
        return patterns

    @model_validator(mode="after")
    def _somebody_asks(self) -> SnmpOptions:
        if self.version == "v2c":
            if not self.community.get_secret_value():
                raise ValueError("v2c without a community; write community: {env: NAME} or {file: PATH}")
        elif not self.user:
            raise ValueError("v3 without a user; write user: NAME")
        elif self.privacy != NOT and self.auth == NOT:
            raise ValueError("privacy without auth; v3 encrypts only what it also signs")
        else:
            _must_be_long(self.auth, "auth", self.auth_password)
            _must_be_long(self.privacy, "privacy", self.privacy_password)
        return self

    @model_validator(mode="after")
    def _library_is_there(self) -> SnmpOptions:
        if not installed():
            raise ValueError(MISSING)
        return self

    def fits(self, interface: str) -> bool:
        """Whether an interface of this name is to be read."""
        return any(fnmatchcase(interface, each) for each in self.include) and not any(
            fnmatchcase(interface, each) for each in self.exclude
        )

    def credentials(self) -> Credentials:
        """Who asks."""
        if self.version == "v2c":
            return Credentials("v2c", self.community)
        auth, privacy = ("" if each == NOT else each for each in (self.auth, self.privacy))
        return Credentials(
            "v3", NO_SECRET, self.user, auth, self.auth_password, privacy, self.privacy_password
        )


def _must_be_long(kind: str, name: str, password: SecretStr) -> None:
    if kind != NOT and len(password.get_secret_value()) < SHORTEST_PASSWORD:
        raise ValueError(
            f"{name}_password of fewer than {SHORTEST_PASSWORD} characters with {name}: {kind}; "
            f"write {name}_password: {{env: NAME}}, or {name}: none"
        )


class Snmp:
    """Reads a device by SNMP; fields: `rtt`, `uptime`, `cpu`, `memory`, `storage`, `if_down`, `if_use`."""

    name: ClassVar[str] = "snmp"
    role: ClassVar[Role] = Role.SERVICE
    Options: ClassVar[type[BaseModel]] = SnmpOptions
    fields: ClassVar[tuple[schema.Field, ...]] = FIELDS
    measurements: ClassVar[tuple[schema.Measurement, ...]] = (INTERFACE, STORAGE)

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._clock = around.clock
        self._places = Places(around.clock)
        self._agents = Agents(around.clock)
        self._memories: dict[str, tuple[object, Memory]] = {}
        self._reading = 0
        about = "Rates of interfaces that are not known since their counters did not tell, by why"
        self._lacks = {
            lack: around.telemetry.tally("ioc_snmp_rates_absent", about, why=lack)
            for lack in (Lack.RESTARTED, Lack.ABSURD, Lack.NARROW)
        }
        self._flaws = around.telemetry.tally("ioc_snmp_flaws", "Parts of devices that could not be read.")
        self._dropped = around.telemetry.tally(
            "ioc_snmp_dropped", "Interfaces and storage areas that were not recorded for want of room."
        )

        self._put_off = around.telemetry.tally(
            "ioc_snmp_readings_put_off", "Devices that were only asked whether they answer, for want of room."
        )
        around.telemetry.gauge(
            "ioc_snmp_sessions", "Agents that a socket is open to.", lambda: len(self._agents)
        )

    async def open(self) -> None:
        """Nothing to take: an agent's socket is made at its first probe."""

    async def close(self) -> None:
        """Give the sockets back."""
        self._agents.close()

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        """Read what is wanted of a device; raises NoAnswer, SourceError."""
        options: SnmpOptions = probe.options
        place = await self._places.find(endpoint.address, options.port)
        agent = self._agents.of(place, options.credentials(), SHARE * probe.timeout / TRIES)
        try:
            async with asyncio.timeout(by - self._clock.now()), agent.lock:
                end = min(by, self._clock.now() + SHARE * probe.timeout)
                poll = Poll(agent, self._clock, options.what, options.fits, options.most_interfaces)
                found = await poll.begin()
                memory = self._memory(endpoint.id, agent)
                whole = self._has_room(memory, probe)
                if whole:
                    await self._go_on(poll, found, end)
        except TimeoutError as error:
            raise NoAnswer(Reason.NO_ANSWER, "nothing usable came in time") from error
        return self._told(endpoint, options, memory, found) if whole else self._alive(endpoint, memory, found)

    def _has_room(self, memory: Memory, probe: Probe) -> bool:
        if not memory.is_due(self._clock.now(), probe.every):
            return False
        self._put_off.n += self._reading >= AT_ONCE
        return self._reading < AT_ONCE

    async def _go_on(self, poll: Poll, found: Findings, end: float) -> None:
        self._reading += 1
        try:
            async with asyncio.timeout(max(end - self._clock.now(), 0.0)):
                await poll.go_on(found)
        except TimeoutError:
            found.flaws["time"] = Flaw(Reason.NO_ANSWER, "it did not tell everything in time")
        finally:
            self._reading -= 1

    def _alive(self, endpoint: Endpoint, memory: Memory, found: Findings) -> Sample:
        """It answers; what was wrong with its last whole reading still is."""
        told = report(endpoint.id, found, memory, (), 0)
        found.flaws, told.detail = memory.flaws, memory.detail
        return self._sample(endpoint, found, told)

    def _told(self, endpoint: Endpoint, options: SnmpOptions, memory: Memory, found: Findings) -> Sample:
        told = report(endpoint.id, found, memory, options.what, options.most_interfaces)
        memory.note(found, told.detail)
        self._around.record(told.points)
        self._flaws.n += len(found.flaws)
        self._dropped.n += told.dropped
        for lack in told.lacks:
            if lack in self._lacks:
                self._lacks[lack].n += 1
        return self._sample(endpoint, found, told)

    def _sample(self, endpoint: Endpoint, found: Findings, told: Report) -> Sample:
        verdict, reason = Verdict.OK, Reason.ANSWERED
        for flaw in found.flaws.values():
            verdict, reason = Verdict.DEGRADED, flaw.reason
        return Sample(endpoint.id, found.at, self.name, verdict, told.fields, True, None, reason, told.detail)

    def _memory(self, endpoint: str, agent: Agent) -> Memory:
        """What is remembered of an endpoint, as long as it is the same agent that tells."""
        known = self._memories.pop(endpoint, None)
        if known is None or known[0] is not agent:
            known = (agent, Memory())
            if len(self._memories) >= ROOM:
                del self._memories[next(iter(self._memories))]  # the one asked longest ago
        self._memories[endpoint] = known
        return known[1]
