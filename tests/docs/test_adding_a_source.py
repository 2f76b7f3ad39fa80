"""The example of docs/adding-a-source.md is built in a tree of its own and passes its tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding-a-source.md"
BLOCK = re.compile(r"^```\w+ (file|into)=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str, str]]:
    """How, where and what each block of the page is."""
    return [(match[1], match[2], match[3]) for match in BLOCK.finditer(PAGE.read_text("utf-8"))]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a source touches, with the page's blocks put in."""
    for folder in ("ioc", "collectors", "tests/cases", "tests/collectors"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "tests" / "fakes.py", tmp_path / "tests")
    for how, where, text in blocks():
        path = tmp_path / where
        if how == "into":
            put_in(path, text)
        else:
            assert not path.exists(), f"{where} exists: the example is no longer new"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return tmp_path


def put_in(path: Path, lines: str) -> None:
    """Put each line before the first one of its kind that sorts after it."""
    held = path.read_text("utf-8").splitlines()
    for line in lines.splitlines():
        kind = "from collectors.sources." if line.startswith("from ") else "    "
        peers = [
            at
            for at, each in enumerate(held)
            if each.startswith(kind) and (kind[0] == "f" or ".name: " in each)
        ]
        held.insert(next((at for at in peers if held[at] > line), peers[-1] + 1), line)
    path.write_text("\n".join(held) + "\n", "utf-8")


def ran(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], check=False, cwd=tree, capture_output=True, text=True, timeout=300
    )


def run(tree: Path, *command: str) -> str:
    done = ran(tree, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_shows_all_four_parts() -> None:
    wheres = [where for _, where, _ in blocks()]
    assert wheres[:3] == [
        "collectors/sources/ntp.py",
        "collectors/registry.py",
        "tests/collectors/test_source_ntp.py",
    ]
    assert sum(where.startswith("tests/cases/ntp/") for where in wheres) == 6


def test_the_example_passes_its_tests_and_the_register_takes_it(tree: Path) -> None:
    tests = ("tests/collectors/test_source_ntp.py", "tests/collectors/test_registry.py")
    out = run(tree, "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert "ntp" in run(tree, "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", tests[1])
    assert re.search(r"\d+ passed", out)
    assert "skipped" not in out


def test_the_register_refuses_the_file_alone(tree: Path) -> None:
    shutil.copy(ROOT / "collectors" / "registry.py", tree / "collectors" / "registry.py")
    done = ran(tree, "pytest", "-q", "-p", "no:cacheprovider", "tests/collectors/test_registry.py")
    assert done.returncode == 1
    assert "test_every_file_of_a_source_is_registered" in done.stdout


def test_the_example_is_clean(tree: Path) -> None:
    run(tree, "mypy", "--strict", "collectors/sources/ntp.py")
    for rule in ("check", "format --check"):
        files = ("collectors/sources/ntp.py", "collectors/registry.py", "tests/collectors/test_source_ntp.py")
        run(tree, "ruff", *rule.split(), *files)
