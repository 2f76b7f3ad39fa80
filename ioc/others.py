"""What other programs tell us, and we them: as configuration declared it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Terms:
    """Alerts that other programs may post: who shows `token`, which join one incident, what their labels say."""

    token: str = field(default="", repr=False)
    group_by: tuple[str, ...] = ("alertname", "cluster")
    """labels whose values, being equal, make alerts one incident"""
    endpoint_label: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """endpoints' ids by what others call them, where that is not the id"""
    severity_label: str = "severity"
    severities: Mapping[str, str] = field(default_factory=dict)
    """ours by what others call them, in lower case, where that is not ours"""
    unit_label: str = "unit"
    site_label: str = "site"
    system_label: str = "system"
    most: int = 20_000
    """alerts that may fire at once"""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life that is owed us each `every` seconds, at most `grace` later; and whose it is."""

    name: str
    title: str
    every: float
    grace: float
    severity: str = "warning"
    unit: str = ""
    site: str = ""
    owner: str = ""
    phone: str = ""
    next_action: str = ""
    runbook: str = ""
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Switch:
    """A dead man's switch that somebody else runs: where to call, how often, how long a call may take; seconds."""

    url: str
    every: float = 60.0
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Others:
    """Everything of this kind that was configured; None where nothing was."""

    alerts: Terms | None = None
    heartbeats: Mapping[str, Heartbeat] = field(default_factory=dict)
    switch: Switch | None = None
