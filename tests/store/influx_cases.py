"""The cases of tests/cases/influx: what was written to a real InfluxDB 2.7.12, and what it answered.

`lines.txt` was written, after `before.txt` where there is one, in the manner that `how.txt` says; `answer.txt` is the
status and the body, with what differs each time put as ID and TIME.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parents[1] / "cases" / "influx"


@dataclass(frozen=True, slots=True)
class Case:
    folder: Path

    def __str__(self) -> str:
        return self.folder.name

    def read(self, name: str) -> str:
        file = self.folder / name
        return file.read_text("utf-8") if file.exists() else ""

    @property
    def lines(self) -> list[str]:
        return self.read("lines.txt").splitlines()

    @property
    def how(self) -> dict[str, str]:
        return dict(line.split(maxsplit=1) for line in self.read("how.txt").splitlines())

    @property
    def answer(self) -> tuple[int, str]:
        status, _, body = self.read("answer.txt").partition("\n")
        return int(status), body.rstrip("\n")


def cases() -> list[Case]:
    return [Case(folder) for folder in sorted(CASES.iterdir())]


def settled(body: str) -> str:
    """An answer without what differs each time."""
    body = re.sub(r"(?<=for database: )[0-9a-f]{16}\b", "ID", body)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", body)
