"""The fenced blocks of the documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One block: where it stands, the words after its fence, and what is in it."""

    page: Path
    line: int
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """Its lines as commands, remarks and empty lines left out."""
        bare = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in self.text.splitlines())
        return [line.removeprefix("$ ") for line in bare if line]


def pages() -> list[Path]:
    """The README and everything under docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks() -> list[Block]:
    """Every block of every page."""
    found = []
    for page in pages():
        text = page.read_text("utf-8")
        found += [
            Block(page, text.count("\n", 0, match.start()) + 1, match["info"].strip(), match["text"])
            for match in _FENCE.finditer(text)
        ]
    return found
