"""Who may reach the service: the address it listens on, tokens, origins, TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

from ioc.config import scalars, schema
from ioc.config.compiled import Access, Secret, Tls
from ioc.config.directory import Piece
from ioc.config.faults import Faults, Place
from ioc.config.secrets import SHORTEST_TOKEN, Secrets


def listening(written: str, place: Place, faults: Faults) -> tuple[str, int] | None:
    """Host and port of what was written."""
    try:
        return scalars.listen(written)
    except scalars.UnfitError as unfit:
        faults.add(unfit.id, place, f"listen: {unfit.what}", written, unfit.hint)
        return None


def access(piece: Piece, written: schema.Access, directory: Path, secrets: Secrets, faults: Faults) -> Access:
    """The access that was written, as far as it is sound."""
    return Access(
        read_token=token("read_token", piece, secrets, faults),
        write_token=token("write_token", piece, secrets, faults),
        origins=tuple(dict.fromkeys(written.origins)),
        tls=_tls(piece.within("tls"), written.tls, directory, faults) if written.tls else None,
        behind_proxy=written.behind_proxy,
    )


def check_exposure(
    listen: tuple[str, int], place: Place, written: schema.Access, piece: Piece | None, faults: Faults
) -> None:
    """Off loopback, reading and writing need tokens, and the tokens need TLS."""
    host = listen[0]
    if scalars.loopback(host):
        return
    asked = piece.data if piece is not None and isinstance(piece.data, dict) else {}
    for name in ("read_token", "write_token"):
        if asked.get(name) is None:
            what = f"no access.{name}, but others reach"
            faults.add("open-to-all", place, what, host, f"set access.{name}, or listen on 127.0.0.1")
    if written.tls is None and not written.behind_proxy:
        hint = "set access.tls, or access.behind_proxy: true when a proxy in front ends TLS"
        faults.add("no-tls", place, "tokens would travel without TLS on", host, hint)


def token(name: str, piece: Piece, secrets: Secrets, faults: Faults) -> Secret | None:
    """A token that was written, which must not be easily guessed; None when there is none."""
    if not isinstance(piece.data, dict) or piece.data.get(name) is None:
        return None
    secret = secrets.find(piece.within(name), name)
    if secret is not None and len(secret.reveal()) < SHORTEST_TOKEN:
        hint = f"use {SHORTEST_TOKEN} characters or more"
        faults.add("weak-token", piece.place(name), f"{name} is easily guessed", "", hint)
    return secret


def _tls(piece: Piece, written: schema.Tls, directory: Path, faults: Faults) -> Tls | None:
    paths = {"certificate": directory / written.certificate, "key": directory / written.key}
    missing = [key for key, path in paths.items() if not path.is_file()]
    for key in missing:
        named = str(piece.data[key])
        faults.add(
            "missing-certificate", piece.place(key), f"no file for the {key}:", named, "the path is wrong"
        )
    if missing:
        return None
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(paths["certificate"], paths["key"], password=lambda: "")
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or "unreadable"
        hint = f"both are PEM, belong together and need no password ({why})"
        faults.add("bad-certificate", piece.place(), "certificate and key cannot be used", "", hint)
    return Tls(paths["certificate"], paths["key"])
