"""Nothing is skipped under CI: there a skip is a failure that says what is missing.

Tests run on two cores by folder, so that a folder's third parties are started once; the longest folders go first.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

pytest_plugins = ["tests.real.fixtures"]

HERE = Path(__file__).parent
LONGEST = ("grafana", "e2e", "provision", "docs", "store", "service", "benchmarks", "demo", "collectors")
"""folders by how long they take, which is minutes for the first"""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One group a folder for pytest-xdist, in the order of LONGEST."""
    if not config.pluginmanager.hasplugin("dsession"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_folder(item)))
    rank = {folder: at for at, folder in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(_folder(item), len(LONGEST)))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0] if item.path.parent != HERE else "top"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = (
            f"skipped, which CI does not allow: {call.excinfo.value if call.excinfo else 'no reason'}"
        )
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report
