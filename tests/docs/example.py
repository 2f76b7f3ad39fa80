"""The example of a page on how to add something: put into a copy of the tree, and its tests run there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.docs.blocks import ROOT

_BLOCK = re.compile(r"^```\w+ (file|into)=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"    \S.*: \w+,")
"""a line of a register"""


@dataclass(frozen=True, slots=True)
class Example:
    """A page's files (`file=PATH`) and lines for files that are there (`into=PATH`)."""

    page: Path

    @property
    def blocks(self) -> list[tuple[str, str, str]]:
        """How, where and what each block is."""
        return [(match[1], match[2], match[3]) for match in _BLOCK.finditer(self.page.read_text("utf-8"))]

    @property
    def wheres(self) -> list[str]:
        """The files, in the page's order."""
        return [where for _, where, _ in self.blocks]

    def build(self, tree: Path, folders: Iterable[str], files: Iterable[str]) -> None:
        """Copy these folders and files of the project and put the page's blocks in."""
        for folder in folders:
            shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("pyproject.toml", *files):
            (tree / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, tree / file)
        for how, where, text in self.blocks:
            path = tree / where
            if how == "into":
                _put_in(path, text)
            else:
                assert not path.exists(), f"{where} exists: the example is no longer new"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")


def ran(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A module run in the tree."""
    return subprocess.run(
        [sys.executable, "-m", *command], check=False, cwd=tree, capture_output=True, text=True, timeout=300
    )


def run(tree: Path, *command: str) -> str:
    """What a module that has to succeed printed."""
    done = ran(tree, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _put_in(path: Path, lines: str) -> None:
    """Put each line before the first one of its kind that sorts after it."""
    held = path.read_text("utf-8").splitlines()
    for line in lines.splitlines():
        imported = re.match(r"from \S+\.", line)
        peers = [
            at
            for at, each in enumerate(held)
            if (each.startswith(imported[0]) if imported else _ENTRY.fullmatch(each))
        ]
        held.insert(next((at for at in peers if held[at] > line), peers[-1] + 1), line)
    path.write_text("\n".join(held) + "\n", "utf-8")
