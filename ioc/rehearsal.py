"""`ioc rules test FILE`: reads a file of tests of rules, plays each, and says where it came otherwise."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from alerts.channels.base import EVERY_SEVERITY
from alerts.engine import Engine
from alerts.rehearsal import schema
from alerts.rehearsal.stage import Allowance, Cast
from alerts.rehearsal.story import UnfitError, play
from alerts.rules import Rule, check_unique, parse_rule, shipped
from ioc.clock import Clock
from ioc.config import yaml
from ioc.config.compiled import Config
from ioc.config.directory import Piece
from ioc.config.faults import Faults, Place
from ioc.config.fit import fit
from ioc.config.tree import circles
from ioc.errors import ConfigError, RuleError
from ioc.inventory import Endpoint, Inventory, Probe, Site
from ioc.reading import read as read_directory
from ioc.units import Span, Unit, Units

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2026, 11, 24, 8, 0)  # noqa: DTZ001 -- local, as configuration writes it: a Tuesday
DESK = "desk"
"""the receiver that is told everything where no configuration names one"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test: its name, and what differed."""

    name: str
    differences: tuple[str, ...]


async def rehearse(file: Path, environ: Mapping[str, str], clock: Clock) -> list[Outcome]:
    """Play every test of a file. Raises ConfigError with every fault when it cannot be played."""
    piece, written = _read(file)
    cast, zone = _cast(file, piece, written, environ, clock)
    out, allowance = [], Allowance()
    for number, story in enumerate(written.tests):
        local = story.start or START
        start = local.replace(tzinfo=zone).timestamp()
        try:
            found = await play(story, cast, start, allowance)
        except UnfitError as unfit:
            place = piece.place("tests", number, *unfit.loc)
            raise ConfigError([f"{place}: test {story.name!r}: {unfit}"]) from None
        out.append(Outcome(story.name, tuple(found)))
    return out


def said(file: Path, outcomes: Sequence[Outcome]) -> str:
    """What to print, a line for each test and each difference."""
    lines = []
    for each in outcomes:
        lines.append(f"{'FAILED' if each.differences else 'ok'}  {each.name}")
        lines += [f"    {line}" for line in each.differences]
    failed = sum(bool(each.differences) for each in outcomes)
    count = f"{len(outcomes)} {'test' if len(outcomes) == 1 else 'tests'}"
    lines.append(f"{file}: {count}, {f'{failed} failed' if failed else 'all as expected'}")
    return "\n".join(lines)


def _read(file: Path) -> tuple[Piece, schema.File]:
    faults = Faults()
    piece = _piece(file, file.name, faults)
    written = fit(schema.File, piece, faults, "a file of tests") if piece is not None else None
    if piece is not None and written is not None:
        for circle in circles({each.id: each.parent for each in written.endpoints if each.parent}):
            around, hint = " → ".join((*circle, circle[0])), "one has another parent, or none"
            faults.add("parent-circle", piece.place("endpoints"), "endpoints in a circle:", around, hint)
    if piece is None or written is None or faults:
        raise ConfigError(faults.faults())
    return piece, written


def _piece(file: Path, name: str, faults: Faults) -> Piece | None:
    try:
        parsed = yaml.parse(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        faults.add("missing-file", Place(name), f"cannot be read: {why.lower()}")
        return None
    for each in parsed.problems:
        faults.add(each.id, Place(name, each.line), each.what, each.value, each.hint)
    return None if parsed.broken else Piece(parsed.data, name, (), parsed.lines)


def _cast(
    file: Path, piece: Piece, written: schema.File, environ: Mapping[str, str], clock: Clock
) -> tuple[Cast, ZoneInfo]:
    """What the tests are played with."""
    config = None
    if written.directory is not None:
        config = read_directory(file.parent / written.directory, environ, clock)
    rules = _rules(file, piece, written, config)
    if config is None:
        told = {DESK: EVERY_SEVERITY}
        return Cast(rules, _inventory(written), told, MappingProxyType({})), ZONE
    told = {name: each.severities for name, each in config.receivers.items()} or {DESK: EVERY_SEVERITY}
    return Cast(rules, config.inventory, told, _further(config)), config.center.zone


def _further(config: Config) -> Mapping[str, Any]:
    """Whatever else of the configuration the engine takes."""
    known = inspect.signature(Engine.__init__).parameters
    return {name: getattr(config, name) for name in ("duty", "calendars") if name in known}


def _rules(file: Path, piece: Piece, written: schema.File, config: Config | None) -> tuple[Rule, ...]:
    """Those of the configuration, of the files, and of this file; all faults at once."""
    faults: list[str] = []
    numbers = frozenset(each.field for story in written.tests for each in story.input_series) - {"state"}
    known = numbers | frozenset(config.fields if config else ())
    out = [rule for rule in config.rules if isinstance(rule, Rule)] if config else []
    out += shipped() if written.shipped else ()
    for name in written.rule_files:
        out += _of_file(file.parent / name, name, known, faults)
    for number, data in enumerate(written.rules):
        out += _compiled(data, piece.place("rules", number), known, faults)
    if faults:
        raise ConfigError(faults)
    try:
        check_unique(out)
    except RuleError as error:
        raise ConfigError([f"{piece.file}: {error}"]) from None
    if not out:
        raise ConfigError(
            [f"{piece.file}: no rules to test; name rule_files, rules, directory or shipped: true"]
        )
    return tuple(out)


def _of_file(file: Path, name: str, known: frozenset[str], faults: list[str]) -> list[Rule]:
    """The rules of a file that is a list of them, or has one under `rules`."""
    found = Faults()
    piece = _piece(file, name, found)
    if piece is None or found:
        faults += found.faults()
        return []
    if isinstance(piece.data, dict) and "rules" in piece.data:
        piece = piece.within("rules")
    if not isinstance(piece.data, list):
        faults.append(f"{piece.place()}: a file of rules is a list of them, or has one under rules:")
        return []
    every = (_compiled(data, piece.place(number), known, faults) for number, data in enumerate(piece.data))
    return [rule for rules in every for rule in rules]


def _compiled(data: Any, place: Place, known: frozenset[str], faults: list[str]) -> list[Rule]:
    try:
        return [parse_rule(data, known)]
    except RuleError as error:
        faults.append(f"{place}: {error}")
        return []


def _inventory(written: schema.File) -> Inventory:
    """The endpoints of the file, in units and sites that it names."""
    probe = (Probe("icmp", 10.0, 1.0, None),)
    things = [
        Endpoint(
            each.id, each.name or each.id, each.kind, each.system, each.unit, "192.0.2.1", probe, site=each.site,
            parent=each.parent, critical=each.critical, labels=dict(each.labels),
        )
        for each in written.endpoints
    ]  # fmt: skip
    units = Units([Unit(id, (Span(id),)) for id in dict.fromkeys(each.unit for each in written.endpoints)])
    sites = {each.site: Site(each.site, each.site, each.unit) for each in written.endpoints if each.site}
    return Inventory(units, sites.values(), things)
