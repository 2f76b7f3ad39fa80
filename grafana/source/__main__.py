"""Writes grafana/dashboards/*.json: `python -m grafana.source`; `--check` only says whether they are current.

`--wall URL` and `--into FOLDER` make a set of one's own, whose links lead to a wall at another address.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.source.page import WALL
from grafana.source.registry import BOARDS

FOLDER = Path(__file__).parents[1] / "dashboards"


def written(wall: str = WALL) -> dict[str, str]:
    """Each file's name and text; panels are numbered in their order."""
    return {f"{name}.json": _text(name, wall) for name in BOARDS}


def stale(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """The files that differ, are missing, or have no code."""
    there = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in {*there, *texts} if there.get(name) != texts.get(name))


def main(arguments: Sequence[str]) -> int:
    """Write them, or with `--check` compare them."""
    parser = argparse.ArgumentParser(prog="python -m grafana.source", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--wall", default=WALL, metavar="URL")
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="FOLDER")
    asked = parser.parse_args(arguments)
    texts = written(asked.wall)
    old = stale(asked.into, texts)
    if asked.check:
        print(f"old: {', '.join(old)}; run: make dashboards" if old else "current")
        return 1 if old else 0
    asked.into.mkdir(parents=True, exist_ok=True)
    for name in old:
        _put(asked.into / name, texts.get(name))
    return 0


def _put(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_text(text, "utf-8")


def _text(name: str, wall: str) -> str:
    made = BOARDS[name](wall).build()
    for number, panel in enumerate(made.panels or [], start=1):
        panel.id_val = number
    return json.dumps(made, cls=JSONEncoder, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
