"""Nothing is skipped under CI: there a skip is a failure that says what is missing.

Tests run on two cores by folder, so that a folder's third parties are started once; the longest folders go first.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

pytest_plugins = ["tests.real.fixtures"]

LONGEST = ("grafana", "e2e", "provision", "docs", "store", "service", "benchmarks", "demo", "collectors")
"""folders by how long they take, which is minutes for the first"""


class ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each worker of pytest-xdist whole folders, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return _folder(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    """See pytest-xdist's own."""
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest folders first."""
    rank = {folder: at for at, folder in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(_folder(item.nodeid), len(LONGEST)))


def _folder(nodeid: str) -> str:
    parts = nodeid.partition("::")[0].split("/")
    return parts[1] if len(parts) > 2 else "top"


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
