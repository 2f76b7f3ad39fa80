"""The seam between what is observed and where its history is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ioc.model import Reason, Sample, State

Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Mark:
    """An endpoint's state at a steady moment: written when it changes, and again every few minutes."""

    endpoint: str
    at: float
    state: State
    reason: Reason


Record = Sample | Mark


class History(Protocol):
    """Where records go. `write` is called on the hot path: it must not wait, raise, or do I/O."""

    def write(self, records: Sequence[Record]) -> None:
        """Take records for good keeping; what there is no room for is dropped and counted."""


class Store(Protocol):
    """A database of time series, as the batch sees it."""

    async def write(self, lines: Sequence[str]) -> int:
        """Store lines of line protocol; how many of them were refused for good. Raises StoreError."""

    async def close(self) -> None:
        """Let go of its connections."""


class Nowhere:
    """The history of a service that keeps none."""

    def write(self, records: Sequence[Record]) -> None:
        """Forget them."""

    def describe(self) -> dict[str, Any]:
        """The value of `self/history`."""
        return {"state": "off", "since": 0.0, "detail": "", "waiting": 0, "dropped": 0, "written": 0}
