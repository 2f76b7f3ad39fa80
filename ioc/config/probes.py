"""Probe profiles: how each source asks, with the source's own options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import BaseModel

from ioc.config import schema
from ioc.config.directory import Piece
from ioc.config.faults import Faults, did_you_mean, listed
from ioc.config.fit import fit
from ioc.config.scalars import written
from ioc.config.secrets import Secrets
from ioc.inventory import Probe

SHORTEST_EVERY = 0.1
LONGEST_EVERY = 3600.0
_COMMON = ("source", "every", "timeout")


def profile(
    piece: Piece, sources: Mapping[str, type[BaseModel]], secrets: Secrets, faults: Faults
) -> Probe | None:
    """The probe of a profile."""
    common = fit(schema.Profile, part(piece, _COMMON, keep=True), faults, "probe profile")
    if common is None:
        return None
    _check_interval(common, piece, faults)
    options = options_of("source", common.source, sources, piece, _COMMON, secrets, faults)
    return Probe(common.source, common.every, common.timeout, options) if options is not None else None


def part(piece: Piece, names: tuple[str, ...], *, keep: bool) -> Piece:
    """A mapping's piece with only some of its keys, or only the others."""
    if not isinstance(piece.data, dict):
        return piece
    data = {key: value for key, value in piece.data.items() if (key in names) is keep}
    return replace(piece, data=data)


def options_of(
    kind: str,
    name: str,
    known: Mapping[str, type[BaseModel]],
    piece: Piece,
    common: tuple[str, ...],
    secrets: Secrets,
    faults: Faults,
) -> BaseModel | None:
    """The keys beside the common ones as a source's or a channel's own options, its secrets found."""
    model = known.get(name)
    if model is None:
        hint = did_you_mean(name, known, f"known: {listed(known)}")
        faults.add(f"unknown-{kind}", piece.place(kind), f"unknown {kind}", name, hint)
        return None
    own = part(piece, common, keep=False)
    filled = secrets.fill(model, own)
    return None if filled is None else fit(model, replace(own, data=filled), faults, name, also=common)


def _check_interval(common: schema.Profile, piece: Piece, faults: Faults) -> None:
    every, timeout = common.every, common.timeout
    if not SHORTEST_EVERY <= every <= LONGEST_EVERY:
        place = piece.place("every")
        faults.add("impossible-interval", place, "every cannot be", written(every), "from 100ms to 1h")
    elif timeout <= 0:
        hint = "a probe needs time to be answered"
        faults.add("impossible-interval", piece.place("timeout"), "timeout cannot be", written(timeout), hint)
    elif timeout >= every:
        hint = f"a probe ends before the next one begins: less than {written(every)}"
        faults.add("impossible-interval", piece.place("timeout"), "timeout cannot be", written(timeout), hint)
    elif timeout > every / 2:
        hint = "a miss is confirmed late; half of every or less is better"
        faults.warn("long-timeout", piece.place("timeout"), "long timeout", written(timeout), hint)
