"""What a source is: one way to ask an endpoint whether it is well.

A source only asks. When to ask, how long to wait, what a missed answer means and whom to tell is for the
runner.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from ioc.clock import Clock
from ioc.inventory import Endpoint, Probe
from ioc.model import Point, Role, Sample
from ioc.schema import Field, Measurement
from ioc.telemetry import Telemetry


def _forget(points: Sequence[Point]) -> None:
    """Where there is no history."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every source is built from; `record` takes points for history alone, and does not wait."""

    clock: Clock
    telemetry: Telemetry
    random: random.Random
    record: Callable[[Sequence[Point]], None] = _forget


Outcome = Sample | Exception
"""what became of a question: what `gather` returns or raises"""


@runtime_checkable
class Quick(Protocol):
    """What a source may offer besides: to ask without a task a probe, which costs as much as the rest of it."""

    def begin(self, endpoint: Endpoint, probe: Probe, by: float, done: Callable[[Outcome], None]) -> bool:
        """Ask, have `done` called once with what became of it, later; False when only `gather` can ask this.

        `by` is as in `gather`. Raises NoAnswer, SourceError: then nothing was asked.
        """


class Source(Protocol):
    """One way to ask an endpoint.

    Building one reads nothing and connects nowhere. `Options` is the schema of what configuration may say
    about a probe of this source; a `Probe.options` is always an instance of it.
    """

    name: ClassVar[str]
    role: ClassVar[Role]
    Options: ClassVar[type[BaseModel]]
    fields: ClassVar[tuple[Field, ...]]
    """every field its samples may carry"""
    measurements: ClassVar[tuple[Measurement, ...]]
    """every measurement of the points it records"""

    def __init__(self, around: Surroundings) -> None: ...

    async def open(self) -> None:
        """Take what all probes share, such as a socket; raises SourceError."""

    async def close(self) -> None:
        """Give it back."""

    async def gather(self, endpoint: Endpoint, probe: Probe, by: float) -> Sample:
        """One question and its answer, judged by itself: `verdict` is never None, `at` is when it came.

        `by` is the steady time after which no answer counts any more. Raises NoAnswer when nothing usable
        came, SourceError when we could not ask. May be cancelled at any time.
        """
