"""What the status codes of a source mean.

The national codes (TrangThaiHoSo of the sync shape of Cổng Dịch vụ công quốc gia) ship in `national.csv`. That code 6
stops the clock is not settled by any text found: a source whose province counts otherwise says so in its mapping.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from ioc.cases.model import Stage


@dataclass(frozen=True, slots=True)
class Statuses:
    """The codes of one source, each with its stage, and its name where that is known."""

    stages: Mapping[str, Stage]
    names: Mapping[str, str]

    def stage(self, code: str) -> Stage | None:
        """What a code means; None for one that nobody knows. Leading zeros do not matter."""
        return self.stages.get(_bare(code))

    def name(self, code: str) -> str:
        """What people call it; the code itself where nobody said."""
        return self.names.get(_bare(code), code)

    def but(self, stages: Mapping[str, Stage]) -> Statuses:
        """These codes with some that mean something else, or are added."""
        changed = {_bare(code): stage for code, stage in stages.items()}
        return Statuses(MappingProxyType({**self.stages, **changed}), self.names)


@cache
def national() -> Statuses:
    """The codes of the national portal."""
    text = files("ioc.cases").joinpath("national.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return Statuses(
        MappingProxyType({row["code"]: Stage(row["stage"]) for row in rows}),
        MappingProxyType({row["code"]: row["name"] for row in rows}),
    )


def _bare(code: str) -> str:
    return code.strip().lstrip("0") or "0"
