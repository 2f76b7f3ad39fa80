"""The example of docs/adding-a-source.md is built in a tree of its own and passes its tests."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.docs.example import Example, ran, run

EXAMPLE = Example(ROOT / "docs" / "adding-a-source.md")
REGISTER = "tests/collectors/test_registry.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a source touches, with the page's blocks put in."""
    EXAMPLE.build(tmp_path, ("ioc", "collectors", "tests/cases", "tests/collectors"), ("tests/fakes.py",))
    return tmp_path


def test_the_page_shows_all_four_parts() -> None:
    assert EXAMPLE.wheres[:3] == [
        "collectors/sources/ntp.py",
        "collectors/registry.py",
        "tests/collectors/test_source_ntp.py",
    ]
    assert sum(where.startswith("tests/cases/ntp/") for where in EXAMPLE.wheres) == 6


def test_the_example_passes_its_tests_and_the_register_takes_it(tree: Path) -> None:
    out = run(tree, "pytest", "-q", "-p", "no:cacheprovider", "tests/collectors/test_source_ntp.py", REGISTER)
    assert "ntp" in run(tree, "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", REGISTER)
    assert re.search(r"\d+ passed", out)
    assert "skipped" not in out


def test_the_register_refuses_the_file_alone(tree: Path) -> None:
    shutil.copy(ROOT / "collectors" / "registry.py", tree / "collectors" / "registry.py")
    done = ran(tree, "pytest", "-q", "-p", "no:cacheprovider", REGISTER)
    assert done.returncode == 1
    assert "test_every_file_of_a_source_is_registered" in done.stdout


def test_the_example_is_clean(tree: Path) -> None:
    run(tree, "mypy", "--strict", "collectors/sources/ntp.py")
    for rule in ("check", "format --check"):
        files = ("collectors/sources/ntp.py", "collectors/registry.py", "tests/collectors/test_source_ntp.py")
        run(tree, "ruff", *rule.split(), *files)
