"""The example of docs/adding-a-channel.md is built in a tree of its own and passes its tests."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.docs.example import Example, ran, run

EXAMPLE = Example(ROOT / "docs" / "adding-a-channel.md")
REGISTER = "tests/alerts/channels/test_registry.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a channel touches, with the page's blocks put in."""
    EXAMPLE.build(
        tmp_path,
        ("ioc", "alerts", "tests/cases", "tests/alerts"),
        ("tests/fakes.py", "tests/certificates.py"),
    )
    return tmp_path


def test_the_page_shows_all_four_parts() -> None:
    assert EXAMPLE.wheres[:3] == [
        "alerts/channels/ntfy.py",
        "alerts/channels/registry.py",
        "tests/alerts/channels/test_ntfy.py",
    ]
    assert sum(where.startswith("tests/cases/ntfy/") for where in EXAMPLE.wheres) == 8


def test_the_example_passes_its_tests_and_the_register_takes_it(tree: Path) -> None:
    out = run(tree, "pytest", "-q", "-p", "no:cacheprovider", "tests/alerts/channels/test_ntfy.py", REGISTER)
    assert "ntfy" in run(tree, "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", REGISTER)
    assert re.search(r"\d+ passed", out)
    assert "skipped" not in out


def test_the_register_refuses_the_file_alone(tree: Path) -> None:
    shutil.copy(ROOT / "alerts" / "channels" / "registry.py", tree / "alerts" / "channels" / "registry.py")
    done = ran(tree, "pytest", "-q", "-p", "no:cacheprovider", REGISTER)
    assert done.returncode == 1
    assert "test_every_file_of_a_channel_is_registered" in done.stdout


def test_the_example_is_clean(tree: Path) -> None:
    run(tree, "mypy", "--strict", "alerts/channels/ntfy.py")
    for rule in ("check", "format --check"):
        files = (
            "alerts/channels/ntfy.py",
            "alerts/channels/registry.py",
            "tests/alerts/channels/test_ntfy.py",
        )
        run(tree, "ruff", *rule.split(), *files)
