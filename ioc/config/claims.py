"""What one receiver does alone, as listening to a bot: a second one that does it too would take it from the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import BaseModel

from ioc.config.compiled import Receiver
from ioc.config.directory import Piece
from ioc.config.faults import Faults

Claim = tuple[str, Path]
"""what is done, and the file that says with what"""
ClaimOf = Callable[[str, BaseModel], Claim | None]
"""what a channel with some options does that no other receiver may do too; None for nothing"""


def nothing_claimed(channel: str, options: BaseModel) -> None:
    """Shares everything."""


def check(
    told: Mapping[str, Receiver], pieces: Mapping[str, Piece], claim_of: ClaimOf, faults: Faults
) -> None:
    """Nothing is claimed by two receivers."""
    first: dict[Claim, str] = {}
    for name, each in told.items():
        claim = claim_of(each.channel, each.options)
        if claim is None or (other := first.setdefault(claim, name)) == name:
            continue
        does, file = claim
        what = f'"{name}" {does} {file.name}, and so does "{other}", but only one receiver can'
        faults.add("claimed-twice", pieces[name].place("channel"), what, "", "have one receiver for both")
