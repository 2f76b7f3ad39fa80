"""What the collectors count of themselves, by source."""

from __future__ import annotations

from dataclasses import dataclass

from ioc.telemetry import Tally, Telemetry


@dataclass(frozen=True, slots=True)
class SourceTallies:
    """One source's counts."""

    probes: Tally
    answers: Tally
    misses: Tally
    late: Tally
    """answers that came after their probe was counted as missed"""
    bursts: Tally
    faults: Tally
    """probes that could not be made"""
    bugs: Tally
    """probes that ended in an error nobody foresaw"""
    refused: Tally
    """probes put off because too many were under way"""


def tallies(telemetry: Telemetry, source: str) -> SourceTallies:
    """A source's counts, made at the first call."""

    def tally(name: str, help: str, **labels: str) -> Tally:
        return telemetry.tally(name, help, source=source, **labels)

    errors = "Probes that could not be made, by kind"
    return SourceTallies(
        probes=tally("ioc_probes", "Probes sent"),
        answers=tally("ioc_probe_answers", "Probes answered in time"),
        misses=tally("ioc_probe_misses", "Probes not answered in time"),
        late=tally("ioc_probe_answers_late", "Probes answered after they counted as missed"),
        bursts=tally("ioc_probe_bursts", "Doubts that had further probes sent at once"),
        faults=tally("ioc_probe_errors", errors, kind="local"),
        bugs=tally("ioc_probe_errors", errors, kind="unforeseen"),
        refused=tally("ioc_probe_errors", errors, kind="too_many"),
    )
