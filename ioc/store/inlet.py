"""Where lines of other programs come in: admitted one by one, then kept as every record is.

They are handed on some at a time, each part only when the last is on disk: however much others write, it never
crowds our own records out of memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.errors import SpoolUnusable, StoreError
from ioc.store.admission import Admission, Terms
from ioc.store.base import Foreign, Record
from ioc.store.downsampling import RAW_KEPT
from ioc.telemetry import Telemetry

A_PART = 2_000
"""lines handed on at once"""
AGAIN = 5.0
"""seconds after which a disk that did not take them may be tried again"""


class Keeping(Protocol):
    """A history that says when what it was given is kept."""

    def write(self, records: Sequence[Record]) -> None:
        """Take records."""

    async def settle(self) -> None:
        """Return once everything taken so far would survive a crash; raises SpoolUnusable."""


class Inlet:
    """Keeps admitted lines, and knows how full it is."""

    def __init__(self, admission: Admission, history: Keeping, clock: Clock, telemetry: Telemetry) -> None:
        self.admission = admission
        self._history = history
        self._clock = clock
        self._full_since: float | None = None
        self._began = clock.now()
        telemetry.gauge("ioc_inlet_series", "Series of other programs let in.", lambda: admission.series)

    async def keep(self, lines: Sequence[str]) -> None:
        """Return once lines would survive a crash; raises StoreError when they are not kept, or not all."""
        for start in range(0, len(lines), A_PART):
            skew = self._clock.skew()
            part = lines[start : start + A_PART]
            self._history.write([Foreign(line, _micros(line) / 1e6 - skew) for line in part])
            try:
                await self._history.settle()
            except SpoolUnusable as error:
                raise StoreError(str(error), permanent=False, retry_after=AGAIN) from error

    def describe(self) -> dict[str, Any]:
        """The value of `self/inlet`."""
        admission = self.admission
        full = admission.turned_away > 0 and admission.series >= admission.most
        if full != (self._full_since is not None):
            self._full_since = self._clock.now() if full else None
        return {
            "state": "full" if full else "ok",
            "since": self._began if self._full_since is None else self._full_since,
            "detail": f"no more than {admission.most} series are let in; further ones are refused"
            if full
            else "",
            "series": admission.series,
            "most": admission.most,
        }


def _micros(line: str) -> int:
    return int(line[line.rindex(" ") :])


def terms(config: Config) -> Terms | None:
    """What a configuration lets in; None for nothing."""
    wanted = config.inlet
    if wanted is None:
        return None
    oldest = config.history.embedded.raw if config.history.store == "embedded" else float(RAW_KEPT)
    return Terms(wanted.measurements, wanted.endpoints, wanted.series, oldest)
