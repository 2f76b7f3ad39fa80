"""What a reload changes, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ioc.config.compiled import Config, Inlet
from ioc.config.faults import listed

_RESTART = (
    "center",
    "public_url",
    "access",
    "history",
    "wall",
    "listen",
    "access.tls",
    "state",
    "inlet.token",
)


def changes(old: Config, new: Config) -> Sequence[str]:
    """A sentence for each part that differs; empty when nothing does."""
    return [
        *_compared("endpoint", old.inventory.endpoints, new.inventory.endpoints),
        *_compared("site", old.inventory.sites, new.inventory.sites),
        *_compared("unit", _units(old), _units(new)),
        *_compared("calendar", old.calendars, new.calendars),
        *_compared("system", old.systems, new.systems),
        *_compared("rule", old.rule_sources, new.rule_sources),
        *_compared("receiver", old.receivers, new.receivers),
        *_compared("person", old.duty.people, new.duty.people),
        *_compared("schedule", old.duty.schedules, new.duty.schedules),
        *_compared("chain", old.duty.chains, new.duty.chains),
        *_compared("route", _routes(old), _routes(new)),
        *_compared("heartbeat", old.others.heartbeats, new.others.heartbeats),
        *(f"{key} changed" for key in _settings(old, new) if key not in _RESTART),
        *(f"{key} changed; it takes a restart" for key in _settings(old, new) if key in _RESTART),
    ]


def needs_restart(old: Config, new: Config) -> tuple[str, ...]:
    """The keys that changed and cannot be changed in a running service."""
    return tuple(key for key in _settings(old, new) if key in _RESTART)


def in_force(running: Config, fresh: Config) -> Config:
    """A fresh configuration with what only a restart changes as it runs, so that the next reload says so again."""
    return replace(
        fresh,
        center=running.center,
        public_url=running.public_url,
        access=running.access,
        history=running.history,
        wall=running.wall,
        listen=running.listen,
        state=running.state,
        inlet=_inlet_in_force(running.inlet, fresh.inlet),
    )


def _settings(old: Config, new: Config) -> list[str]:
    pairs = {
        "center": (old.center, new.center),
        "public_url": (old.public_url, new.public_url),
        "access": (_tokens(old), _tokens(new)),
        "history": (old.history, new.history),
        "wall": (old.wall, new.wall),
        "references": (old.inventory.references, new.inventory.references),
        "listen": (old.listen, new.listen),
        "access.tls": (old.access.tls, new.access.tls),
        "state": (old.state, new.state),
        "inlet": (_taken(old), _taken(new)),
        "outside": (old.others.alerts, new.others.alerts),
        "watchdog": (old.others.switch, new.others.switch),
        "inlet.token": (old.inlet and old.inlet.token, new.inlet and new.inlet.token),
    }
    return [key for key, (was, now) in pairs.items() if was != now]


def _inlet_in_force(running: Inlet | None, fresh: Inlet | None) -> Inlet | None:
    """What is taken changes at once; whether anything is, and by which token, with a restart."""
    return replace(fresh, token=running.token) if running and fresh else running


def _taken(config: Config) -> object:
    inlet = config.inlet
    return inlet and (inlet.measurements, inlet.endpoints, inlet.series)


def _tokens(config: Config) -> object:
    access = config.access
    return access.read_token, access.write_token, access.origins, access.behind_proxy


def _routes(config: Config) -> dict[str, object]:
    """Each with its place: another order is another decision."""
    return {route.id: (number, route) for number, route in enumerate(config.duty.routes)}


def _units(config: Config) -> dict[str, object]:
    return {unit.id: unit for unit in config.inventory.units}


def _compared(kind: str, old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    parts = {
        "added": [id for id in new if id not in old],
        "removed": [id for id in old if id not in new],
        "changed": [id for id, value in new.items() if id in old and old[id] != value],
    }
    return [_sentence(kind, what, ids) for what, ids in parts.items() if ids]


def _sentence(kind: str, what: str, ids: Sequence[str]) -> str:
    return f"{len(ids)} {kind}{'' if len(ids) == 1 else 's'} {what}: {listed(ids)}"
