"""What the runner keeps of one probe of one endpoint, and of one question under way."""

from __future__ import annotations

import asyncio
import zlib
from enum import IntEnum

from collectors.base import Quick, Source
from collectors.confirm import Trail
from collectors.tallies import SourceTallies
from ioc.inventory import Endpoint, Probe
from ioc.model import Role, Verdict


class Kind(IntEnum):
    """Why a probe is sent."""

    SCHEDULED = 0
    FURTHER = 1
    """to confirm a doubt; skipped when that is settled before its time"""
    ASKED = 2
    """on behalf of a child, the uplink or somebody who ordered it"""


class Track:
    """One source's questions to one endpoint.

    `trail` is what is known, `shown` what was last told: they differ while a verdict is held back, until
    `held_until`. `before` is the trail before it turned DOWN. `flying` counts probes that may still be
    answered in time, `faults` and `misses` those in a row. `turn` tells a schedule from those that it
    replaced.
    """

    __slots__ = (
        "alive",
        "attended_until",
        "before",
        "counts",
        "endpoint",
        "every",
        "faults",
        "flying",
        "held_until",
        "misses",
        "next_at",
        "phase",
        "probe",
        "quick",
        "reach",
        "reference",
        "shown",
        "source",
        "trail",
        "turn",
    )

    def __init__(
        self, endpoint: Endpoint, probe: Probe, source: Source, counts: SourceTallies, reference: bool
    ) -> None:
        self.endpoint = endpoint
        self.probe = probe
        self.source = source
        self.counts = counts
        self.quick = source if isinstance(source, Quick) else None
        self.reach = source.role is Role.REACHABILITY
        self.reference = reference and self.reach
        self.trail = self.shown = self.before = Trail()
        self.held_until: float | None = None
        self.flying = self.faults = self.misses = self.turn = 0
        self.every = probe.every
        self.attended_until = self.next_at = 0.0
        self.phase = zlib.crc32(f"{endpoint.id}\0{probe.source}".encode()) / 2**32
        self.alive = True

    @property
    def unsettled(self) -> bool:
        """Whether it may be about to turn DOWN, or has and is held back."""
        if self.trail.verdict is Verdict.DOWN:
            return self.held_until is not None
        return self.trail.burst is not None or self.flying > 0

    @property
    def returning(self) -> bool:
        """Whether it is DOWN and has begun to answer."""
        return self.trail.verdict is Verdict.DOWN and self.trail.streak is not None

    def next_after(self, now: float, period: float) -> float:
        """Its next moment, at its own phase of the period, at least half a period from now."""
        offset = self.phase * period
        at = ((now - offset) // period + 1) * period + offset
        return at if at - now >= period / 2 else at + period

    def same_question(self, endpoint: Endpoint, probe: Probe) -> bool:
        """Whether another declaration asks the same of the same place, so that what is known still holds."""
        mine = (self.endpoint.address, self.probe.source, self.probe.options)
        return mine == (endpoint.address, probe.source, probe.options)


class Flight:
    """One question under way: missed at its timeout, given up at `end`, answered any time before."""

    __slots__ = ("end", "kind", "missed", "over", "sent", "task", "token", "track")

    def __init__(self, track: Track, token: int, kind: Kind, sent: float, end: float) -> None:
        self.track = track
        self.token = token
        self.kind = kind
        self.sent = sent
        self.end = end
        self.missed = self.over = False
        self.task: asyncio.Task[None] | None = None
