"""What `ioc check DIR` says: every fault, or what would be watched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ioc.config.compiled import Config
from ioc.config.load import Parts, examine
from ioc.config.scalars import loopback, written

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Report:
    """What to print, and whether the configuration can be run."""

    text: str
    sound: bool


def report(
    directory: Path,
    parts: Parts,
    environ: Mapping[str, str],
    today: date,
    listen: str | None = None,
    spool: Callable[[Config], Sequence[str]] = lambda config: (),
) -> Report:
    """Read a directory and say what came of it; `spool` says what of history may wait."""
    reading = examine(directory, parts, environ, today, listen)
    lines = [*reading.faults, *(f"warning: {each}" for each in reading.warnings)]
    if reading.config is None:
        count = len(reading.faults)
        lines.append(f"{count} {'fault' if count == 1 else 'faults'}; nothing would run")
        return Report("\n".join(lines), sound=False)
    return Report("\n".join([*lines, *summary(reading.config, today, spool(reading.config))]), sound=True)


def summary(config: Config, today: date, spool: Sequence[str] = ()) -> list[str]:
    """What a sound configuration would watch, a line each; `spool` are those about what of history may wait."""
    inventory = config.inventory
    standing = sum(1 for unit in inventory.units if unit.at(today) is not None)
    rate = probes_per_second(config)
    return [
        f"{config.center.name} ({config.center.id}), {config.center.zone.key}",
        f"units: {standing} today, {len(inventory.units)} in all; sites: {len(inventory.sites)}",
        f"endpoints: {len(inventory.endpoints)}",
        *_by_system(config),
        f"probes: {rate:.1f} a second, about {round(rate * _DAY):,} samples a day",
        f"references: {_named(inventory.references)}",
        f"rules: {len(config.rules)}",
        f"receivers: {_named(_receivers(config))}",
        *_duty(config),
        f"history: {_history(config)}",
        *spool,
        f"listens on {_listening(config)}",
        f"fingerprint: {config.fingerprint[:16]}",
    ]


def probes_per_second(config: Config) -> float:
    """How many probes are sent a second while all is well."""
    return sum(1 / probe.every for each in config.inventory.endpoints.values() for probe in each.probes)


def _by_system(config: Config) -> list[str]:
    counts = Counter(each.system for each in config.inventory.endpoints.values())
    return [f"  {id}: {counts[id]} ({name})" for id, name in config.systems.items()]


def _receivers(config: Config) -> list[str]:
    return [f"{each.name} ({each.channel})" for each in config.receivers.values()]


def _duty(config: Config) -> list[str]:
    duty = config.duty
    kinds = (("people", duty.people), ("schedules", duty.schedules), ("chains", duty.chains))
    named = [f"{what}: {_named(list(ids))}" for what, ids in kinds if ids]
    return [*named, f"routes: {_named([each.id for each in duty.routes])}"] if duty.routes else named


def _history(config: Config) -> str:
    history = config.history
    if history.store == "influx" and history.influx is not None:
        return f"{history.influx.url}, bucket {history.influx.bucket}"
    if history.store == "embedded":
        kept = history.embedded
        spans = f"samples {written(kept.raw)}, minutes {written(kept.minutes)}, hours {written(kept.hours)}"
        return f"{kept.file}: {spans}"
    return "none"


def _named(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names) if names else "none"


def _listening(config: Config) -> str:
    host, port = config.listen
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if loopback(host):
        return f"{where}, this machine only"
    return f"{where}, {'TLS' if config.access.tls else 'behind a proxy'}, tokens needed"
