"""Reading a configuration directory: every fault at once, or a `Config`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, create_model

from ioc.config import (
    alerting,
    calendars,
    claims,
    contacts,
    duty,
    endpoints,
    inlet,
    offline,
    outside,
    probes,
    rows,
    schema,
    storage,
    tree,
)
from ioc.config.access import access, check_exposure, listening
from ioc.config.compiled import Access, Center, Config, History, Inlet, Receiver, Viewing, Wall
from ioc.config.directory import MAIN, Directory, Piece
from ioc.config.faults import Faults, Place, did_you_mean, listed
from ioc.config.fit import fit
from ioc.config.kinds import Model
from ioc.config.known import Known
from ioc.config.measured import FieldsOf, Measured, measured, nothing_measured
from ioc.config.scalars import UnfitError, identifier
from ioc.config.schedules import NO_HOOKS, Hooks
from ioc.config.secrets import Secrets
from ioc.duty import Duty
from ioc.errors import ConfigError
from ioc.inventory import Inventory, Probe
from ioc.others import Others
from ioc.worktime import WorkCalendar


@dataclass(frozen=True, slots=True)
class Parts:
    """What the other parts of the house offer to configure.

    `sources` and `channels` give each one's Options model by name, `rule` compiles a rule that may read
    the numbers it is told or raises RuleError, `shipped` holds the compiled rules that come with the service,
    by id, `fields` tells what a source with some options measures, `hooks` what a schedule comes to, and
    `host` what a channel with some options talks to, `misaddressed` why a channel cannot send to an address.
    """

    sources: Mapping[str, type[BaseModel]]
    channels: Mapping[str, type[BaseModel]]
    rule: alerting.Compile
    shipped: Mapping[str, object]
    fields: FieldsOf = nothing_measured
    hooks: Hooks = NO_HOOKS
    host: offline.HostOf = offline.nothing_needed
    misaddressed: contacts.Misaddressed = contacts.nothing_wrong


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a directory: a configuration when there are no faults."""

    config: Config | None
    faults: tuple[str, ...]
    warnings: tuple[str, ...]


def load(
    directory: Path,
    *,
    sources: Mapping[str, type[BaseModel]],
    channels: Mapping[str, type[BaseModel]],
    rule: alerting.Compile,
    environ: Mapping[str, str],
    today: date,
    shipped: Mapping[str, object] | None = None,
    fields: FieldsOf = nothing_measured,
    hooks: Hooks = NO_HOOKS,
    host: offline.HostOf = offline.nothing_needed,
    misaddressed: contacts.Misaddressed = contacts.nothing_wrong,
    listen: str | None = None,
) -> Config:
    """Read a directory; `listen` overrides where it says to listen. Raises ConfigError with every fault."""
    parts = Parts(sources, channels, rule, shipped or {}, fields, hooks, host, misaddressed)
    reading = examine(directory, parts, environ, today, listen)
    if reading.config is None:
        raise ConfigError(reading.faults)
    return reading.config


def examine(
    directory: Path, parts: Parts, environ: Mapping[str, str], today: date, listen: str | None = None
) -> Reading:
    """Read a directory and tell all that is wrong with it, and what is doubtful."""
    faults = Faults()
    config = _Reader(Directory(directory, faults), parts, environ, today, faults).config(listen)
    return Reading(None if faults else config, tuple(faults.faults()), tuple(faults.warnings()))


