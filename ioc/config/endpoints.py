"""Sites and endpoints, checked against all that they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ioc.config import rows, schema
from ioc.config.calendars import RESERVED
from ioc.config.directory import Directory, Piece
from ioc.config.faults import Faults, Place, did_you_mean
from ioc.config.tree import circles
from ioc.inventory import Endpoint, Inventory, Owner, Probe, Site
from ioc.units import Units

Written = Mapping[str, tuple[schema.Endpoint, Piece]]


@dataclass(frozen=True, slots=True)
class Names:
    """What endpoints may name: every id that was written; a profile with faults is None."""

    units: frozenset[str]
    systems: frozenset[str]
    calendars: frozenset[str]
    profiles: Mapping[str, Probe | None]
    all_profiles: bool
    """whether `profiles` is all of them"""


def inventory(
    directory: Directory, units: Units, names: Names, references: Piece | None, today: date, faults: Faults
) -> Inventory:
    """Every site and endpoint that is sound."""
    site_rows = rows.read(directory, "sites", schema.Site, {}, faults)
    sites = {id: _site(row) for id, (row, _) in rows.unique(site_rows, "site", faults).items()}
    for site, piece in site_rows.sound:
        _check_unit(site.unit, piece, units, names, today, faults)
    endpoint_rows = rows.read(directory, "endpoints", schema.Endpoint, {"label": "labels"}, faults)
    written = rows.unique(endpoint_rows, "endpoint", faults)
    known, known_sites = endpoint_rows.ids, site_rows.ids
    builder = _Builder(names, faults)
    for row, piece in written.values():
        _check_unit(row.unit, piece, units, names, today, faults)
        _check_named(row, piece, names, known, known_sites, faults)
    _check_circles(written, faults)
    built = [builder.endpoint(row, piece) for row, piece in written.values()]
    whole = Inventory(units, sites.values(), built, _references(references, known, faults))
    _check_owners(whole, written, faults)
    return whole


class _Builder:
    """Makes endpoints, the probes of equal profiles shared."""

    def __init__(self, names: Names, faults: Faults) -> None:
        self._names = names
        self._faults = faults
        self._probes: dict[tuple[str, ...], tuple[Probe, ...]] = {}

    def endpoint(self, row: schema.Endpoint, piece: Piece) -> Endpoint:
        return Endpoint(
            id=row.id,
            name=row.name,
            kind=row.kind,
            system=row.system,
            unit=row.unit,
            address=row.address,
            probes=self._of_profiles(tuple(row.probes), piece),
            site=row.site or "",
            parent=row.parent or "",
            expected=row.expected,
            critical=row.critical,
            owner=_owner(row),
            labels=row.labels,
        )

    def _of_profiles(self, names: tuple[str, ...], piece: Piece) -> tuple[Probe, ...]:
        cached = self._probes.get(names)
        if cached is not None:
            return cached
        probes: list[Probe] = []
        sound = True
        for name in names:
            if name not in self._names.profiles:
                sound = False
                if not self._names.all_profiles:
                    continue
                near = did_you_mean(name, self._names.profiles, "define it under probes")
                self._faults.add(
                    "unknown-profile", piece.place("probes"), "unknown probe profile", name, near
                )
            elif (probe := self._names.profiles[name]) is not None:
                if any(other.source == probe.source for other in probes):
                    sound = False
                    hint = f"{probe.source} asks an endpoint in one way only"
                    self._faults.add(
                        "source-twice", piece.place("probes"), "second profile of a source:", name, hint
                    )
                probes.append(probe)
        if sound:
            self._probes[names] = tuple(probes)
        return tuple(probes)


def _site(row: schema.Site) -> Site:
    return Site(row.id, row.name, row.unit, _owner(row), row.latitude, row.longitude)


def _owner(row: schema.Owned) -> Owner:
    return Owner(row.owner, row.phone, row.carrier, row.circuit, row.hotline)


def _check_unit(unit: str, piece: Piece, units: Units, names: Names, today: date, faults: Faults) -> None:
    if unit not in names.units:
        near = did_you_mean(unit, names.units, "add it under units")
        faults.add("unknown-unit", piece.place("unit"), "unknown unit", unit, near)
    elif unit in units and units.get(unit, today) is None:
        hint = f"it holds no longer or not yet on {today}"
        faults.warn("past-unit", piece.place("unit"), "unit that does not exist today:", unit, hint)


def _check_named(
    row: schema.Endpoint,
    piece: Piece,
    names: Names,
    known: frozenset[str],
    sites: frozenset[str],
    faults: Faults,
) -> None:
    if row.system not in names.systems:
        _unknown("system", row.system, names.systems, piece, faults)
    if row.site is not None and row.site not in sites:
        _unknown("site", row.site, sites, piece, faults)
    if row.parent is not None and row.parent not in known:
        near = did_you_mean(row.parent, known, "a parent is an endpoint's id")
        faults.add("unknown-parent", piece.place("parent"), "unknown parent endpoint", row.parent, near)
    if row.expected not in RESERVED and row.expected not in names.calendars:
        near = did_you_mean(row.expected, (*RESERVED, *names.calendars), "define it under calendars")
        faults.add("unknown-calendar", piece.place("expected"), "unknown calendar", row.expected, near)


def _unknown(key: str, value: str, known: Iterable[str], piece: Piece, faults: Faults) -> None:
    near = did_you_mean(value, known, f"add it under {key}s")
    faults.add(f"unknown-{key}", piece.place(key), f"unknown {key}", value, near)


def _check_circles(written: Written, faults: Faults) -> None:
    for circle in circles({id: row.parent for id, (row, _) in written.items() if row.parent}):
        shown = " → ".join((*circle, circle[0]))
        place = written[circle[0]][1].place("parent")
        faults.add("parent-circle", place, "endpoints in a circle:", shown, "one has another parent, or none")


def _check_owners(whole: Inventory, written: Written, faults: Faults) -> None:
    """Whoever is woken must be known: of what is critical, and of what others are behind."""
    for id, (row, piece) in written.items():
        behind = len(whole.children(id))
        if not row.critical and not behind:
            continue
        owner = whole.owner(id)
        why = "critical endpoint" if row.critical else f"endpoint with {behind} behind it"
        for key, value in (("owner", owner.name), ("phone", owner.phone)):
            if not value:
                hint = f"fill {key} here or at its site"
                faults.add(f"missing-{key}", piece.place("id"), f"{why} without {key}:", id, hint)


def _references(piece: Piece | None, known: frozenset[str], faults: Faults) -> tuple[str, ...]:
    if piece is None or not piece.data:
        place = piece.place() if piece else Place("ioc.yaml")
        hint = "without two, our own link down looks like everything down"
        faults.warn("few-references", place, "no references", "", hint)
        return ()
    for index, id in enumerate(piece.data):
        if id not in known:
            near = did_you_mean(id, known, "a reference is an endpoint's id")
            faults.add("unknown-reference", piece.place(index), "unknown reference", id, near)
    if len(piece.data) < 2:
        hint = "give two of different carriers, so that one of them failing is not our own link"
        faults.warn("few-references", piece.place(), "only one reference", piece.data[0], hint)
    return tuple(dict.fromkeys(piece.data))
