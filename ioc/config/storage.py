"""Where history goes, from what was written."""

from __future__ import annotations

from pathlib import Path

from ioc.config import schema
from ioc.config.compiled import Embedded, History, Influx, Spool
from ioc.config.directory import MAIN, Piece
from ioc.config.faults import Faults
from ioc.config.scalars import sized, written
from ioc.config.secrets import Secrets

DEFAULT = "embedded"
"""the store of a configuration that names none and has no InfluxDB"""
LEAST_SPOOL, MOST_SPOOL = 1024**2, 1024**5
LEAST_KEPT = 86_400.0
"""seconds that samples are kept: what is kept for less may go before it is made sparse"""


def history(
    piece: Piece | None, asked: schema.History, directory: Path, secrets: Secrets, faults: Faults
) -> History:
    """What was asked for, as far as it is sound."""
    piece = piece or Piece({}, MAIN, (), {})
    return History(
        store=_store(piece, asked, faults),
        influx=_influx(piece.within("influx"), asked.influx, secrets) if asked.influx else None,
        embedded=_embedded(piece, asked.embedded or schema.Embedded(), directory, faults),
        spool=_spool(piece, asked.spool, directory, faults),
    )


def _store(piece: Piece, asked: schema.History, faults: Faults) -> str:
    """The store that takes it; which of two is meant must be said."""
    if asked.store == "influx" and asked.influx is None:
        hint = "write history.influx with url, org, bucket and token"
        faults.add("missing-influx", piece.place("store"), "no InfluxDB is given for store", "influx", hint)
    if asked.store is None and asked.influx is not None and asked.embedded is not None:
        hint = "say which takes history: store: influx, or store: embedded"
        faults.add("two-stores", piece.place("embedded"), "both influx and embedded are given", "", hint)
    if asked.store == "none" and (asked.influx or asked.embedded):
        hint = "nothing is written to what stands beside it"
        faults.warn("unused-store", piece.place("store"), "history is switched off: store", "none", hint)
    return asked.store or ("influx" if asked.influx else DEFAULT)


def _influx(piece: Piece, asked: schema.Influx, secrets: Secrets) -> Influx | None:
    token = secrets.find(piece.within("token"), "history.influx.token")
    if token is None:
        return None
    return Influx(
        asked.url, asked.org, asked.bucket, token, asked.minutes_bucket or "", asked.hours_bucket or ""
    )


def _embedded(piece: Piece, asked: schema.Embedded, directory: Path, faults: Faults) -> Embedded:
    file = directory / asked.file
    if file.is_dir():
        hint = "name a file in it: state/history.db"
        faults.add(
            "bad-history", piece.place("embedded", "file"), "history file is a directory:", asked.file, hint
        )
    spans = {"raw": asked.raw, "minutes": asked.minutes, "hours": asked.hours}
    before = ("", LEAST_KEPT)
    for name, span in spans.items():
        if span < before[1]:
            than = f"as long as {before[0]}: " if before[0] else ""
            place = piece.place("embedded", name)
            hint = f"at least {than}{written(before[1])}"
            faults.add("bad-retention", place, f"{name} is kept too short a time:", written(span), hint)
        before = (name, max(span, before[1]))
    return Embedded(file, asked.raw, asked.minutes, asked.hours)


def _spool(piece: Piece, asked: schema.Spool, directory: Path, faults: Faults) -> Spool:
    where = directory / asked.directory
    if where.exists() and not where.is_dir():
        hint = "name a directory: state/spool"
        place = piece.place("spool", "directory")
        faults.add("bad-spool", place, "spool is not a directory:", asked.directory, hint)
    if not LEAST_SPOOL <= asked.size <= MOST_SPOOL:
        hint = f"from {sized(LEAST_SPOOL)} to {sized(MOST_SPOOL)}"
        faults.add("bad-size", piece.place("spool", "size"), "spool cannot be of", sized(asked.size), hint)
    return Spool(where, asked.size)
