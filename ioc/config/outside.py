"""Alerts and signs of life of other programs, and our own to another, from what was written."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ioc.config import outside_schema as schema
from ioc.config.access import token
from ioc.config.directory import Piece
from ioc.config.faults import Faults, did_you_mean
from ioc.config.fit import fit
from ioc.config.scalars import written
from ioc.config.secrets import Secrets
from ioc.inventory import Inventory
from ioc.others import Heartbeat, Switch, Terms

SHORTEST, LONGEST = 1.0, 366 * 86_400.0
"""seconds between two signs of life"""


def terms(
    piece: Piece, asked: schema.Outside, endpoints: Collection[str], secrets: Secrets, faults: Faults
) -> Terms | None:
    """What alerts may be posted, as far as it is sound."""
    shown = token("token", piece, secrets, faults)
    if asked.token is None:
        hint = "who shows it may post alerts; {env: NAME} or {file: PATH}"
        faults.add("missing-key", piece.place(), "missing key", "outside.token", hint)
    if not faults:  # an endpoint with a fault of its own is not there, and would be missed here as well
        _check_endpoints(piece, asked, endpoints, faults)
    if shown is None:
        return None
    return Terms(
        shown.reveal(),
        tuple(dict.fromkeys(asked.group_by)),
        asked.endpoint_label,
        asked.endpoints,
        asked.severity_label,
        {name.lower(): each for name, each in asked.severities.items()},
        asked.unit_label,
        asked.site_label,
        asked.system_label,
        asked.most,
    )


def heartbeats(
    named: Iterable[tuple[str, Piece]], inventory: Inventory, secrets: Secrets, faults: Faults
) -> dict[str, Heartbeat]:
    """Signs of life that are owed us, by name."""
    out: dict[str, Heartbeat] = {}
    for name, piece in named:
        asked = fit(schema.Heartbeat, piece, faults, "heartbeat")
        if asked is not None:
            _check_heartbeat(name, asked, piece, inventory, faults)
            out[name] = _heartbeat(name, asked, piece, secrets, faults)
    return out


def switch(piece: Piece, asked: schema.Watchdog, faults: Faults) -> Switch:
    """Our own sign of life."""
    _check_interval("watchdog.every", asked.every, piece, faults)
    if asked.timeout > asked.every:
        hint = "a call ends before the next one begins"
        faults.add(
            "impossible-interval", piece.place("timeout"), "watchdog.timeout is longer than every",
            written(asked.timeout), hint,
        )  # fmt: skip
    return Switch(asked.url, asked.every, asked.timeout)


def _heartbeat(
    name: str, asked: schema.Heartbeat, piece: Piece, secrets: Secrets, faults: Faults
) -> Heartbeat:
    shown = token("token", piece, secrets, faults)
    return Heartbeat(
        name,
        asked.name or name,
        asked.every,
        asked.grace,
        asked.severity,
        asked.unit or "",
        asked.site or "",
        asked.owner,
        asked.phone,
        asked.next_action,
        asked.runbook,
        shown.reveal() if shown else "",
    )


def _check_heartbeat(
    name: str, asked: schema.Heartbeat, piece: Piece, inventory: Inventory, faults: Faults
) -> None:
    _check_interval(f"heartbeat {name}: every", asked.every, piece, faults)
    if asked.severity == "critical" and not asked.next_action:
        hint = "say what whoever is woken does first"
        faults.add(
            "missing-next-action", piece.place(), "critical heartbeat without next_action:", name, hint
        )
    if faults:  # a unit or site with a fault of its own is not there, and would be missed here as well
        return
    for key, id, known in (("unit", asked.unit, inventory.units), ("site", asked.site, inventory.sites)):
        if id and id not in known:
            _unknown(key, id, piece, inventory, faults)


def _unknown(key: str, id: str, piece: Piece, inventory: Inventory, faults: Faults) -> None:
    if key == "unit":
        near = did_you_mean(id, [each.id for each in inventory.units], "an id of units")
        faults.add("unknown-unit", piece.place(key), "unknown unit", id, near)
    else:
        near = did_you_mean(id, inventory.sites, "an id of sites")
        faults.add("unknown-site", piece.place(key), "unknown site", id, near)


def _check_interval(what: str, every: float, piece: Piece, faults: Faults) -> None:
    if not SHORTEST <= every <= LONGEST:
        hint = "from 1s to 366d"
        faults.add("impossible-interval", piece.place("every"), f"{what} cannot be", written(every), hint)


def _check_endpoints(piece: Piece, asked: schema.Outside, endpoints: Collection[str], faults: Faults) -> None:
    for called, id in asked.endpoints.items():
        if id not in endpoints:
            near = did_you_mean(id, endpoints, "an id of endpoints")
            faults.add("unknown-endpoint", piece.place("endpoints", called), "unknown endpoint", id, near)