class _Reader:
    """Goes through the top-level keys in an order in which whatever is named is known before its user."""

    def __init__(
        self, directory: Directory, parts: Parts, environ: Mapping[str, str], today: date, faults: Faults
    ) -> None:
        self._directory = directory
        self._parts = parts
        self._today = today
        self._faults = faults
        self._secrets = Secrets(directory.path, environ, faults)

    def config(self, listen: str | None) -> Config | None:
        """The configuration; None, or one that lacks something, when there are faults."""
        self._check_keys()
        center = self._center()
        if not self._directory.top:
            return None  # nothing could be read: what else is missing would only hide that
        where, whom = self._access(listen)
        history, wall = self._history(), self._wall()
        hours = self._calendars(center.zone if center else None)
        systems = self._systems()
        profiles = self._profiles()
        found = self._measured(profiles)
        known = (self._known("calendars", hours), self._known("systems", systems))
        inventory = self._inventory(*known, profiles)
        taken = self._inlet(history, inventory)
        rules = self._rules(found.numbers)
        told = alerting.receivers(
            self._named("receivers"), self._parts.channels, self._secrets, self._faults, self._parts.host
        )
        claims.check(told, dict(self._named("receivers")), self._parts.hooks.claim, self._faults)
        if not told and not any(self._named("receivers")):
            hint = "incidents are shown on the wall and nobody is told"
            self._faults.warn("no-receivers", self._place("receivers"), "no receivers", "", hint)
        called = self._duty(center.zone if center else None, hours, inventory, told)
        others = self._others(inventory)
        if center is None or where is None or history is None:
            return None
        return Config(
            directory=self._directory.path,
            fingerprint=self._directory.fingerprint,
            center=center,
            listen=where,
            public_url=self._plain("public_url") or "",
            access=whom,
            state=self._state(),
            history=history,
            inlet=taken,
            wall=wall,
            systems=systems,
            calendars={name: each for name, each in hours.items() if each is not None},
            inventory=inventory,
            fields=found.fields,
            rules=tuple(rules.compiled.values()),
            rule_sources=rules.sources,
            receivers=told,
            duty=called,
            others=others,
        )

    def _others(self, inventory: Inventory) -> Others:
        top = self._directory.top
        posted, switch = self._plain("outside"), self._plain("watchdog")
        return Others(
            alerts=outside.terms(top["outside"], posted, inventory.endpoints, self._secrets, self._faults)
            if posted
            else None,
            heartbeats=outside.heartbeats(self._named("heartbeats"), inventory, self._secrets, self._faults),
            switch=outside.switch(top["watchdog"], switch, self._faults) if switch else None,
        )

    def _duty(
        self,
        zone: ZoneInfo | None,
        hours: Mapping[str, WorkCalendar | None],
        inventory: Inventory,
        told: Mapping[str, Receiver],
    ) -> Duty:
        piece, wanted = self._directory.top.get("routes"), self._plain("routes")
        written = duty.Written(
            people=dict(self._named("people")),
            schedules=dict(self._named("schedules")),
            chains=dict(self._named("chains")),
            receivers=dict(self._named("receivers")),
            routes=wanted,
            route_pieces=[piece.within(index) for index in range(len(wanted))] if piece else [],
        )
        sound = {name: each for name, each in hours.items() if each is not None}
        known = self._duty_names(written, hours, inventory, told)
        reader = duty.DutyReader(
            self._directory, zone, sound, told, known, self._parts.hooks, self._today, self._faults
        )
        made = reader.duty(written)
        contacts.check(made, told, written.people, self._parts.misaddressed, self._faults)
        if not self._faults:  # a way with a fault is a way all the same
            places = {
                row.id: each.place("id") for row, each in zip(wanted, written.route_pieces, strict=True)
            }
            offline.check(made, told, places, self._place("receivers"), self._faults)
        return made

    def _duty_names(
        self,
        written: duty.Written,
        hours: Iterable[str],
        inventory: Inventory,
        told: Mapping[str, Receiver],
    ) -> Known:
        # a unit whose row has a fault is not in the inventory: it is not unknown
        units = rows.ANYTHING if self._faults else frozenset(unit.id for unit in inventory.units)
        return Known(
            person=self._known("people", written.people),
            schedule=self._known("schedules", written.schedules),
            chain=self._known("chains", written.chains),
            receiver=self._known("receivers", written.receivers),
            calendar=self._known("calendars", hours),
            unit=units,
            mute=frozenset(
                name
                for name, each in told.items()
                if not self._parts.hooks.addressed(each.channel, each.options)
            ),
        )

    def _check_keys(self) -> None:
        known = schema.Top.model_fields
        for key, piece in self._directory.top.items():
            if key not in known:
                hint = did_you_mean(key, known, f"known keys: {listed(known, 20)}")
                self._faults.add("unknown-key", piece.place(), "unknown key", key, hint)

    def _place(self, key: str) -> Place:
        piece = self._directory.top.get(key)
        return piece.place() if piece else Place(MAIN)

    def _plain(self, key: str) -> Any:
        """A top-level key's value by its own model, or its default when absent, empty or wrong."""
        piece = self._directory.top.get(key)
        field = schema.Top.model_fields[key]
        if piece is not None and piece.data is not None:
            alone = Piece({key: piece.data}, piece.file, (), piece.lines)
            fitted = fit(_only(key), alone, self._faults, key)
            if fitted is not None:
                return getattr(fitted, key)
        return None if field.is_required() else field.get_default(call_default_factory=True)

    def _named(self, key: str) -> Iterator[tuple[str, Piece]]:
        """The entries of a top-level mapping from names to things."""
        piece = self._directory.top.get(key)
        if piece is None or piece.data is None:
            return
        if not isinstance(piece.data, dict):
            self._directory.gaps.add(key)
            self._faults.add(
                "wrong-type", piece.place(), f"{key} must be a mapping", "", "write `name:` lines"
            )
            return
        for name in piece.data:
            try:
                yield identifier(name), piece.within(name)
            except UnfitError as unfit:
                self._faults.add(unfit.id, piece.place(name), f"{key}: {unfit.what}", name, unfit.hint)

    def _known(self, key: str, names: Iterable[str]) -> frozenset[str]:
        """The names of a top-level mapping; any name when it could not be read."""
        return rows.ANYTHING if self._directory.lost(key) else frozenset(names)

    def _center(self) -> Center | None:
        piece = self._directory.top.get("center")
        if piece is None or piece.data is None:
            if not self._directory.lost("center"):
                hint = "write center: with id and name"
                self._faults.add("missing-key", Place(MAIN), "missing key", "center", hint)
            return None
        written = self._plain("center")
        if written is None:
            return None
        zone = calendars.zone(written.timezone, piece, self._faults)
        return Center(written.id, written.name, zone) if zone else None

    def _access(self, listen: str | None) -> tuple[tuple[str, int] | None, Access]:
        piece, written = self._directory.top.get("access"), self._plain("access")
        place = Place("--listen") if listen is not None else self._place("listen")
        asked = self._plain("listen") if listen is None else listen
        where = listening(asked, place, self._faults)
        if where is not None:
            check_exposure(where, place, written, piece, self._faults)
        if piece is None or not isinstance(piece.data, dict):
            return where, Access(None, None, (), None, False)
        return where, access(piece, written, self._directory.path, self._secrets, self._faults)

    def _state(self) -> Path:
        path = self._directory.path / str(self._plain("state"))
        if path.is_dir():
            hint = "name a file in it: state/ioc.db"
            self._faults.add(
                "bad-state", self._place("state"), "state file is a directory:", self._plain("state"), hint
            )
        return path

    def _history(self) -> History | None:
        piece = self._directory.top.get("history")
        return storage.history(
            piece, self._plain("history"), self._directory.path, self._secrets, self._faults
        )

    def _inlet(self, history: History | None, inventory: Inventory) -> Inlet | None:
        piece, written = self._directory.top.get("inlet"), self._plain("inlet")
        if piece is None or written is None:
            return None
        kept = history is None or history.store != "none"
        return inlet.inlet(piece, written, inventory.endpoints, kept, self._secrets, self._faults)

    def _wall(self) -> Wall:
        written = self._plain("wall")
        viewing = Viewing(written.viewing.distance_m, written.viewing.screen_height_m)
        return Wall(viewing, tuple(dict.fromkeys(written.languages)))

    def _calendars(self, zone: ZoneInfo | None) -> dict[str, WorkCalendar | None]:
        out: dict[str, WorkCalendar | None] = {}
        for name, piece in self._named("calendars"):
            written = fit(schema.Calendar, piece, self._faults, "calendar")
            if written is None:
                out[name] = None
            else:
                out[name] = calendars.calendar(name, written, piece, zone, self._today, self._faults)
        return out

    def _systems(self) -> dict[str, str]:
        out: dict[str, str] = {}
        for name, piece in self._named("systems"):
            written = fit(schema.System, piece, self._faults, "system")
            out[name] = written.name if written else ""
        return out

    def _profiles(self) -> dict[str, Probe | None]:
        return {
            name: probes.profile(piece, self._parts.sources, self._secrets, self._faults)
            for name, piece in self._named("probes")
        }

    def _measured(self, profiles: Mapping[str, Probe | None]) -> Measured:
        pieces = dict(self._named("probes"))
        return measured(profiles, pieces, self._parts.fields, self._parts.sources, self._faults)

    def _inventory(
        self, hours: frozenset[str], systems: frozenset[str], profiles: Mapping[str, Probe | None]
    ) -> Inventory:
        written = rows.read(self._directory, "units", schema.Unit, {"code": "codes"}, self._faults)
        tree_rows = [tree.UnitRow(row, piece.place) for row, piece in written.sound]
        units = tree.tree(tree_rows, written.ids, self._faults)
        profiles = self._profiles()
        whole = not self._directory.lost("probes")
        names = endpoints.Names(written.ids, systems, hours, profiles, whole)
        references = self._plain("references")
        piece = self._directory.top.get("references") if references else None
        return endpoints.inventory(self._directory, units, names, piece, self._today, self._faults)

    def _rules(self, numbers: Collection[str]) -> alerting.Rules:
        piece = self._directory.top.get("rules")
        own = [piece.within(index) for index in range(len(self._plain("rules")))] if piece else []
        return alerting.rules(
            own,
            self._plain("shipped_rules"),
            self._place("shipped_rules"),
            self._parts.shipped,
            lambda data: self._parts.rule(data, numbers),
            self._faults,
        )


@cache
def _only(key: str) -> type[BaseModel]:
    """A model of one top-level key, so that each key is judged by itself."""
    field = schema.Top.model_fields[key]
    return create_model(key, __base__=Model, **{key: (field.annotation, field)})  # type: ignore[call-overload, no-any-return]
