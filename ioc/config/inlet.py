"""What other programs may write for history, from what was written."""

from __future__ import annotations

from collections.abc import Collection

from ioc.config import schema
from ioc.config.access import token
from ioc.config.compiled import Allowed, Inlet
from ioc.config.directory import Piece
from ioc.config.faults import Faults, did_you_mean, listed
from ioc.config.secrets import Secrets

OURS = frozenset({"endpoint", "state", "dropped", "interface", "storage", "metric"})
"""measurements of our own, which nobody else may write"""
PLACE = frozenset({"endpoint", "unit", "site", "system"})
"""tags that we add, as the inventory has them"""


def inlet(
    piece: Piece,
    asked: schema.Inlet,
    endpoints: Collection[str],
    kept: bool,
    secrets: Secrets,
    faults: Faults,
) -> Inlet | None:
    """What was asked for, as far as it is sound; `kept` says whether there is a history to write to."""
    shown = token("token", piece, secrets, faults)
    if asked.token is None:
        hint = "who shows it may write; {env: NAME} or {file: PATH}"
        faults.add("missing-key", piece.place(), "missing key", "inlet.token", hint)
    if not kept:
        hint = "choose a store under history, or take the inlet out"
        faults.add(
            "inlet-without-history", piece.place(), "what others write would be kept nowhere", "", hint
        )
    for name, measurement in asked.measurements.items():
        _check_measurement(name, measurement, piece, faults)
    if not faults:  # an endpoint with a fault of its own is not there, and would be missed here as well
        _check_endpoints(piece, asked, endpoints, faults)
    if shown is None:
        return None
    allowed = {name: _allowed(each, asked.endpoint_tag) for name, each in asked.measurements.items()}
    return Inlet(shown, allowed, asked.endpoints, asked.series)


def _allowed(asked: schema.InletMeasurement, endpoint_tag: str) -> Allowed:
    named = endpoint_tag if asked.endpoint_tag is None else asked.endpoint_tag
    return Allowed(frozenset(asked.tags), frozenset(asked.without), named)


def _check_measurement(name: str, asked: schema.InletMeasurement, piece: Piece, faults: Faults) -> None:
    if name in OURS:
        hint = f"these are our own: {listed(OURS)}; have the other program use another name"
        faults.add("reserved-measurement", piece.place("measurements", name), "nobody may write", name, hint)
    for index, tag in enumerate(asked.tags):
        place = piece.place("measurements", name, "tags", index)
        if tag in PLACE:
            hint = f"we add {listed(PLACE)} by endpoint_tag; list it under without"
            faults.add("reserved-tag", place, "tag is our own:", tag, hint)
        if tag in asked.without:
            faults.add("tag-twice", place, "tag is both kept and left out:", tag, "list it once")


def _check_endpoints(piece: Piece, asked: schema.Inlet, endpoints: Collection[str], faults: Faults) -> None:
    for called, id in asked.endpoints.items():
        if id not in endpoints:
            near = did_you_mean(id, endpoints, "an id of endpoints")
            faults.add("unknown-endpoint", piece.place("endpoints", called), "unknown endpoint", id, near)
